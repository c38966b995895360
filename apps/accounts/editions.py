"""
The edition of everything that decides who may call what: a value that each committed change replaces.

Who remembers something of people, teams, keys, models, grants, prices or rules keeps the edition beside it, and asks,
in the statement that relies on it, whether that is still the one. Triggers on those tables see to it that no writer can
forget to begin a new one (migrations named ``editions``); decision 0240 says why it is kept in this way.
"""

from __future__ import annotations

from typing import Final

from django.db.models import CharField

from apps.ledger import prepared
from apps.ledger.compiled import Stated

NOW: Final = "(SELECT string_agg(edition.value::text, ' ' ORDER BY edition.id) FROM accounts_edition AS edition)"
"""Gives the edition that this statement sees, in SQL; NULL where none was begun yet, which is like no other."""


def as_column() -> Stated:
    """Give the edition as a column of another query."""
    return Stated(f"SELECT {NOW}", CharField())


def is_still(edition: str) -> bool:
    """Say whether the database is in this edition. One query."""
    ((is_the_one,),) = prepared.rows(f"SELECT {NOW} = %s", [edition])
    return bool(is_the_one)
