"""
Querysets whose SQL is made once.

Django builds the text of a statement anew each time it is asked, and for the small statements of an exchange that costs
several times what PostgreSQL and the driver cost together. What a statement asks stays a queryset, written with the
same named filters as everywhere; only its text is remembered. The values go in, and the rows are read, each time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, Final, Generic, NamedTuple, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ObjectDoesNotExist
from django.db import connections
from django.db.models import (
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    Expression,
    F,
    Field,
    Func,
    IntegerField,
    Model,
    QuerySet,
    UUIDField,
)

from apps.ledger import prepared
from apps.ledger.instances import Reader

Row = TypeVar("Row", bound=Model)
NAMED: Final = re.compile(r"%\((\w+)\)s")


class _Slot(NamedTuple):
    """Where a value will go."""

    name: str


class Parameter(Expression):
    """
    Stands in a queryset for a value that is not known yet. Its values are what the driver takes: ids, moments, texts.

    `None` is no value for it: a comparison with NULL finds nothing.
    """

    def __init__(self, name: str, field: Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: object, connection: object) -> tuple[str, tuple[Any, ...]]:
        """Give a place for the value."""
        return "%s", (_Slot(self.name),)


class Stated(Expression):
    """
    Stands in a queryset for a value that a statement of our own gives: one row, one column.

    Its values are named in the text, ``%(name)s``, and given like those of every `Parameter`.
    """

    def __init__(self, text: str, field: Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.text = NAMED.sub("%s", text)
        self.names = NAMED.findall(text)

    def as_sql(self, compiler: object, connection: object) -> tuple[str, tuple[Any, ...]]:
        """Give the statement with a place for each value."""
        return f"({self.text})", tuple(map(_Slot, self.names))


def an_id(name: str) -> Any:
    """Stand in for a row's id."""
    return Parameter(name, UUIDField())


def a_moment(name: str) -> Any:
    """Stand in for a moment."""
    return Parameter(name, DateTimeField())


def a_day(name: str) -> Any:
    """Stand in for a day."""
    return Parameter(name, DateField())


def a_text(name: str) -> Any:
    """Stand in for a text."""
    return Parameter(name, CharField())


def a_number(name: str) -> Any:
    """Stand in for a whole number."""
    return Parameter(name, IntegerField())


def is_one_of(column: str, name: str) -> Any:
    """Give the condition that a column is one of a list of ids."""
    return Func(
        F(column),
        Parameter(name, ArrayField(UUIDField())),
        template="(%(expressions)s))",
        arg_joiner=" = ANY(",
        output_field=BooleanField(),
    )


def a_row(name: str) -> Any:
    """Stand in for a row of which only the id is asked."""
    return SimpleNamespace(pk=an_id(name))


class _Ready(NamedTuple):
    """A statement that is made: its text, its values with a slot for each that comes, and how its rows are read."""

    using: str
    text: str
    values: Sequence[object]
    reader: Reader
    width: int


class Part(Generic[Row]):
    """A statement that is made, to stand within a larger one whose text is made once too."""

    def __init__(self, made: _Ready) -> None:
        self._made = made
        self.text = made.text
        self.width = made.width

    def given(self, **values: object) -> list[object]:
        """Give the values of its places, in their order."""
        return [values[one.name] if isinstance(one, _Slot) else one for one in self._made.values]

    def read(self, row: Sequence[Any]) -> Row:
        """Read the row that it gave, `width` columns."""
        read: Row = next(self._made.reader.read([row], connections[self._made.using]))
        return read


class Compiled(Generic[Row]):
    """
    Ask a queryset for its rows by the names of its parameters. Safe in any thread; nothing of an answer is remembered.

    :param build: makes the queryset, with a `Parameter` in the place of each value.
    """

    def __init__(self, build: Callable[[], QuerySet[Row]]) -> None:
        self._build = build
        self._made: _Ready | None = None

    def rows(self, **values: object) -> list[Row]:
        """Run the statement, planned once for each connection."""
        made = self._made or self._make()
        connection = connections[made.using]
        given = [values[one.name] if isinstance(one, _Slot) else one for one in made.values]
        return list(made.reader.read(prepared.rows(made.text, given, using=connection), connection))

    def part(self) -> Part[Row]:
        """Give the statement to stand within a larger one, which `Stated` values may name the tables of."""
        return Part(self._made or self._make())

    def first(self, **values: object) -> Row | None:
        """Run the statement and give its first row."""
        return next(iter(self.rows(**values)), None)

    def one(self, **values: object) -> Row:
        """
        Run the statement and give its one row.

        :raises ObjectDoesNotExist: the model's own, if there is none.
        """
        row = self.first(**values)
        if row is None:
            missing: type[ObjectDoesNotExist] = self._build().model.DoesNotExist  # type: ignore[attr-defined]
            raise missing
        return row

    def _make(self) -> _Ready:
        template = self._build()
        compiler = template.query.get_compiler(using=template.db)
        text, values = compiler.as_sql()
        self._made = _Ready(template.db, text, values, Reader(compiler), len(compiler.select))
        return self._made
