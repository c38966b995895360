"""
Statements that PostgreSQL reads and plans once for each connection, for what every exchange asks.

Django's own cursors send values as part of the text, so that PostgreSQL parses and plans the same statement each time:
that was half of what an exchange cost it. Here the text is prepared and the values are bound by the server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Self, cast

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from psycopg import Cursor
from psycopg.errors import LockNotAvailable

from apps.ledger import direct, greenlets

LOCK_MILLISECONDS: Final = 5_000
IN_LINE_MILLISECONDS: Final = 200
"""How long a statement waits for a lock, and how long where others stand in line behind it."""


class _Prepared(Cursor[Any]):
    """A cursor that prepares whatever it executes."""

    def execute(self, query: Any, params: Any = None, **_: Any) -> Self:
        """Execute a statement whose text is the same each time."""
        return super().execute(query, params, prepare=True)


def cursor(using: BaseDatabaseWrapper | None = None) -> CursorWrapper:
    """
    Open a cursor for statements whose text never changes; values stand in the parameters, all of them.

    It joins the connection's transaction and raises what Django's own cursor raises. The database infers the types of
    the values from their places, so a value in a place of any type needs a cast in the text.
    """
    connection = using or connections["default"]
    connection.ensure_connection()
    with connection.wrap_database_errors:
        raw = _Prepared(connection.connection)
    return cast(CursorWrapper, connection._prepare_cursor(raw))  # type: ignore[attr-defined]


def rows(
    text: str, values: Sequence[Any] | Mapping[str, Any] = (), *, using: BaseDatabaseWrapper | None = None
) -> list[tuple[Any, ...]]:
    """
    Do as a `cursor` does that executes one statement and fetches all, at a third of the cost.

    Where somebody listens to Django's cursors (tests count statements), or a transaction has still to begin, it is one.
    """
    connection = using or connections["default"]
    connection.ensure_connection()
    raw = connection.connection
    if connection.queries_logged or connection.execute_wrappers or not direct.may_execute(raw):
        with cursor(connection) as open_cursor:
            open_cursor.execute(text, values)
            return open_cursor.fetchall() if open_cursor.description else []
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        return direct.rows(raw, text, values)


def at_once(text: str, values: Sequence[Any], *, in_line: str = "") -> list[tuple[Any, ...]]:
    """
    Do as `rows`; on the event loop's thread, where that is a transaction by itself anyway, by way of the loop's lane.

    Whoever is sent behind a statement waits for it (`apps.ledger.lanes`). So `in_line` is sent there, where given:
    the same with less patience for locks. Where it lost that, nothing was done, and `text` goes by its own connection.
    """
    connection = connections["default"]
    is_watched = connection.queries_logged or connection.execute_wrappers
    is_by_itself = connection.connection is None or (connection.autocommit and not connection.in_atomic_block)
    if greenlets.is_resting_place() and is_by_itself and not is_watched:
        with connection.wrap_database_errors:
            try:
                found = greenlets.in_line(in_line or text, values)
            except LockNotAvailable:
                if not in_line:
                    raise
                found = None
        if found is not None:
            return found
    return rows(text, values)


@dataclass(frozen=True, slots=True)
class Write:
    """
    A statement that another one carries out along with its own work, if that came out well.

    :ivar text: an INSERT, UPDATE or DELETE that reads from `agreed`, the one row of the function's answer (no row where
        the answer does not meet the condition), and so does nothing where there is none.
    """

    text: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition in SQL and its values."""

    text: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """
    What else a statement answers with, beside the function's own answer.

    :ivar columns: more columns in SQL, which may read what was written: ``written_0`` is the first of `writes`.
    :ivar beside: what is joined to the answer for them.
    """

    columns: str
    values: tuple[Any, ...] = ()
    beside: str = ""


NOTHING_ELSE: Final = Told("")


def call_and_write(
    function: str,
    arguments: Sequence[Any],
    writes: Sequence[Write],
    *,
    answer: str,
    only_if: str,
    only_while: Condition | None = None,
    told: Told = NOTHING_ELSE,
) -> tuple[Any, ...] | None:
    """
    Call a function of the database and, where its answer meets a condition, write rows along: one statement.

    Outside a transaction that is one round trip, and all of it is on disk when this returns, or none. It waits five
    seconds for a lock at most.

    :param answer: the columns of the function's answer that are returned.
    :param only_if: the condition on them without which nothing is written.
    :param only_while: a query that locks a row and gives ``true AS is_there``; without it the function is not called.
    :return: the answer; None where there is no such row.
    """
    texts = tuple(write.text for write in writes)
    lock = only_while.text if only_while else ""
    text, in_line = (
        _call_and_write(function, len(arguments), texts, answer + told.columns, only_if, lock, told.beside, patience)
        for patience in (LOCK_MILLISECONDS, IN_LINE_MILLISECONDS)
    )
    along = (value for write in writes for value in write.values)
    values = (*(only_while.values if only_while else ()), *arguments, *along, *told.values)
    found = at_once(text, values, in_line=in_line)
    return found[0] if found else None


@lru_cache(maxsize=100)
def _call_and_write(
    function: str,
    arguments: int,
    writes: tuple[str, ...],
    answer: str,
    only_if: str,
    lock: str,
    beside: str,
    patience: int,
) -> str:
    # The first argument hangs on the settings, and on the row that is locked: both come before the function runs.
    locked = f", locked AS MATERIALIZED ({lock})" if lock else ""
    waits = "locked.is_there AND " if lock else ""
    places = ", ".join([f"CASE WHEN {waits}durably.is_set <> '' THEN %s END", *["%s"] * (arguments - 1)])
    along = "".join(f", written_{place} AS ({write})" for place, write in enumerate(writes))
    return f"""
    WITH durably AS MATERIALIZED (SELECT set_config('synchronous_commit', 'on', true) AS is_set,
                                         set_config('lock_timeout', '{patience}', true)){locked},
         answer AS MATERIALIZED (SELECT one.* FROM durably {"CROSS JOIN locked" if lock else ""}
                                  CROSS JOIN LATERAL {function}({places}) AS one),
         agreed AS MATERIALIZED (SELECT * FROM answer WHERE {only_if}){along}
    SELECT {answer} FROM answer {beside}
    """  # noqa: S608 - made of names of our own functions, tables and columns
