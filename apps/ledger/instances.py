"""
Instances of models from the rows of statements whose text is made once.

What Django finds out about the columns for each query anew (which column is which field of which model, what converts
it) is found out once here. An instance is what Django's own reading gives, made without the checks of `Model.__init__`,
which are for callers who name their fields.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import models
from django.db.models.base import ModelState
from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row", bound=models.Model)


def instance(model: type[Row], names: Sequence[str], values: Sequence[Any], using: str) -> Row:
    """Make the instance of a row that is in the database; `names` are its fields as they are kept. 3 µs."""
    made = model.__new__(model)
    state = ModelState()
    state.db, state.adding = using, False
    made.__dict__.update(zip(names, values, strict=True), _state=state)
    return made


@dataclass(frozen=True, slots=True)
class _Part:
    """One model's columns within a row, and the models joined to it."""

    model: type[models.Model]
    names: tuple[str, ...]
    places: slice
    key: int
    link: Callable[[Any, Any], None]
    link_back: Callable[[Any, Any], None]
    parts: tuple[_Part, ...]

    def read(self, row: Sequence[Any], using: str) -> models.Model | None:
        if row[self.key] is None:
            return None
        made = instance(self.model, self.names, row[self.places], using)
        for part in self.parts:
            other = part.read(row, using)
            part.link(made, other)
            if other is not None:
                part.link_back(other, made)
        return made


class Reader:
    """
    Reads the rows of one statement: the model's columns, those of its foreign keys' rows, and annotations.

    :param compiler: has made the text of the statement.
    """

    def __init__(self, compiler: SQLCompiler) -> None:
        expressions = [column[0] for column in compiler.select[: compiler.col_count]]
        self._converters = [(place, *found) for place, found in compiler.get_converters(expressions).items()]
        self._whole = _part(compiler.klass_info, compiler.select)
        self._annotations: Mapping[str, int] = compiler.annotation_col_map

    def read(self, rows: Sequence[Sequence[Any]], connection: Any) -> Iterator[Any]:
        """Make an instance of each row."""
        for row in map(list, rows):
            for place, converters, expression in self._converters:
                for converter in converters:
                    row[place] = converter(row[place], expression, connection)
            made = self._whole.read(row, connection.alias)
            for name, place in self._annotations.items():
                setattr(made, name, row[place])
            yield made


def _part(described: Any, columns: Sequence[Any]) -> _Part:
    places: list[int] = described["select_fields"]
    names = tuple(columns[place][0].target.attname for place in places)
    return _Part(
        model=described["model"],
        names=names,
        places=slice(places[0], places[-1] + 1),
        key=places[names.index(described["model"]._meta.pk.attname)],
        link=described.get("local_setter", _nothing),
        link_back=described.get("remote_setter", _nothing),
        parts=tuple(_part(one, columns) for one in described.get("related_klass_infos", ())),
    )


def _nothing(*_: object) -> None:
    """The statement's own model hangs on no other."""
