"""
Legal holds: what they cover, placing and lifting them. Nothing that a hold covers is destroyed, by whomever.

A hold by person or team covers what stands under their name now. A hold by search covers what the search finds now and
what it found when it was placed. Placing a hold and destroying keys wait for each other, so no key slips between.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from apps.ledger.facts import Json, Who
from apps.ledger.models import Intent
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action
from apps.privacy import erasure
from apps.privacy.hold_models import HeldKey, Hold

_LOCK = 7_305_522_901
ROWS_AT_ONCE = 2_000
Matcher = Callable[[str, Collection[UUID]], set[UUID]]


class KeyHeld(Exception):
    """Something is under a legal hold and was not destroyed."""

    sentence = "This is under a legal hold, so nothing of it was erased. It can be erased once the hold is lifted."


class AlreadyLifted(Exception):
    """Somebody else lifted this hold first."""

    sentence = "This hold was lifted already. Nothing was changed."


@dataclass(frozen=True, slots=True)
class Scope:
    """What a hold is to cover: exactly one of a person, a team, a search; and its name in words."""

    label: str
    person_id: UUID | None = None
    team_id: UUID | None = None
    query: str = ""

    @property
    def kind(self) -> Hold.Kind:
        """Which of the three it is."""
        if self.person_id:
            return Hold.Kind.PERSON
        return Hold.Kind.TEAM if self.team_id else Hold.Kind.QUERY


def _matches_nothing_known(query: str, key_ids: Collection[UUID]) -> set[UUID]:
    """Hold everything while nobody can say what a search finds."""
    return set(key_ids)


_matcher: Matcher = _matches_nothing_known


def match_by(matcher: Matcher) -> None:
    """Let the desk, which knows its searches, say which of some keys a search finds."""
    global _matcher  # one desk, told once at start
    _matcher = matcher


def wait_for_destruction() -> None:
    """Let no key be destroyed until the end of this transaction."""
    _lock("pg_advisory_xact_lock")


def wait_for_holds() -> None:
    """Let no hold be placed until the end of this transaction; destructions go on beside each other."""
    _lock("pg_advisory_xact_lock_shared")


def covered(key_ids: Iterable[UUID]) -> set[UUID]:
    """Say which of these keys are held. Three queries, and one for each hold by search."""
    wanted = set(key_ids)
    held = list(Hold.objects.in_force())
    if not held or not wanted:
        return set()
    remembered = HeldKey.objects.filter(hold__lifted_at=None, key_id__in=wanted).values_list("key_id", flat=True)
    return {*remembered, *_of_people_and_teams(held, wanted), *_found_by_searches(held, wanted)}


@transaction.atomic
def place(scope: Scope, *, name: str, reason: str, remembered: Collection[UUID], by: Who, now: datetime) -> Hold:
    """
    Put a hold in force, on the record; `remembered` are the keys that a search finds at this moment.

    :raises apps.ledger.records.LedgerUnavailable: if it cannot be recorded; then it is not in force.
    """
    wait_for_destruction()
    hold = Hold.objects.create(
        name=name, kind=scope.kind, person_id=scope.person_id, team_id=scope.team_id, query=scope.query,
        scope_label=scope.label, reason=reason, remembered=len(remembered), placed_at=now, placed_by_id=by.id,
        placed_by_label=by.label,
    )  # fmt: skip
    HeldKey.objects.bulk_create((HeldKey(hold=hold, key_id=key_id) for key_id in remembered), batch_size=ROWS_AT_ONCE)
    details: dict[str, Json] = {"reason": reason, **terms_of(hold), "digest": digest_of(remembered)}
    _record(Action.HOLD_PLACED, hold, details, by=by, now=now)
    return hold


@transaction.atomic
def lift(hold_id: UUID, *, reason: str, by: Who, consent: str, now: datetime) -> Hold:
    """
    Lift a hold, on the record; `consent` names the second officer's consent, empty where the rule asks for none.

    :raises AlreadyLifted: if it is not in force any more.
    """
    lifted = Hold.objects.in_force().filter(pk=hold_id)
    if not lifted.update(lifted_at=now, lifted_by_id=by.id, lifted_by_label=by.label):
        raise AlreadyLifted
    hold = Hold.objects.get(pk=hold_id)
    _record(Action.HOLD_LIFTED, hold, {"reason": reason, "consent": consent}, by=by, now=now)
    return hold


def terms_of(hold: Hold) -> dict[str, Json]:
    """What a hold covers, as its event says it and `ledger verify` compares it."""
    return {
        "kind": hold.kind,
        "person": str(hold.person_id or ""),
        "team": str(hold.team_id or ""),
        "query": hold.query,
        "remembered": hold.remembered,
    }


def digest_of(ids: Iterable[UUID]) -> str:
    """Digest a set of ids: SHA-256 over their 16 bytes each, in order."""
    return hashlib.sha256(b"".join(sorted(one.bytes for one in ids))).hexdigest()


def _of_people_and_teams(held: Collection[Hold], wanted: set[UUID]) -> set[UUID]:
    people = {hold.person_id for hold in held if hold.person_id}
    teams = {hold.team_id for hold in held if hold.team_id}
    if not people and not teams:
        return set()
    recorded = Intent.objects.filter(conversation_id__in=wanted).values_list("conversation_id", "person_id", "team_id")
    found = {key_id for key_id, person_id, team_id in recorded.distinct() if person_id in people or team_id in teams}
    for room in erasure.rooms():
        owners = room.owners_of(wanted).items()
        found |= {key_id for key_id, owner in owners if owner.person_id in people or owner.team_id in teams}
    return {key_id for key_id in found if key_id is not None}


def _found_by_searches(held: Collection[Hold], wanted: set[UUID]) -> set[UUID]:
    return set[UUID]().union(*(_matcher(hold.query, wanted) for hold in held if hold.query))


def _record(action: Action, hold: Hold, details: dict[str, Json], *, by: Who, now: datetime) -> None:
    record_event(
        action, who=by, subject_kind="hold", subject_id=str(hold.pk), subject_label=hold.name, details=details, now=now
    )


def _lock(function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [_LOCK])
