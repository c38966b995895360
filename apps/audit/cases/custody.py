"""A case's chain of custody, from the record: every act on it, every look at an exchange in it since it was opened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import CharField, Q, QuerySet
from django.db.models.functions import Cast

from apps.accounts.models import User
from apps.audit import reads
from apps.audit.cases import contents
from apps.audit.cases.models import Case
from apps.audit.cases.recording import CASE
from apps.audit.looks import EXCHANGE
from apps.audit.paging import PAGE_SIZE, Cursor, beyond
from apps.ledger.models import Event
from apps.ledger.vocabulary import Action, action_label

LOOKS: Final = (Action.AUDIT_OPENED, Action.AUDIT_UNMASKED, Action.LEDGER_PROOF_TAKEN)
MOST: Final = 10_000
COLUMNS: Final = ("id", "happened_at", "action", "actor_id", "actor_label", "subject_kind", "subject_id", "details")
NOT_SHOWN: Final = {"exchanges", "words", "sealed", "note", "to_id", "member_id", "snapshot"}


@dataclass(frozen=True, slots=True)
class Act:
    """One link of the chain. ``exchange`` is the id of the exchange that was looked at, where it was one."""

    id: UUID
    happened_at: datetime
    action: str
    actor_id: UUID | None
    actor_label: str
    exchange: str
    details: Mapping[str, Any] = field(repr=False)

    @property
    def label(self) -> str:
        """The act in words."""
        return action_label(self.action)

    @property
    def particulars(self) -> list[tuple[str, str]]:
        """What else is to be said, as names and values; digests and long lists are in the record itself."""
        return [(name, _in_words(value)) for name, value in self.details.items() if name not in NOT_SHOWN]


@dataclass(frozen=True, slots=True)
class Chain:
    """A page of the chain, newest first, and the place of the older ones, empty where there are none."""

    acts: list[Act]
    older: str


def page(case: Case, actor: User, cursor: Cursor | None, *, size: int = PAGE_SIZE) -> Chain:
    """
    Read a page of a case's chain. Two queries.

    :raises reads.TookTooLong: if the database did not finish in time.
    """
    found = _newest(case, actor, cursor, size + 1)
    last = found[size - 1] if len(found) > size else None
    return Chain(found[:size], Cursor("older", last.happened_at, last.id).code() if last else "")


def all_of(case: Case, actor: User) -> list[Act]:
    """Read the whole chain, oldest first, 10,000 acts at most. Two queries."""
    return _newest(case, actor, None, MOST)[::-1]


def _newest(case: Case, actor: User, cursor: Cursor | None, at_most: int) -> list[Act]:
    where = beyond(cursor, "happened_at") if cursor else Q()
    with reads.bounded():
        rows = [
            row
            for events in (_of_case(case), _looks(case, actor))
            for row in events.filter(where).order_by("-happened_at", "-id").values(*COLUMNS)[:at_most]
        ]
    acts = sorted(_acts(rows), key=lambda act: (act.happened_at, act.id), reverse=True)
    return acts[:at_most]


def _of_case(case: Case) -> QuerySet[Event]:
    return Event.objects.filter(subject_kind=CASE, subject_id=str(case.pk))


def _looks(case: Case, actor: User) -> QuerySet[Event]:
    there = contents.seen_in(case, actor).annotate(key=Cast("exchange_id", CharField())).values("key")
    return Event.objects.filter(
        subject_kind=EXCHANGE, subject_id__in=there, action__in=LOOKS, happened_at__gte=case.opened_at
    )


def _acts(rows: Iterable[Mapping[str, Any]]) -> list[Act]:
    kept = ("id", "happened_at", "action", "actor_id", "actor_label", "details")
    return [
        Act(**{name: row[name] for name in kept}, exchange=row["subject_id"] if row["subject_kind"] == EXCHANGE else "")
        for row in rows
    ]


def _in_words(value: Any) -> str:
    return {True: "yes", False: "no", None: "none"}[value] if value is None or isinstance(value, bool) else str(value)
