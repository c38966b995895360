"""
Exchanges by the million, written by the database itself (rows.sql), the newest first.

The rows have the shape, the spread and the indexes of real ones: a year of them, 200 teams, 50,000 people, a dozen
models, rare and frequent words, rare and frequent masked types. Their sealed parts are noise, and they have no place in
the tree: the pages that are measured do not read it. Indexes are dropped before and made again after, which is what
makes ten million possible in minutes; triggers are off.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

TABLES = ("ledger_intent", "ledger_outcome", "ledger_searchrow", "ledger_event")
CHUNK = 250_000
NOW = datetime.now(UTC)
RARE_WORD, FREQUENT_WORD, RARE_PHRASE = "quicksilver", "invoice", "Project Halcyon merger"


def seed(connection: psycopg.Connection[Any], *, since: int, until: int, whole: int) -> None:
    """Write exchanges number `since` to `until` of the `whole` year, and a tenth as many events; index and analyse."""
    connection.execute((Path(__file__).parent / "rows.sql").read_text())
    indexes = _without_indexes(connection)
    for first in range(since, until, CHUNK):
        beyond = min(first + CHUNK, until)
        connection.execute("CALL bench_exchanges(%s, %s, %s, %s)", [first, beyond - 1, whole, NOW])
        print(f"  {beyond:,} written", flush=True)
    connection.execute("SET maintenance_work_mem = '2GB'")
    for statement in indexes:
        connection.execute(statement)
    for table in TABLES:
        connection.execute(f"VACUUM (ANALYZE) {table}")


def add_up(connection: psycopg.Connection[Any]) -> None:
    """Make the sums of the overview from everything, as its task would have over the year."""
    from django.conf import settings

    from apps.audit.overview import counting
    from apps.privacy.vocabulary import SECRET

    connection.execute("TRUNCATE overview_tally")
    connection.execute(counting.from_everything(), {"zone": settings.TIME_ZONE, "secret": SECRET})
    connection.execute("VACUUM (ANALYZE) overview_tally")


def _without_indexes(connection: psycopg.Connection[Any]) -> list[str]:
    """Drop every index of the tables that no constraint needs; give the statements that make them again."""
    rows = connection.execute(
        "SELECT i.indexname, i.indexdef FROM pg_indexes AS i WHERE i.tablename = ANY (%s) AND NOT EXISTS "
        "(SELECT FROM pg_constraint AS c WHERE c.conindid = i.indexname::regclass)",
        [list(TABLES)],
    ).fetchall()
    for name, _ in rows:
        connection.execute(f'DROP INDEX "{name}"')
    return [definition for _, definition in rows]
