"""
The statements of every exchange, each with its SQL made once: the rows of an intent, and its conclusion.

They write what saving the rows would write; columns and values come from the models.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any, Final

from django.db import connection, models

from apps.ledger import prepared
from apps.ledger.models import Intent, OpenIntent, Outcome, SearchRow
from apps.ledger.prepared import Condition, Write

BY_THE_DATABASE: Final = "recorded_at"
WRITTEN_BY_THE_STATEMENT: Final = ("started_at", "sealed_answer", "cost", "currency")


def insert_intent(intent: Intent, open_row: OpenIntent, search: SearchRow) -> None:
    """Insert an intent, its row in the list of open ones and its search row: all or none."""
    with prepared.cursor() as cursor:
        cursor.execute(_insert(), [*_values(intent), *_values(open_row), *_values(search)])


def as_writes(intent: Intent, open_row: OpenIntent, search: SearchRow) -> tuple[Write, ...]:
    """Give the same three rows for another statement to write along."""
    rows: tuple[models.Model, ...] = (intent, open_row, search)
    return tuple(Write(_insert_if_agreed(type(row)), tuple(_values(row))) for row in rows)


def conclude(outcome: Outcome, *, answer_text: str) -> bool:
    """
    Insert an outcome, take the exchange off the list of open ones and keep its answer searchable; false if there is no
    such intent. The outcome's `started_at` is taken from the intent.

    A second closer waits for the first one's outcome, then meets the constraint that there is only one.
    """
    with prepared.cursor() as cursor:
        whose: list[Any] = [outcome.intent_id, outcome.intent_id, answer_text, outcome.intent_id]
        cursor.execute(_conclude(), [*whose, *_values(outcome, without=("started_at",))])
        return bool(cursor.rowcount)


def conclusion(outcome: Outcome, *, answer_text: str, kept_if: Condition) -> tuple[Write, ...]:
    """
    Give what `conclude` does for another statement to do along, which answers with `cost` and `currency`.

    :param kept_if: asked at that moment; where it does not hold, the answer is not kept. An intent that is missing or
        has its outcome already fails the whole statement.
    """
    values = tuple(_values(outcome, without=WRITTEN_BY_THE_STATEMENT))
    sealed = (*kept_if.values, outcome.sealed_answer)
    return (
        Write(_outcome_if_agreed(kept_if.text), (*values, outcome.intent_id, *sealed)),
        Write(_told_if_agreed(kept_if.text), (*kept_if.values, answer_text, outcome.intent_id)),
        Write(_closed_if_agreed(), (outcome.intent_id,)),
    )


@cache
def _fields(model: type[models.Model]) -> tuple[models.Field[Any, Any], ...]:
    return tuple(field for field in model._meta.concrete_fields if field.name != BY_THE_DATABASE)


def _values(row: models.Model, *, without: Collection[str] = ()) -> list[Any]:
    fields = (field for field in _fields(type(row)) if field.name not in without)
    return [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]


def _into(model: type[models.Model]) -> str:
    return f"INSERT INTO {model._meta.db_table} ({', '.join(str(field.column) for field in _fields(model))})"


@cache
def _insert_if_agreed(model: type[models.Model]) -> str:
    return f"{_into(model)} SELECT {', '.join(['%s'] * len(_fields(model)))} FROM agreed"  # noqa: S608 - our own names


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


@cache
def _outcome_if_agreed(kept_if: str) -> str:
    fields = [field for field in _fields(Outcome) if field.name not in WRITTEN_BY_THE_STATEMENT]
    columns = [*(str(field.column) for field in fields), *WRITTEN_BY_THE_STATEMENT]
    places = ", ".join(["%s"] * len(fields))
    return f"""
    INSERT INTO {Outcome._meta.db_table} ({", ".join(columns)})
    SELECT {places}, (SELECT started_at FROM {Intent._meta.db_table} WHERE id = %s),
           CASE WHEN {kept_if} THEN %s ELSE ''::bytea END, agreed.cost, agreed.currency
      FROM agreed
    """  # noqa: S608 - made of names of our own tables and columns


@cache
def _told_if_agreed(kept_if: str) -> str:
    return f"""
    UPDATE {SearchRow._meta.db_table} SET answer_text = CASE WHEN {kept_if} THEN %s ELSE '' END
      FROM agreed WHERE intent_id = %s
    """  # noqa: S608 - made of names of our own tables and columns


@cache
def _closed_if_agreed() -> str:
    return f"DELETE FROM {OpenIntent._meta.db_table} USING agreed WHERE intent_id = %s"  # noqa: S608 - our own names
