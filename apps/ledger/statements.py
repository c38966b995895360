"""
The statements of every exchange, each with its SQL made once: the rows of an intent, and its conclusion.

They write what saving the rows would write; columns and values come from the models.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from django.db import connection, models

from apps.ledger.models import Intent, OpenIntent, Outcome, SearchRow

BY_THE_DATABASE: Final = "recorded_at"


def insert_intent(intent: Intent, open_row: OpenIntent, search: SearchRow) -> None:
    """Insert an intent, its row in the list of open ones and its search row: all or none."""
    with connection.cursor() as cursor:
        cursor.execute(_insert(), [*_values(intent), *_values(open_row), *_values(search)])


def conclude(outcome: Outcome, *, answer_text: str) -> bool:
    """
    Insert an outcome, take the exchange off the list of open ones and keep its answer searchable; false if there is no
    such intent. The outcome's `started_at` is taken from the intent.

    A second closer waits for the first one's outcome, then meets the constraint that there is only one.
    """
    with connection.cursor() as cursor:
        whose: list[Any] = [outcome.intent_id, outcome.intent_id, answer_text, outcome.intent_id]
        cursor.execute(_conclude(), [*whose, *_values(outcome, without="started_at")])
        return bool(cursor.rowcount)


@cache
def _fields(model: type[models.Model]) -> tuple[models.Field[Any, Any], ...]:
    return tuple(field for field in model._meta.concrete_fields if field.name != BY_THE_DATABASE)


def _values(row: models.Model, *, without: str = "") -> list[Any]:
    fields = (field for field in _fields(type(row)) if field.name != without)
    return [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]


def _into(model: type[models.Model]) -> str:
    return f"INSERT INTO {model._meta.db_table} ({', '.join(str(field.column) for field in _fields(model))})"


def _values_clause(model: type[models.Model]) -> str:
    return f"{_into(model)} VALUES ({', '.join(['%s'] * len(_fields(model)))})"


@cache
def _insert() -> str:
    return f"""
    WITH intent AS ({_values_clause(Intent)}), open_row AS ({_values_clause(OpenIntent)})
    {_values_clause(SearchRow)}
    """


@cache
def _conclude() -> str:
    intent, open_row, search = (model._meta.db_table for model in (Intent, OpenIntent, SearchRow))
    values = ", ".join("begun.started_at" if field.name == "started_at" else "%s" for field in _fields(Outcome))
    return f"""
    WITH begun AS (SELECT started_at FROM {intent} WHERE id = %s),
         closed AS (DELETE FROM {open_row} WHERE intent_id = %s),
         told AS (UPDATE {search} SET answer_text = %s WHERE intent_id = %s)
    {_into(Outcome)} SELECT {values} FROM begun
    """  # noqa: S608 - made of names of our own tables and columns
