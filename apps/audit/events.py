"""The list of admin, security and officer events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.audit import reads
from apps.audit.filters import EventFilter
from apps.audit.looks import EXCHANGE
from apps.audit.paging import Cursor, page_of
from apps.ledger.models import Event
from apps.ledger.vocabulary import action_label, topic_of

COLUMNS = (
    "id", "happened_at", "action", "actor_id", "actor_label", "team_label", "subject_kind", "subject_id",
    "subject_label", "details",
)  # fmt: skip

BOUNDS = ("newest", "oldest")
FILTERS = {"filters q": "text", "filters since": "from", "filters until": "to", "filters topic": "about"}


@dataclass(frozen=True, slots=True)
class EventRow:
    """One line of the list."""

    id: UUID
    happened_at: datetime
    action: str
    actor_id: UUID | None
    actor_label: str
    team_label: str
    subject_kind: str
    subject_id: str
    subject_label: str
    details: Mapping[str, Any] = field(repr=False)

    @property
    def label(self) -> str:
        """The act in words."""
        return action_label(self.action)

    @property
    def topic(self) -> str:
        """What the act is about, in words."""
        return str(topic_of(self.action).label)

    @property
    def exchange_id(self) -> str:
        """The exchange it is about, where it is one."""
        return self.subject_id if self.subject_kind == EXCHANGE else ""

    @property
    def document_id(self) -> str:
        """The document it is about, where it is one: its page names it to those who may read it."""
        is_document = self.subject_kind == "document" and _is_id(self.subject_id)
        return self.subject_id if is_document else ""

    @property
    def particulars(self) -> list[tuple[str, str]]:
        """The details as names and values, inner ones by their path; what was asked for comes first."""
        pairs = [(_named(path), value) for path, value in _flattened("", self.details) if path not in BOUNDS]
        return sorted(pairs, key=lambda pair: pair[0] == "shown")

    @property
    def bounds(self) -> list[tuple[str, str]]:
        """The first and the last row that a look showed, by id."""
        return [(path, value) for path, value in _flattened("", self.details) if path in BOUNDS]


@dataclass(frozen=True, slots=True)
class EventList:
    """A page of events and the places of its neighbours."""

    rows: list[EventRow]
    newer: str
    older: str


def listed(form: EventFilter, cursor: Cursor | None) -> EventList:
    """
    Read one page of what `form` asks for. Two queries.

    :raises reads.TookTooLong: if the database did not finish in time.
    """
    with reads.bounded():
        page = page_of(Event.objects.filter(form.condition()).values(*COLUMNS), cursor, at="happened_at")
    return EventList([EventRow(**row) for row in page.rows], page.newer, page.older)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _flattened(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flattened(f"{path} {name}".strip(), inner)
    elif isinstance(value, list):
        yield path, ", ".join(_in_words(inner) for inner in value) or "none"
    else:
        yield path, _in_words(value)


def _named(path: str) -> str:
    return FILTERS.get(path, path.removeprefix("filters "))


def _in_words(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
