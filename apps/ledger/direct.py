"""
Execute a prepared statement by the driver's own parts, without a cursor.

A round trip costs 20 µs of CPU, psycopg's cursor 100 µs beside and Django's another 70, which is what an exchange pays
for each of its statements. Values are adapted and rows are read by the same adapters, and waiting is the connection's
own. Which statements are prepared stands in psycopg's own book: it forgets them where a transaction was rolled back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from psycopg import Connection, abc
from psycopg._preparing import Prepare
from psycopg.abc import PQGen
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.generators import execute
from psycopg.pq import ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGresult

GOOD: Final = frozenset({ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK})
ADAPTING: Final = "_portal_adapting"
PLACE: Final = re.compile(r"%(?:s|\((\w+)\)s|%)")


class Statement(NamedTuple):
    """What psycopg knows a prepared statement by."""

    query: bytes
    types: tuple[int, ...]


def may_execute(connection: Connection[Any]) -> bool:
    """Say whether a statement needs no BEGIN before it."""
    return connection.autocommit or connection.pgconn.transaction_status == TransactionStatus.INTRANS


def rows(connection: Connection[Any], text: str, values: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Execute a statement, prepared once for each connection, and give its rows. Raises what psycopg raises."""
    with connection.lock:
        return connection.wait(_execute(connection, text, values))


def bound(
    adapting: abc.Transformer, text: str, values: Sequence[Any] | Mapping[str, Any]
) -> tuple[Statement, Sequence[abc.Buffer | None]]:
    """Name a statement as psycopg's book does, and give its values as they are sent."""
    query, names = _numbered(text)
    ordered = [values[name] for name in names] if isinstance(values, Mapping) else values
    given = adapting.dump_sequence(ordered, [PyFormat.AUTO] * len(ordered))
    return Statement(query, tuple(adapting.types or ())), given


def read(adapting: abc.Transformer, result: PGresult) -> list[tuple[Any, ...]]:
    """Read the rows of a result."""
    adapting.set_pgresult(result)
    found = adapting.load_rows(0, result.ntuples, tuple)
    adapting.set_pgresult(None)
    return found


def _execute(
    connection: Connection[Any], text: str, values: Sequence[Any] | Mapping[str, Any]
) -> PQGen[list[tuple[Any, ...]]]:
    adapting, server, prepared = adapting_of(connection), connection.pgconn, connection._prepared
    named, given = bound(adapting, text, values)
    statement: Any = named
    prepare, name = prepared.get(statement, True)
    if prepare is Prepare.SHOULD:
        server.send_prepare(name, statement.query, param_types=statement.types)
        _checked((yield from execute(server)), connection)
    server.send_query_prepared(name, given, param_formats=adapting.formats, result_format=Format.TEXT)
    key = prepared.maybe_add_to_cache(statement, prepare, name)
    results = yield from execute(server)
    if key is not None:
        prepared.validate(key, prepare, name, results)
    found = read(adapting, _checked(results, connection))
    yield from prepared.maintain_gen(connection)
    return found


def adapting_of(connection: Connection[Any]) -> abc.Transformer:
    """Keep with each connection what adapts values and rows, as a cursor does: it looks each type up once."""
    kept: abc.Transformer | None = connection.__dict__.get(ADAPTING)
    if kept is None:
        kept = connection.__dict__[ADAPTING] = Transformer(connection)
    return kept


def _checked(results: Sequence[PGresult], connection: Connection[Any]) -> PGresult:
    result = results[-1]
    if result.status not in GOOD:
        raise error_from_result(result, encoding=connection.info.encoding)
    return result


@lru_cache(maxsize=200)
def _numbered(text: str) -> tuple[bytes, tuple[str, ...]]:
    """Write ``$1`` for each place, in the order of the values; give the names of the places, where they have any."""
    names: list[str] = []
    count = 0

    def number(place: re.Match[str]) -> str:
        nonlocal count
        if place[0] == "%%":
            return "%"
        if place[1] is None:
            count += 1
            return f"${count}"
        if place[1] not in names:
            names.append(place[1])
        return f"${names.index(place[1]) + 1}"

    return PLACE.sub(number, text).encode(), tuple(names)
