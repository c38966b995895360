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


class _Statement(NamedTuple):
    """What psycopg knows a prepared statement by."""

    query: bytes
    types: tuple[int, ...]


def may_execute(connection: Connection[Any]) -> bool:
    """Say whether a statement needs no BEGIN before it."""
    return connection.autocommit or connection.pgconn.transaction_status == TransactionStatus.INTRANS


def rows(connection: Connection[Any], text: str, values: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Execute a statement, prepared once for each connection, and give its rows. Raises what psycopg raises."""
    statement, names = _numbered(text)
    ordered = [values[name] for name in names] if isinstance(values, Mapping) else values
    with connection.lock:
        return connection.wait(_execute(connection, statement, ordered))


def _execute(connection: Connection[Any], text: bytes, values: Sequence[Any]) -> PQGen[list[tuple[Any, ...]]]:
    adapting, server, prepared = _adapting(connection), connection.pgconn, connection._prepared
    given = adapting.dump_sequence(values, [PyFormat.AUTO] * len(values))
    statement: Any = _Statement(text, tuple(adapting.types or ()))
    prepare, name = prepared.get(statement, True)
    if prepare is Prepare.SHOULD:
        server.send_prepare(name, text, param_types=statement.types)
        _checked((yield from execute(server)), connection)
    server.send_query_prepared(name, given, param_formats=adapting.formats, result_format=Format.TEXT)
    key = prepared.maybe_add_to_cache(statement, prepare, name)
    results = yield from execute(server)
    if key is not None:
        prepared.validate(key, prepare, name, results)
    adapting.set_pgresult(_checked(results, connection))
    found = adapting.load_rows(0, results[-1].ntuples, tuple)
    adapting.set_pgresult(None)
    yield from prepared.maintain_gen(connection)
    return found


def _adapting(connection: Connection[Any]) -> abc.Transformer:
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
