"""Paging by key: a page starts where the last one ended, however many rows came in between. Nothing is counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeAlias
from uuid import UUID

from django.db.models import Q, QuerySet

Rows: TypeAlias = "QuerySet[Any, dict[str, Any]]"
PAGE_SIZE = 50
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class CursorBroken(Exception):
    """The place in the address is not one that this portal wrote."""

    sentence = "The address of this page is damaged, so its place in the list is lost. Start again from the newest."


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list ordered by time and id, newest first: the rows beyond it, seen in one direction."""

    direction: Literal["older", "newer"]
    at: datetime
    id: UUID

    def code(self) -> str:
        """Write the place for an address; `cursor_of` reads it."""
        return f"{(self.at - _EPOCH) // _MICROSECOND}-{self.id.hex}"


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, newest first, as values by column, and the places of the pages beside them, empty where there is none."""

    rows: list[dict[str, Any]]
    newer: str
    older: str


def cursor_of(query: Mapping[str, str]) -> Cursor | None:
    """
    Read the place in the list from an address's ``older`` or ``newer``.

    :raises CursorBroken: if it cannot be read.
    """
    for direction in ("older", "newer"):
        if direction in query:
            return _cursor(direction, query[direction])
    return None


def _cursor(direction: Literal["older", "newer"], code: str) -> Cursor:
    at, _, key = code.partition("-")
    try:
        return Cursor(direction, _EPOCH + int(at) * _MICROSECOND, UUID(hex=key))
    except (ValueError, OverflowError) as error:
        raise CursorBroken from error


def page_of(rows: Rows, cursor: Cursor | None, *, at: str) -> Page:
    """
    Read the page beyond `cursor`, or the newest. `rows` yields values that include ``id`` and the time column `at`.

    One query for the page and, beyond the first, one that looks for a single row on its other side. Going back to
    newer rows ends at the newest page, whole.
    """
    if cursor is None:
        found = list(_newest_first(rows, at)[: PAGE_SIZE + 1])
        return Page(found[:PAGE_SIZE], newer="", older=_older(found, at))
    if cursor.direction == "newer":
        found = list(_beyond(rows, cursor, at).order_by(at, "id")[: PAGE_SIZE + 1])
        if len(found) <= PAGE_SIZE:
            return page_of(rows, None, at=at)
        kept = found[:PAGE_SIZE][::-1]
        return Page(kept, newer=_place("newer", kept[0], at).code(), older=_place("older", kept[-1], at).code())
    found = list(_newest_first(_beyond(rows, cursor, at), at)[: PAGE_SIZE + 1])
    return Page(found[:PAGE_SIZE], newer=_newer(rows, cursor, found, at), older=_older(found, at))


def _newest_first(rows: Rows, at: str) -> Rows:
    return rows.order_by(f"-{at}", "-id")


def beyond(cursor: Cursor, at: str) -> Q:
    """Ask for what lies beyond the place. The first condition is the one that an index on the time can serve."""
    side = "lt" if cursor.direction == "older" else "gt"
    within = Q(**{f"{at}__{side}e": cursor.at})
    return within & (Q(**{f"{at}__{side}": cursor.at}) | Q(**{f"id__{side}": cursor.id}))


def _beyond(rows: Rows, cursor: Cursor, at: str) -> Rows:
    return rows.filter(beyond(cursor, at))


def _older(found: list[dict[str, Any]], at: str) -> str:
    """The place where the next page begins, where a row too many was found."""
    return _place("older", found[PAGE_SIZE - 1], at).code() if len(found) > PAGE_SIZE else ""


def _newer(rows: Rows, cursor: Cursor, found: list[dict[str, Any]], at: str) -> str:
    """The way back to newer rows, where there are any; from an empty page, to where it was to begin."""
    here = _place("newer", found[0], at) if found else Cursor("newer", cursor.at, cursor.id)
    return here.code() if not found or _beyond(rows, here, at).exists() else ""


def _place(direction: Literal["older", "newer"], row: Mapping[str, Any], at: str) -> Cursor:
    return Cursor(direction, row[at], row["id"])
