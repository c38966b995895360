"""The list of admin, security and officer events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import TextField
from django.db.models.functions import Cast

from apps.accounts.models import User
from apps.audit import masking, reads
from apps.audit.filters import BY_SIGNING_IN, PERSON, EventFilter
from apps.audit.looks import EXCHANGE
from apps.audit.masking import People
from apps.audit.paging import Cursor, page_of
from apps.audit.scope import events_for
from apps.ledger.vocabulary import Topic, action_label, is_of_office, topic_of

COLUMNS = (
    "id", "happened_at", "action", "actor_id", "actor_label", "team_label", "subject_kind", "subject_id",
    "subject_label", "details",
)  # fmt: skip

DESK_TOPICS = (Topic.RECORDS, Topic.REVIEW, Topic.RETENTION)
BOUNDS = ("newest", "oldest", "exchanges")
MOST_LISTED = 20
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
    people: People = field(repr=False)

    @property
    def is_of_office(self) -> bool:
        """Say whether the act was one of an office, whose holder is named."""
        is_by_signing_in = self.action in BY_SIGNING_IN and self.subject_id == str(self.actor_id)
        return is_of_office(self.action) and not is_by_signing_in

    @property
    def actor_pseudonym(self) -> str:
        """The pseudonym of whoever acted as an employee; empty for an office, whose holder is named."""
        return "" if self.is_of_office or self.actor_id is None else self.people.pseudonyms[self.actor_id]

    @property
    def subject(self) -> str:
        """What the act was about; people, and exchanges, by pseudonym."""
        if self.subject_kind == EXCHANGE:
            _, _, model = self.subject_label.rpartition(", ")
            return f"{self.people.of_exchange(self.subject_id)}, {model}" if model else ""
        if self.subject_kind == PERSON and not self._is_the_actor_in_office(self.subject_id):
            return self.people.of_person(self.subject_id)
        return self._worded(self.subject_label)

    @property
    def subject_person_id(self) -> UUID | None:
        """The person it was about, where it was one who is not named as the actor already."""
        is_person = self.subject_kind == PERSON and not self._is_the_actor_in_office(self.subject_id)
        return UUID(self.subject_id) if is_person and masking.is_id(self.subject_id) else None

    def _is_the_actor_in_office(self, person_id: str) -> bool:
        return self.is_of_office and person_id == str(self.actor_id)

    def _worded(self, text: str) -> str:
        """
        Give a text; one that is a person's name, or id, as the pseudonym, unless that is who is named as actor.

        What the desk itself recorded names people by pseudonym already, and officers by name.
        """
        if topic_of(self.action) in DESK_TOPICS:
            return text
        if self.is_of_office and text in (self.actor_label, str(self.actor_id)):
            return self.actor_label
        return self.people.worded(text)

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
        is_exchange = self.subject_kind == EXCHANGE and masking.is_id(self.subject_id)
        return self.subject_id if is_exchange else ""

    @property
    def document_id(self) -> str:
        """The document it is about, where it is one: its page names it to those who may read it."""
        is_document = self.subject_kind == "document" and masking.is_id(self.subject_id)
        return self.subject_id if is_document else ""

    @property
    def particulars(self) -> list[tuple[str, str]]:
        """The details as names and values, inner ones by their path; what was asked for comes first."""
        told = [(path, value) for path, value in _flattened("", self.details) if path not in BOUNDS]
        pairs = [(_named(path), self._worded(value)) for path, value in told if not path.endswith("person_id")]
        return sorted(pairs, key=lambda pair: pair[0] == "shown")

    @property
    def bounds(self) -> list[tuple[str, str]]:
        """The first and the last row that a look showed, or all that an act was about, by id."""
        return [(path, value) for path, value in _flattened("", self.details) if path in BOUNDS]


@dataclass(frozen=True, slots=True)
class EventList:
    """A page of events and the places of its neighbours."""

    rows: list[EventRow]
    newer: str
    older: str


def listed(actor: User, form: EventFilter, cursor: Cursor | None) -> EventList:
    """
    Read one page of what `form` asks for, without those about `actor`'s own exchanges. Six queries.

    :raises reads.TookTooLong: if the database did not finish in time.
    """
    with reads.bounded():
        asked = events_for(actor).alias(actor_text=Cast("actor_id", TextField())).filter(form.condition())
        page = page_of(asked.values(*COLUMNS), cursor, at="happened_at")
        people = _people_in(page.rows)
    return EventList([EventRow(**row, people=people) for row in page.rows], page.newer, page.older)


def _people_in(rows: Sequence[Mapping[str, Any]]) -> People:
    """Find out who is spoken of in these rows. Three queries."""
    texts = {value for row in rows for _, value in _flattened("", row["details"])}
    return masking.people_among(
        actors={row["actor_id"] for row in rows if row["actor_id"]},
        subjects={row["subject_id"] for row in rows if row["subject_kind"] == PERSON},
        exchanges={row["subject_id"] for row in rows if row["subject_kind"] == EXCHANGE},
        texts=texts | {row["subject_label"] for row in rows},
    )


def _flattened(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flattened(f"{path} {name}".strip(), inner)
    elif isinstance(value, list):
        yield path, _listed(value)
    else:
        yield path, _in_words(value)


def _listed(values: list[Any]) -> str:
    """Say a list in words; of a long one, such as the keys of a certificate, the first and how many more."""
    said = [_in_words(inner) for inner in values[:MOST_LISTED]]
    more = len(values) - len(said)
    return ", ".join([*said, f"and {more:,} more"] if more else said) or "none"


def _named(path: str) -> str:
    return FILTERS.get(path, path.removeprefix("filters "))


def _in_words(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
