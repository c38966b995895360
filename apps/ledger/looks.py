"""
Who looked at whose exchanges, for the people who wrote them.

A look is an event of the officers' desk about one exchange. Its person sees when, in which role and how; not who, and
not why: the names of officers and their reasons stand on the record for those who oversee them. While a confidential
case holds an exchange, each look is hidden for 30 days, longer where a second officer agreed; when the case lets go,
all of them appear. This file lies below the chat,
which shows the looks, and below the desk, which makes and hides them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast, Now

from apps.ledger.facts import Json, Who
from apps.ledger.models import Event, HiddenLook, Intent
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

EXCHANGE = "exchange"
PAGE_SIZE = 50
HIDDEN_BY_ONE = timedelta(days=30)
"""How long a look stays hidden that one officer alone hides."""

KINDS = {
    Action.AUDIT_OPENED: "Opened, as it left: masked",
    Action.AUDIT_UNMASKED: "Read with the masked words shown, for a reason on the record",
    Action.AUDIT_EXPORTED: "Exported",
    Action.LEDGER_PROOF_TAKEN: "Took the proof of its record, which holds no words",
}
ROLES = {"COMPLIANCE_OFFICER": "A compliance officer", "AUDITOR": "An auditor"}
SOMEBODY = "Somebody at the officers' desk"


@dataclass(frozen=True, slots=True)
class Look:
    """One look at one exchange, as its person may know of it."""

    id: UUID
    at: datetime
    exchange_id: UUID
    kind: str
    by: str


@dataclass(frozen=True, slots=True)
class LookedAt:
    """A look, and what it was a look at."""

    look: Look
    asked_at: datetime
    purpose: str
    door: str
    conversation_id: UUID | None
    turn_id: UUID | None


@dataclass(frozen=True, slots=True)
class LookPage:
    """Looks, newest first, and the last one's id where older ones follow."""

    looks: list[LookedAt]
    older: UUID | None


def looks_in(conversation_id: UUID) -> dict[UUID, list[Look]]:
    """Give the looks at each turn of a conversation, newest first, by the turn's id. Two queries."""
    rows = Intent.objects.filter(conversation_id=conversation_id).values_list("pk", "turn_id")
    turns = {exchange_id: turn_id for exchange_id, turn_id in rows if turn_id}
    found: dict[UUID, list[Look]] = {}
    for look in _looks(_events(turns).order_by("-id")) if turns else ():
        found.setdefault(turns[look.exchange_id], []).append(look)
    return found


def looks_at(person_id: UUID, *, before: UUID | None = None) -> LookPage:
    """
    Give one page of the looks at a person's exchanges of every kind, newest first, beyond the look `before`.

    Two queries. The first meets each of the person's exchanges with the index of what events are about.
    """
    own = Intent.objects.filter(person_id=person_id).values(text=Cast("pk", TextField()))
    events = _shown().filter(subject_id__in=own)
    if before is not None:
        events = events.filter(id__lt=before)
    looks = _looks(events.order_by("-id")[: PAGE_SIZE + 1])
    older = looks[PAGE_SIZE - 1].id if len(looks) > PAGE_SIZE else None
    facts = Intent.objects.in_bulk({look.exchange_id for look in looks[:PAGE_SIZE]})
    return LookPage([_looked_at(look, facts[look.exchange_id]) for look in looks[:PAGE_SIZE]], older)


@transaction.atomic
def hide_looks(
    exchange_ids: Iterable[UUID], *, case_id: UUID, kept_until: datetime | None = None, who: Who, now: datetime
) -> None:
    """
    Hide from people who looked at these exchanges until the case lets go of them, in the caller's transaction.

    Each look for 30 days, and all until `kept_until` where a second officer agreed to that.

    :raises apps.ledger.records.LedgerUnavailable: if it cannot be recorded; then nothing is hidden.
    """
    rows = [
        HiddenLook(exchange_id=each, case_id=case_id, hidden_at=now, kept_until=kept_until)
        for each in set(exchange_ids)
    ]
    HiddenLook.objects.bulk_create(rows, ignore_conflicts=True)
    _record(Action.LOOKS_HIDDEN, case_id, {"exchanges": len(rows)}, who=who, now=now)


@transaction.atomic
def keep_hidden(*, case_id: UUID, until: datetime, who: Who, now: datetime) -> None:
    """
    Keep what a case hides hidden until a day, which `who`, a second officer, agreed to; in the caller's transaction.

    :raises apps.ledger.records.LedgerUnavailable: if it cannot be recorded; then nothing is kept hidden.
    """
    count = HiddenLook.objects.filter(case_id=case_id).update(kept_until=until)
    details: dict[str, Json] = {"exchanges": count, "until": until.isoformat()}
    _record(Action.LOOKS_KEPT_HIDDEN, case_id, details, who=who, now=now)


@transaction.atomic
def show_looks(exchange_ids: Iterable[UUID] | None = None, *, case_id: UUID, who: Who, now: datetime) -> None:
    """
    Let people see the looks again that this case hid, those meanwhile included: all, or those at some exchanges.

    Where the case hides none, nothing is recorded. What another case still hides stays hidden.

    :raises apps.ledger.records.LedgerUnavailable: if it cannot be recorded; then they stay hidden.
    """
    hidden = HiddenLook.objects.filter(case_id=case_id)
    if exchange_ids is not None:
        hidden = hidden.filter(exchange_id__in=list(exchange_ids))
    count, _ = hidden.delete()
    if count:
        _record(Action.LOOKS_SHOWN, case_id, {"exchanges": count}, who=who, now=now)


def _shown() -> QuerySet[Event]:
    hidden = HiddenLook.objects.values(text=Cast("exchange_id", TextField()))
    agreed = HiddenLook.objects.filter(kept_until__gt=Now()).values(text=Cast("exchange_id", TextField()))
    is_hidden = Q(subject_id__in=agreed) | Q(subject_id__in=hidden, happened_at__gt=Now() - HIDDEN_BY_ONE)
    return Event.objects.filter(subject_kind=EXCHANGE, action__in=list(KINDS)).exclude(is_hidden)


def _events(exchange_ids: Collection[UUID]) -> QuerySet[Event]:
    return _shown().filter(subject_id__in=[str(each) for each in exchange_ids])


def _looks(events: QuerySet[Event]) -> list[Look]:
    rows = events.values_list("id", "happened_at", "subject_id", "action", "details")
    return [Look(key, at, UUID(about), KINDS[Action(act)], _by(details)) for key, at, about, act, details in rows]


def _by(details: Mapping[str, Any]) -> str:
    return ROLES.get(str(details.get("role", "")), SOMEBODY)


def _looked_at(look: Look, intent: Intent) -> LookedAt:
    return LookedAt(
        look,
        asked_at=intent.started_at,
        purpose=intent.get_purpose_display(),
        door=intent.get_door_display(),
        conversation_id=intent.conversation_id,
        turn_id=intent.turn_id,
    )


def _record(action: Action, case_id: UUID, details: dict[str, Json], *, who: Who, now: datetime) -> None:
    record_event(action, who=who, subject_kind="case", subject_id=str(case_id), details=details, now=now)
