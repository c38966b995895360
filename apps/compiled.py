"""
Queries whose SQL is written once.

Django writes the SQL of a query anew at every call; for one with sub-queries that takes milliseconds, many times what
PostgreSQL needs to answer. What a query means stays in one place, its queryset: this takes the SQL from it, and at each
call only fills in the values.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from django.db import connection, models
from django.db.models.query import get_related_populators

Row = TypeVar("Row", bound=models.Model)
_populators: Any = get_related_populators
Build = Callable[[], "models.QuerySet[Row]"]


class NotCompilable(Exception):
    """A query does not take each of its values as a parameter of its own."""


@dataclass(frozen=True, slots=True)
class _Made:
    """The SQL, the parameters with stand-ins in them, and how a row becomes an instance."""

    sql: str
    parameters: tuple[Any, ...]
    converters: Mapping[int, tuple[list[Any], Any]]
    klass_info: Mapping[str, Any]
    select: list[Any]
    annotations: Mapping[str, int]


class Compiled(Generic[Row]):
    """
    One query, made from a queryset in which `stand_ins` are the values that change from call to call.

    Each stand-in must be unlike every other value of the query, and is looked up by its type and value. The queryset
    gives whole instances, with `select_related` and annotations.
    """

    def __init__(self, build: Build[Row], stand_ins: Mapping[str, Any]) -> None:
        self._build = build
        self._names: Final = {(type(value), value): name for name, value in stand_ins.items()}
        self._lock = threading.Lock()
        self._made: _Made | None = None

    def all(self, **values: Any) -> list[Row]:
        """Run the query with `values` in the place of the stand-ins. One query."""
        made = self._made or self._make()
        filled = [
            values[self._names[key]] if (key := (type(one), one)) in self._names else one for one in made.parameters
        ]
        with connection.cursor() as cursor:
            cursor.execute(made.sql, filled)
            return [self._instance(made, list(row)) for row in cursor.fetchall()]

    def first(self, **values: Any) -> Row | None:
        """Give the first row, or None."""
        return next(iter(self.all(**values)), None)

    def _make(self) -> _Made:
        with self._lock:
            if self._made is None:
                compiler = self._build().query.get_compiler(connection=connection)
                sql, parameters = compiler.as_sql()
                self._require_complete(parameters)
                converters = compiler.get_converters([expression for expression, *_ in compiler.select])
                self._made = _Made(
                    sql,
                    tuple(parameters),
                    converters,
                    compiler.klass_info,
                    compiler.select,
                    compiler.annotation_col_map,
                )
            return self._made

    def _require_complete(self, parameters: Iterable[Any]) -> None:
        """Refuse a query that leaves out a stand-in, or holds a moment or an id that would stay what it is now."""
        seen, fixed = set(), []
        for one in parameters:
            key = (type(one), one)
            if key in self._names:
                seen.add(self._names[key])
            elif isinstance(one, date | UUID):
                fixed.append(type(one).__name__)
        if fixed or seen != set(self._names.values()):
            missing = sorted(set(self._names.values()) - seen)
            raise NotCompilable(f"Not in the query: {missing}. Values that would never change: {fixed}.")

    def _instance(self, made: _Made, row: list[Any]) -> Row:
        """Do as `django.db.models.query.ModelIterable` does for each row."""
        for position, (converters, expression) in made.converters.items():
            for convert in converters:
                row[position] = convert(row[position], expression, connection)
        fields = made.klass_info["select_fields"]
        start, end = fields[0], fields[-1] + 1
        names = [column[0].target.attname for column in made.select[start:end]]
        instance: Row = made.klass_info["model"].from_db(connection.alias, names, row[start:end])
        for populator in _populators(made.klass_info, made.select, connection.alias):
            populator.populate(row, instance)
        for name, position in made.annotations.items():
            setattr(instance, name, row[position])
        return instance
