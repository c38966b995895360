"""
Four eyes: one officer asks, a second one consents, and only then it is done, exactly as it was asked.

Each step is an event in the same transaction as the step itself.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction

from apps.accounts.actors import who
from apps.accounts.models import Role, User
from apps.audit.approvals import registers
from apps.audit.approvals.deeds import (
    ADMINS_ASK_TOO,
    ALWAYS_NEEDED,
    RULE,
    CannotBeCarriedOut,
    Deed,
    carried_out,
    performer_of,
)
from apps.audit.approvals.models import LONGEST_REASON, Approval, FourEyesRule, State
from apps.ledger.facts import Json
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

SHORTEST_REASON = 10

_log = logging.getLogger(__name__)


class NotApproved(Exception):
    """No second officer has consented to exactly this."""

    sentence = "A second officer has to consent to this first. Ask for it; you will find the answer under Approvals."


class NotOnRecord(NotApproved, CannotBeCarriedOut):
    """The row says what no event says: it was changed by hand."""

    sentence = (
        "This request is not what the record says of it, so nothing was done. Keep the database as it is and have "
        "your operators run manage.py ledger verify."
    )

    def __init__(self) -> None:
        super().__init__(self.sentence)


class AskerGone(Exception):
    """Whoever asked may not ask for it any more."""

    sentence = "Whoever asked for this is no compliance officer any more, so it cannot be granted. Refuse it."


class AlreadyDecided(Exception):
    """The request was decided, withdrawn, or has lapsed meanwhile."""

    sentence = "This request was decided, withdrawn or has lapsed meanwhile. Reload the page to see how it stands."


class ReasonTooShort(Exception):
    """The reason says too little for whoever has to decide."""

    sentence = f"Say why in {SHORTEST_REASON} to {LONGEST_REASON} characters. It is recorded with your name."


@dataclass(frozen=True, slots=True)
class Subject:
    """What a deed is about. `person_id`: whose data it is, who may not decide about it."""

    kind: str
    id: str
    label: str
    person_id: UUID | None = None


def is_needed(deed: Deed) -> bool:
    """
    Say whether `deed` needs a second officer. One query, two where it does not.

    What was left to one officer was so by two, on the record; a row alone changes nothing.
    """
    if deed in ALWAYS_NEEDED or not FourEyesRule.objects.filter(deed=deed, is_needed=False).exists():
        return True
    if registers.is_left_to_one(deed):
        return False
    _log.error("The rule that one officer may do %s alone is not on the record: two are asked for.", deed)
    return True


@transaction.atomic
def ask(deed: Deed, *, subject: Subject, terms: Mapping[str, Json], why: str, by: User, now: datetime) -> Approval:
    """
    Ask a second officer to consent to `deed`. Asked again with other terms or words, the open request is replaced.

    :raises PermissionDenied: if `by` may not ask for it now, or it is their own data.
    :raises ReasonTooShort: if `why` has fewer than 10 characters or more than 500.
    """
    if not _may_ask(deed, by) or by.pk == subject.person_id:
        raise PermissionDenied
    why = " ".join(why.split())
    if not SHORTEST_REASON <= len(why) <= LONGEST_REASON:
        raise ReasonTooShort
    User.objects.select_for_update().get(pk=by.pk)  # of two requests at once, the second replaces the first
    mine = Approval.objects.filter(deed=deed, subject_kind=subject.kind, subject_id=subject.id, asked_by=by)
    for earlier in mine.filter(state=State.OPEN).select_for_update():
        _change(earlier, to=State.WITHDRAWN)
        _record(Action.APPROVAL_WITHDRAWN, earlier, by=by, now=now)
    approval = Approval.objects.create(
        deed=deed, subject_kind=subject.kind, subject_id=subject.id, subject_label=subject.label,
        person_id=subject.person_id, terms=dict(terms), why=why, asked_by=by, asked_at=now,
    )  # fmt: skip
    _record(Action.APPROVAL_ASKED, approval, by=by, now=now, why=why, terms=dict(terms))
    return approval


@transaction.atomic
def grant(
    approval_id: UUID, *, by: User, answer: str = "", signed_in_at: datetime | None = None, now: datetime
) -> Approval:
    """
    Consent, as the second officer; where the room carries the deed out itself, it is done when this returns.

    The event says when they last proved who they are, where that is known.

    :raises PermissionDenied: if `by` asked for it themselves, it is their data, or they are no officer now.
    :raises AlreadyDecided: if it is not waiting any more.
    :raises AskerGone: if whoever asked may not do it any more.
    :raises NotOnRecord: if nobody asked for exactly this on the record.
    :raises apps.audit.approvals.deeds.CannotBeCarriedOut: if it can no longer be done; then nothing has changed.
    """
    approval = _decide(approval_id, State.GRANTED, by=by, answer=answer, now=now)
    if not _may_ask(approval.deed, approval.asked_by):
        raise AskerGone
    proved: dict[str, Json] = {"signed_in_at": signed_in_at.isoformat()} if signed_in_at else {}
    perform = performer_of(approval.deed)
    _record(
        Action.APPROVAL_GRANTED, approval, by=by, now=now, answer=approval.answer, terms=approval.terms,
        carried_out=perform is not None, **proved,
    )  # fmt: skip
    if perform is not None:
        perform(approval, by, now)
        _spend(approval, now)
    return approval


@transaction.atomic
def refuse(approval_id: UUID, *, by: User, answer: str, now: datetime) -> Approval:
    """
    Refuse, as the second officer.

    :raises PermissionDenied: as for `grant`.
    :raises AlreadyDecided: as for `grant`.
    """
    approval = _decide(approval_id, State.REFUSED, by=by, answer=answer, now=now)
    _record(Action.APPROVAL_REFUSED, approval, by=by, now=now, answer=approval.answer)
    return approval


@transaction.atomic
def withdraw(approval_id: UUID, *, by: User, now: datetime) -> None:
    """
    Take back a request that nobody has decided.

    :raises AlreadyDecided: if there is nothing to take back; the same for somebody else's request.
    """
    own = Approval.objects.select_for_update().filter(pk=approval_id, asked_by=by)
    approval = own.filter(state=State.OPEN).first()
    if approval is None:
        raise AlreadyDecided
    _change(approval, to=State.WITHDRAWN)
    _record(Action.APPROVAL_WITHDRAWN, approval, by=by, now=now)


def spend(deed: Deed, *, subject: Subject, terms: Mapping[str, Json], by: User, now: datetime) -> Approval | None:
    """
    Use up the consent to exactly this, in the caller's transaction, just before it is done. None where no rule asks.

    :raises PermissionDenied: if `by` is no compliance officer now, or it is their own data.
    :raises NotApproved: if no other officer, who still is one, consented to these terms for `by` within a day, or it
        was used already.
    :raises NotOnRecord: if the consent's row says what no event says.
    """
    _must_be_officer(by, subject.person_id)
    if not is_needed(deed):
        return None
    approval = granted(deed, subject=subject, terms=terms, by=by, now=now)
    if approval is None:
        raise NotApproved
    locked = Approval.objects.select_for_update().get(pk=approval.pk)
    _must_be_officer(by, subject.person_id)  # again: whoever waited for the row may have lost the office meanwhile
    if locked.state == State.GRANTED:
        _must_be_on_record(locked)
    if not _is_officer(approval.decided_by) or not _spend(approval, now):
        raise NotApproved
    _record(Action.APPROVAL_USED, approval, by=by, now=now)
    return approval


def granted(deed: Deed, *, subject: Subject, terms: Mapping[str, Json], by: User, now: datetime) -> Approval | None:
    """Find the unused consent to exactly this, if there is one. One query."""
    asked = Approval.objects.filter(deed=deed, subject_kind=subject.kind, subject_id=subject.id, asked_by=by)
    unused = asked.granted_at(now).filter(terms=dict(terms)).select_related("decided_by")
    return unused.order_by("-decided_at").first()


def open_request(deed: Deed, *, subject: Subject, by: User, now: datetime) -> Approval | None:
    """Find the request of `by` that still waits, if there is one. One query."""
    asked = Approval.objects.filter(deed=deed, subject_kind=subject.kind, subject_id=subject.id, asked_by=by)
    return asked.open_at(now).first()


@transaction.atomic
def ask_for_two(deed: Deed, *, by: User, now: datetime) -> None:
    """Have `deed` need a second officer from now on; one officer may decide that."""
    _must_be_officer(by, None)
    if FourEyesRule.objects.filter(deed=deed, is_needed=False).update(is_needed=True):
        _record_rule(Action.FOUR_EYES_SWITCHED_ON, deed, by=by, now=now)


@carried_out(Deed.FOUR_EYES_OFF)
def leave_to_one(approval: Approval, by: User, now: datetime) -> None:
    """Let one officer do the deed alone from now on, which two officers decided."""
    deed = Deed(approval.subject_id)
    FourEyesRule.objects.update_or_create(deed=deed, defaults={"is_needed": False})
    _record_rule(Action.FOUR_EYES_SWITCHED_OFF, deed, by=by, now=now)


def rule_about(deed: Deed) -> Subject:
    """Name the rule of `deed` as the subject of a request."""
    return Subject(RULE, deed.value, deed.label)


def _decide(approval_id: UUID, state: State, *, by: User, answer: str, now: datetime) -> Approval:
    _must_be_officer(by, None)
    approval = Approval.objects.visible_to(by).select_for_update().filter(pk=approval_id).first()
    if approval is None or approval.asked_by_id == by.pk or not _is_officer(by):  # it may have waited for the row
        raise PermissionDenied
    if approval.state != State.OPEN or (approval.lapses_at or now) <= now:
        raise AlreadyDecided
    if state == State.GRANTED:
        _must_be_on_record(approval)
    _change(approval, to=state, decided_by=by, decided_at=now, answer=" ".join(answer.split())[:LONGEST_REASON])
    return approval


def _must_be_on_record(approval: Approval) -> None:
    """
    Compare a request with its events. One query.

    :raises NotOnRecord: if they differ.
    """
    if not registers.is_as_recorded(approval):
        _log.error("Request %s for a consent is not what its events say; nothing was done.", approval.pk)
        raise NotOnRecord


def _spend(approval: Approval, now: datetime) -> bool:
    """Compare and set: of two who use one consent at once, one does."""
    unspent = Approval.objects.filter(pk=approval.pk, state=State.GRANTED)
    return bool(unspent.update(state=State.SPENT, spent_at=now))


def _change(approval: Approval, *, to: State, **fields: object) -> None:
    for name, value in {"state": to, **fields}.items():
        setattr(approval, name, value)
    approval.save(update_fields=["state", *fields])


def _must_be_officer(by: User, person_id: UUID | None) -> None:
    if not _is_officer(by) or by.pk == person_id:
        raise PermissionDenied


def _may_ask(deed: str, person: User) -> bool:
    """Officers ask; for some deeds, admins too."""
    return _is_officer(person) or (deed in ADMINS_ASK_TOO and person.has_role(Role.ADMIN))


def _is_officer(person: User | None) -> bool:
    return person is not None and person.has_role(Role.COMPLIANCE_OFFICER)


def _record(action: Action, approval: Approval, *, by: User, now: datetime, **details: Json) -> None:
    record_event(
        action, who=who(by), subject_kind=approval.subject_kind, subject_id=approval.subject_id,
        subject_label=approval.subject_label,
        details={"approval": str(approval.pk), "deed": approval.deed, "asked_by": approval.asked_by.name, **details},
        now=now,
    )  # fmt: skip


def _record_rule(action: Action, deed: Deed, *, by: User, now: datetime) -> None:
    record_event(
        action, who=who(by), subject_kind=RULE, subject_id=deed.value, subject_label=deed.label, details={}, now=now
    )
