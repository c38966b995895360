"""The parts of a package that come from the ledger and the directory; the rooms give the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from uuid import UUID

from allauth.socialaccount.models import SocialAccount
from django.db.models import QuerySet

from apps.accounts.models import Role, User
from apps.audit import sealed
from apps.audit.looks import EXCHANGE
from apps.ledger.facts import Json
from apps.ledger.models import Event, HiddenLook, Intent
from apps.ledger.vocabulary import Action, action_label
from apps.privacy.erasure import Part

ROWS_IN_A_PART = 500
LOOKS = [Action.AUDIT_OPENED, Action.AUDIT_UNMASKED]


def parts(person_id: UUID) -> Iterator[Part]:
    """Give what the directory and the ledger say of a person."""
    yield _profile(User.objects.get(pk=person_id))
    yield from _paged("exchanges", "What went to models for you", Intent.objects.filter(person_id=person_id), _exchange)
    yield from _paged("acts", "What you did, as it was recorded", Event.objects.filter(actor_id=person_id), _event)
    yield from _paged("about-you", "What others did that is about you", _about(person_id), _event)
    yield from _looks(person_id)


def _profile(person: User) -> Part:
    teams = person.memberships.select_related("team")
    record: dict[str, Json] = {
        "id": str(person.pk),
        "name": person.name,
        "user_name": person.username,
        "email": person.email,
        "active": person.is_active,
        "since": person.date_joined.isoformat(),
        "roles": [Role(one.role).label for one in person.role_assignments.all()],
        "teams": [f"{one.team.name} ({one.get_standing_display()})" for one in teams],
        "company_identities": list(SocialAccount.objects.filter(user=person).values_list("provider", flat=True)),
    }
    return Part("profile", "You", (record,))


def _paged(name: str, heading: str, rows: QuerySet, read) -> Iterator[Part]:  # type: ignore[no-untyped-def,type-arg]
    """Cut rows into parts of 500, so that no part grows with the person."""
    found, number = [], 1
    for row in rows.order_by("pk").iterator(chunk_size=ROWS_IN_A_PART):
        found.append(read(row))
        if len(found) == ROWS_IN_A_PART:
            yield Part(f"{name}/{number:04}", f"{heading}, part {number}", tuple(found))
            found, number = [], number + 1
    if found or number == 1:
        yield Part(f"{name}/{number:04}", heading, tuple(found))


def _exchange(intent: Intent) -> dict[str, Json]:
    outcome = getattr(intent, "outcome", None)
    left = sealed.open_payload(intent.conversation_id, bytes(intent.sealed_payload))
    answer = sealed.open_answer(intent.conversation_id, bytes(outcome.sealed_answer) if outcome else b"")
    return {
        "exchange": str(intent.pk),
        "at": intent.started_at.isoformat(),
        "door": intent.get_door_display(),
        "purpose": intent.get_purpose_display(),
        "team": intent.team_label,
        "model": intent.model_label,
        "provider": intent.provider_label,
        "what_left": [f"{said.role}: {said.text}" for said in left.messages],
        "answer": [said.text for said in answer.messages],
        "masked": intent.masked_types,
        "outcome": outcome.get_kind_display() if outcome else "In progress",
    }


def _event(event: Event) -> dict[str, Json]:
    return {
        "at": event.happened_at.isoformat(),
        "act": action_label(event.action),
        "about": f"{event.subject_kind} {event.subject_label}".strip(),
        "details": json.dumps(event.details, ensure_ascii=False, sort_keys=True),
    }


def _about(person_id: UUID) -> QuerySet[Event]:
    return Event.objects.filter(subject_kind="person", subject_id=str(person_id)).exclude(actor_id=person_id)


def _looks(person_id: UUID) -> Iterator[Part]:
    """Say when officers looked at the person's exchanges, without their names."""
    mine = Intent.objects.filter(person_id=person_id).order_by("pk").values_list("pk", flat=True)
    found: list[dict[str, Json]] = []
    chunk: list[str] = []
    for intent_id in mine.iterator(chunk_size=ROWS_IN_A_PART):
        chunk.append(str(intent_id))
        if len(chunk) == ROWS_IN_A_PART:
            found += _looks_at(chunk)
            chunk = []
    found += _looks_at(chunk)
    yield Part("looks", "When officers looked at your exchanges", tuple(found))


def _looks_at(exchange_ids: list[str]) -> list[dict[str, Json]]:
    hidden = HiddenLook.objects.filter(exchange_id__in=exchange_ids).values_list("exchange_id", flat=True)
    shown = set(exchange_ids) - {str(exchange_id) for exchange_id in hidden}  # a confidential case hides its looks
    looks = Event.objects.filter(subject_kind=EXCHANGE, subject_id__in=shown, action__in=LOOKS)
    return [
        {"at": look.happened_at.isoformat(), "act": action_label(look.action), "exchange": look.subject_id}
        for look in looks.order_by("happened_at")
    ]
