"""Ways in which a superuser makes the ledger unwritable that cost no time: what to do, and how to undo it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

RAISES = """
CREATE FUNCTION refuse_all() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
CREATE TRIGGER refuse_all BEFORE INSERT ON ledger_intent FOR EACH ROW EXECUTE FUNCTION refuse_all()
"""
WAYS = {
    "right taken": (
        "REVOKE INSERT ON ledger_intent FROM portcullis_app",
        "GRANT INSERT ON ledger_intent TO portcullis_app",
    ),
    "trigger raises": (RAISES, "DROP TRIGGER refuse_all ON ledger_intent; DROP FUNCTION refuse_all()"),
    "table gone": ("ALTER TABLE ledger_intent RENAME TO gone", "ALTER TABLE gone RENAME TO ledger_intent"),
    "unknown form": (
        "ALTER TABLE ledger_intent ADD CONSTRAINT none_fits CHECK (form > 99) NOT VALID",
        "ALTER TABLE ledger_intent DROP CONSTRAINT none_fits",
    ),
    "search rows refused": (
        "REVOKE INSERT ON ledger_searchrow FROM portcullis_app",
        "GRANT INSERT ON ledger_searchrow TO portcullis_app",
    ),
    "pending gone": ("ALTER TABLE ledger_pending RENAME TO gone", "ALTER TABLE gone RENAME TO ledger_pending"),
}


@contextmanager
def unwritable(superuser: psycopg.Connection[Any], way: str) -> Iterator[None]:
    """Hold one way while the body runs."""
    there, back = WAYS[way]
    superuser.execute(there)  # type: ignore[arg-type]
    try:
        yield
    finally:
        superuser.execute(back)  # type: ignore[arg-type]
