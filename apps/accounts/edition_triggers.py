"""
The triggers that begin a new edition (`editions`), for migrations.

Migrations that have run rest on what this writes: a trigger of another form is a function of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db.migrations import RunSQL

ON_CHANGE = """
CREATE TRIGGER {table}_begins_an_edition AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE{of} ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_begin_edition();
"""

BUT_FOR_NEW_ROWS = """
CREATE OR REPLACE TRIGGER {table}_begins_an_edition AFTER DELETE OR TRUNCATE OR UPDATE{of} ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_begin_edition();
"""


def on(tables: Mapping[str, str]) -> list[RunSQL]:
    """Give a trigger for each table, once a statement; with its name come the columns that count (`` OF a, b``)."""
    return [
        RunSQL(ON_CHANGE.format(table=table, of=of), f"DROP TRIGGER {table}_begins_an_edition ON {table}")
        for table, of in tables.items()
    ]


def but_for_new_rows(tables: Mapping[str, str]) -> list[RunSQL]:
    """
    Let the triggers that `on` gave pass over new rows, where those take nothing from anybody who is remembered.

    Who is remembered was let out: a new row may add to what they may do, and must not be able to take from it.
    """
    return [
        RunSQL(
            BUT_FOR_NEW_ROWS.format(table=table, of=of),
            ON_CHANGE.replace("CREATE TRIGGER", "CREATE OR REPLACE TRIGGER").format(table=table, of=of),
        )
        for table, of in tables.items()
    ]
