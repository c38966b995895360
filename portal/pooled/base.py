"""
Django's backend for PostgreSQL, but for four things.

A connection that was in use a moment ago is not asked again whether it lives. Django asks each time a connection is
taken from the pool. An exchange takes one a dozen times within a second, and each question is a round trip. One
that rested for longer is asked, as before, so that a database that was restarted costs nobody an error.

And no statement waits for ever for a server that is there and says nothing: its own time limits stand still with it, so
the client counts. A silent connection is closed and its statement fails.

And a connection remembers no statement that nobody plans. Django writes values into a statement's text, and psycopg
keeps the last hundred texts of each connection to count how often each came, though such a text is never planned.

And a function on the event loop's thread that needs a connection rests until that is open (`apps.ledger.greenlets`).
"""

from __future__ import annotations

import threading
import time
from datetime import datetime, tzinfo
from typing import Any
from weakref import WeakKeyDictionary

from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base
from psycopg import Connection, OperationalError
from psycopg._preparing import Prepare, PrepareManager
from psycopg._queries import PostgresQuery
from psycopg.abc import RV, Buffer, PQGen
from psycopg.pq import TransactionStatus
from psycopg.types.datetime import TimestamptzLoader
from psycopg_pool import ConnectionPool

from apps.ledger import greenlets

TRUSTED_SECONDS = 1.0

_answer_within: list[float] = []
_lock = threading.Lock()
_rested_since: WeakKeyDictionary[Connection[Any], float] = WeakKeyDictionary()


def answer_within(seconds: float) -> None:
    """Give up, from now on in this process, each statement that the server has not answered in `seconds`."""
    _answer_within[:] = [seconds]


class ServerSilent(OperationalError):
    """The server took a statement and did not answer in time. Whether it was done is not known."""


class Plans(PrepareManager):
    """Psycopg's book of planned statements, without the texts of others: some had the values of forty exchanges."""

    def maybe_add_to_cache(
        self, query: PostgresQuery, prep: Prepare, name: bytes
    ) -> tuple[bytes, tuple[int, ...]] | None:
        """Enter a statement that is planned; give the key of any other, so that its result is looked at."""
        return self.key(query) if prep is Prepare.NO else super().maybe_add_to_cache(query, prep, name)


class BoundedConnection(Connection[Any]):
    """A connection that does not wait for ever."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._prepared = Plans()

    @property
    def longest_wait(self) -> float | None:
        """Seconds after which the server has kept silent for too long; None where it may keep silent for ever."""
        return _answer_within[0] if _answer_within else None

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """
        Wait for the server as psycopg does, and close the connection where it stays silent.

        :raises ServerSilent: then.
        """
        limits = [one for one in (self.longest_wait, timeout) if one is not None]
        limit = min(limits, default=None)
        try:
            if greenlets.is_resting_place():
                return greenlets.wait(gen, self.pgconn.socket, limit)
            return super().wait(gen, interval, limit)
        except OperationalError:
            if self.pgconn.transaction_status != TransactionStatus.ACTIVE:
                raise
            self.pgconn.finish()
        raise ServerSilent("The database does not answer.")


class QuickTimes(TimestamptzLoader):
    """
    Reads moments as Django does, by Python's own parser in C where that can.

    An exchange reads a dozen of them. psycopg takes each apart with a regular expression, which costs three times as
    much; what only that can read, or refuses, is left to it.
    """

    timezone: tzinfo | None = None
    """Django asks a connection's loader for it."""

    def load(self, data: Buffer) -> datetime:
        """Read a moment as the server writes it, in the time zone of the connection."""
        try:
            return datetime.fromisoformat(bytes(data).decode()).replace(tzinfo=self.timezone)
        except ValueError:
            return super().load(data).replace(tzinfo=self.timezone)


class Pool(ConnectionPool[Connection[Any]]):
    """A pool that remembers when each of its connections was given back."""

    def putconn(self, conn: Connection[Any]) -> None:
        """Take a connection back."""
        with _lock:
            _rested_since[conn] = time.monotonic()
        super().putconn(conn)


def check(connection: Connection[Any]) -> None:
    """Ask a connection that has rested for a second or more whether it lives. Raises what psycopg raises."""
    with _lock:
        since = _rested_since.get(connection, 0.0)
    if time.monotonic() - since >= TRUSTED_SECONDS:
        Pool.check_connection(connection)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, with this module's pool."""

    @property
    def pool(self) -> Pool | None:
        """Give the pool of this database, made on first use; None where the settings want none."""
        options = self.settings_dict["OPTIONS"].get("pool")
        if self.alias == NO_DB_ALIAS or not options:
            return None
        pools: dict[str, Pool] = self._connection_pools  # type: ignore[attr-defined]
        if self.alias not in pools:
            made = Pool(
                kwargs={**self.get_connection_params(), "autocommit": True},
                connection_class=BoundedConnection,
                open=False,
                configure=self._configured,
                check=check,
                **options,
            )
            pools.setdefault(self.alias, made)
        return pools[self.alias]

    def ensure_connection(self) -> None:
        """Open the connection; a function on the event loop's thread rests meanwhile, and does not stop the loop."""
        if self.connection is None:
            greenlets.rest_until_connected(self)
        super().ensure_connection()

    def _configured(self, fresh: Connection[Any]) -> None:
        """Set up a new connection: as Django does, and with plans of prepared statements made once, not five times."""
        self._configure_connection(fresh)  # type: ignore[attr-defined]
        quick = type("QuickTimesHere", (QuickTimes,), {"timezone": self.timezone})
        fresh.adapters.register_loader("timestamptz", quick)
        fresh.execute("SET plan_cache_mode = force_generic_plan")
