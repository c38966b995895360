"""
The statements of every exchange, each with its SQL made once: the rows of an intent, and its conclusion.

They write what saving the rows would write; columns and values come from the models.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, NamedTuple, TypeAlias

from django.db import connection, models
from django.db.backends.postgresql.operations import DatabaseOperations

from apps.ledger import prepared
from apps.ledger.models import Intent, OpenIntent, Outcome, SearchRow
from apps.ledger.prepared import Condition, Write

BY_THE_DATABASE: Final = "recorded_at"
WRITTEN_BY_THE_STATEMENT: Final = ("started_at", "sealed_answer", "cost", "currency")
TAKEN_AS_THEY_ARE: Final = frozenset({"UUIDField", "CharField", "TextField", "DateTimeField"})

Values: TypeAlias = Mapping[str, Any]
"""A row that is to be written, by the names of its fields as they are kept; what is missing has its field's default."""


class _Column(NamedTuple):
    """How one field of a row is written: its default, and what makes its value one that the driver takes."""

    name: str
    default: Callable[[], Any]
    prepare: Callable[[Any], Any] | None


def insert_intent(intent: Values, open_row: Values, search: Values) -> None:
    """Insert an intent, its row in the list of open ones and its search row: all or none."""
    with prepared.cursor() as cursor:
        cursor.execute(
            _insert(), [*_values(Intent, intent), *_values(OpenIntent, open_row), *_values(SearchRow, search)]
        )


def as_writes(intent: Values, open_row: Values, search: Values) -> tuple[Write, ...]:
    """Give the same three rows for another statement to write along."""
    rows: tuple[tuple[type[models.Model], Values], ...] = (
        (Intent, intent), (OpenIntent, open_row), (SearchRow, search),
    )  # fmt: skip
    return tuple(Write(_insert_if_agreed(model), tuple(_values(model, row))) for model, row in rows)


def conclude(outcome: Values, *, answer_text: str) -> bool:
    """
    Insert an outcome, take the exchange off the list of open ones and keep its answer searchable; false if there is no
    such intent. The outcome's `started_at` is taken from the intent.

    A second closer waits for the first one's outcome, then meets the constraint that there is only one.
    """
    with prepared.cursor() as cursor:
        whose = outcome["intent_id"]
        values = _values(Outcome, outcome, without=("started_at",))
        cursor.execute(_conclude(), [whose, whose, answer_text, whose, *values])
        return bool(cursor.rowcount)


def conclusion(outcome: Values, *, answer_text: str, kept_if: Condition) -> tuple[Write, ...]:
    """
    Give what `conclude` does for another statement to do along, which answers with `cost` and `currency`.

    :param kept_if: asked at that moment; where it does not hold, the answer is not kept. An intent that is missing or
        has its outcome already fails the whole statement.
    """
    whose = outcome["intent_id"]
    values = _values(Outcome, outcome, without=WRITTEN_BY_THE_STATEMENT)
    return (
        Write(_outcome_if_agreed(kept_if.text), (*values, whose, *kept_if.values, outcome["sealed_answer"])),
        Write(_told_if_agreed(kept_if.text), (*kept_if.values, answer_text, whose)),
        Write(_closed_if_agreed(), (whose,)),
    )


@cache
def _fields(model: type[models.Model]) -> tuple[models.Field[Any, Any], ...]:
    return tuple(field for field in model._meta.concrete_fields if field.name != BY_THE_DATABASE)


def _values(model: type[models.Model], row: Values, *, without: tuple[str, ...] = ()) -> list[Any]:
    """Give a row's values as the driver takes them, in the order of its columns."""
    values = []
    for name, default, prepare in _columns(model, without):
        value = row[name] if name in row else default()
        values.append(value if prepare is None else prepare(value))
    return values


@cache
def _columns(model: type[models.Model], without: tuple[str, ...]) -> tuple[_Column, ...]:
    """Find out once what saving an instance finds out of each field each time."""
    fields = (field for field in _fields(model) if field.name not in without)
    return tuple(_Column(field.attname, field.get_default, _preparing(field)) for field in fields)


def _preparing(field: models.Field[Any, Any]) -> Callable[[Any], Any] | None:
    kind = getattr(field, "target_field", field).get_internal_type()
    if kind in TAKEN_AS_THEY_ARE:
        return None
    whole_number: Callable[[Any], Any] | None = DatabaseOperations.integerfield_type_map.get(kind)
    return whole_number or (lambda value: field.get_db_prep_save(value, connection))


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
