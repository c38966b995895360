"""
Exchanges by the million, written by the database itself (rows.sql): a month of them, then the same month further back.

The rows have the shape, the spread and the indexes of real ones: 200 teams, 50,000 people, a dozen models, rare and
frequent words, rare and frequent masked types, a twentieth of them in a queue. Their sealed parts are noise, and they
have no place in the tree: the pages that are measured do not read it. Indexes are dropped before and made again after,
which is what makes ten million possible in minutes; triggers are off.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

TABLES = (
    "ledger_intent", "ledger_outcome", "ledger_searchrow", "ledger_event", "review_item", "review_decision",
)  # fmt: skip
A_MONTH = 1_000_000
RARE_WORD, FREQUENT_WORD, RARE_PHRASE = "quicksilver", "invoice", "Project Halcyon merger"


def seed(connection: psycopg.Connection[Any], queue: tuple[Any, Any], *, exchanges: int) -> None:
    """Write so many exchanges with their events and items, a million at a time; index, analyse and add up."""
    now = datetime.now(UTC)
    connection.execute((Path(__file__).parent / "rows.sql").read_text())
    indexes = _without_indexes(connection)
    connection.execute("CALL bench_first(%s, %s, %s, %s)", [min(exchanges, A_MONTH), now, *queue])
    for number in range(1, max(1, exchanges // A_MONTH)):
        connection.execute("CALL bench_again(%s, %s)", [number, now - timedelta(days=49.5)])
        print(f"  {(number + 1) * A_MONTH:,} written", flush=True)
    connection.execute("SET maintenance_work_mem = '1GB'")
    for statement in indexes:
        connection.execute(statement)
    for table in TABLES:
        connection.execute(f"VACUUM (ANALYZE) {table}")
    _add_up(connection)


def _add_up(connection: psycopg.Connection[Any]) -> None:
    """Make the sums of the overview from everything, as its task would have over the year."""
    from django.conf import settings

    from apps.audit.overview import counting
    from apps.privacy.vocabulary import SECRET

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
