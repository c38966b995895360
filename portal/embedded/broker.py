"""
Celery's broker inside PostgreSQL, for the embedded shape: a task is deleted when it is done, not when it is fetched.

Kombu's own SQLAlchemy transport hides a message when it hands it out and keeps it hidden for ever, so a killed worker
loses its tasks and the table grows. Here an acknowledged message is deleted, a rejected or restored one is shown again,
and `show_unfinished` brings back what a killed worker had fetched. A worker that found nothing is told by the database
when there is something, and asks by itself every two seconds only.

Address: `database+postgresql+psycopg://...`; the alias is registered in portal/celery.py.
"""

from __future__ import annotations

import logging
import select
import time
from queue import Empty
from typing import Any, Final

import psycopg
from kombu.transport import sqlalchemy as stock
from kombu.utils.json import loads
from sqlalchemy import Connection, Engine, create_engine, inspect, text

ROW = "database_row"
TABLE = "kombu_message"
TOLD: Final = "portcullis_tasks"
POLL_SECONDS: Final = 0.25
LONGEST_REST_SECONDS: Final = 2.0

logger = logging.getLogger(__name__)


class Channel(stock.Channel):
    """Hand out messages by row, and remember the row until the message is acknowledged."""

    has_seen_nothing = False

    @property
    def may_rest(self) -> bool:
        """Say whether the last look found that nothing is there; not so where no look was made for want of room."""
        return self.has_seen_nothing or not self._consumers

    def _engine_from_config(self) -> Engine:
        client: Any = self.connection.client
        return create_engine(client.hostname, pool_pre_ping=True, pool_size=2)

    def _poll(self, cycle: Any, callback: Any, timeout: float | None = None) -> Any:
        """Ask once whether anything is there for anybody; nearly always there is not."""
        with self._autocommitting() as connection:
            is_any = connection.execute(text(f"SELECT EXISTS (SELECT FROM {TABLE} WHERE visible)")).scalar_one()  # noqa: S608
        self.has_seen_nothing = not is_any
        if not is_any:
            raise Empty
        return super()._poll(cycle, callback, timeout=timeout)

    def drain_events(self, timeout: float | None = None, callback: Any = None) -> Any:
        """Look for a message, unless as many are being done as may be."""
        self.has_seen_nothing = False
        return super().drain_events(timeout=timeout, callback=callback)

    def _put(self, queue: str, payload: Any, **named: Any) -> None:  # type: ignore[override]  # as its parent does
        """Store a message, and tell of it once it can be seen."""
        self.session.execute(text(f"NOTIFY {TOLD}"))
        super()._put(queue, payload, **named)

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        with self._autocommitting() as connection:
            found = connection.execute(
                text(
                    f"UPDATE {TABLE} SET visible = false WHERE id = ("  # noqa: S608  # constants only
                    f"SELECT id FROM {TABLE} WHERE queue_id = :queue AND visible "
                    "ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, payload"
                ),
                {"queue": self._id_of(queue)},
            ).one_or_none()
        if found is None:
            raise Empty
        message: dict[str, Any] = loads(found.payload)
        message["properties"][ROW] = found.id
        return message

    def _id_of(self, queue: str) -> int:
        """The row of a queue, asked for once: every look for a message, four times a second, would ask again."""
        known: dict[str, int] = self.__dict__.setdefault("_ids_of_queues", {})
        if queue not in known:
            stored: Any = self._get_or_create(queue)  # type: ignore[attr-defined]  # missing in kombu's types
            known[queue] = int(stored.id)
            self.session.commit()
        return known[queue]

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        """Delete an acknowledged message; may be called from any thread."""
        self._execute(f"DELETE FROM {TABLE} WHERE id = :row", self._row(delivery_tag))  # noqa: S608
        super().basic_ack(delivery_tag, multiple)

    def basic_reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Delete a rejected message, or show it again."""
        row = self._row(delivery_tag)
        if requeue:
            self._show(row)
        else:
            self._execute(f"DELETE FROM {TABLE} WHERE id = :row", row)  # noqa: S608
        self.qos.ack(delivery_tag)

    def _restore(self, message: Any) -> None:
        self._show(message.properties[ROW])

    def _show(self, row: int) -> None:
        self._execute(f"UPDATE {TABLE} SET visible = true WHERE id = :row", row, also=f"NOTIFY {TOLD}")  # noqa: S608

    def _row(self, delivery_tag: str) -> int:
        return int(self.qos.get(delivery_tag).properties[ROW])

    def _execute(self, statement: str, row: int, *, also: str = "") -> None:
        with self._engine.begin() as connection:
            connection.execute(text(statement), {"row": row})
            if also:
                connection.execute(text(also))

    def _autocommitting(self) -> Connection:
        """Open a connection on which each statement stands for itself: one round trip instead of three."""
        return self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")

    @property
    def _engine(self) -> Engine:
        engine: Engine = self._open()[0]
        return engine


class News:
    """What the database tells of messages. Where it cannot be heard, whoever waits asks four times a second."""

    def __init__(self, address: str) -> None:
        self._address = address.replace("postgresql+psycopg://", "postgresql://")
        self._connection: psycopg.Connection[Any] | None = None
        self._is_deaf = False

    def wait(self, seconds: float) -> None:
        """Return once something may be there: told of it, not sure of having been told, or after so many seconds."""
        try:
            if self._connection is None:
                self._connection = psycopg.connect(self._address, autocommit=True)
                self._connection.execute(f"LISTEN {TOLD}")
                self._is_deaf = False
                return  # what came before was not heard of
            if select.select([self._connection], [], [], seconds)[0]:
                list(self._connection.notifies(timeout=0))
        except psycopg.OperationalError as error:
            if not self._is_deaf:
                logger.warning("The broker cannot be listened to (code %s); it is asked often.", error.sqlstate)
            self._is_deaf = True
            self.close()
            time.sleep(min(seconds, POLL_SECONDS))

    def close(self) -> None:
        """Listen no more."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Transport(stock.Transport):
    """The transport behind `database+...` addresses."""

    Channel = Channel
    driver_name = "database"

    def __init__(self, client: Any, **named: Any) -> None:
        super().__init__(client, **named)
        self._news = News(client.hostname)

    def drain_events(self, connection: Any, timeout: float | None = None, **named: Any) -> None:
        """
        Hand out a message; where there is none, wait to be told of one.

        :raises TimeoutError: if none comes within so many seconds.
        """
        until = None if timeout is None else time.monotonic() + timeout
        channels: Any = self.cycle
        while True:
            try:
                channels.get(self._deliver, timeout=timeout)
            except Empty:
                left = LONGEST_REST_SECONDS if until is None else until - time.monotonic()
                if left <= 0:
                    raise TimeoutError from None
                self._rest(min(left, LONGEST_REST_SECONDS))
            else:
                return

    def _rest(self, seconds: float) -> None:
        """Wait for news; where a message may be there that there was no room for, not for long."""
        channels: Any = self.channels
        if all(channel.may_rest for channel in channels):
            self._news.wait(seconds)
        else:
            time.sleep(min(seconds, POLL_SECONDS))

    def close_connection(self, connection: Any) -> None:
        """Close the channels, and listen no more."""
        self._news.close()
        super().close_connection(connection)


def show_unfinished(url: str) -> int:
    """
    Show every fetched but unfinished message again and return how many there were.

    Only for the moment before the one worker starts: with a second worker it would hand out tasks that are being done.
    """
    engine = create_engine(url.removeprefix("database+"))
    try:
        if not inspect(engine).has_table(TABLE):
            return 0
        with engine.begin() as connection:
            return connection.execute(text(f"UPDATE {TABLE} SET visible = true WHERE NOT visible")).rowcount  # noqa: S608
    finally:
        engine.dispose()
