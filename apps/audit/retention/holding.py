"""Legal holds at the desk: one officer places them, two lift them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.accounts.actors import who
from apps.accounts.models import User
from apps.audit.approvals import asking
from apps.audit.approvals.asking import Subject
from apps.audit.approvals.deeds import CannotBeCarriedOut, Deed
from apps.audit.approvals.models import Approval
from apps.audit.retention import searches
from apps.ledger.models import Intent
from apps.privacy import erasure, holds
from apps.privacy.hold_models import Hold
from apps.privacy.holds import AlreadyLifted, Scope

KIND = "hold"


def visible_to(actor: User) -> QuerySet[Hold]:
    """Holds that officers and auditors see: all but those about themselves; others see none."""
    if not actor.may_read_records():
        return Hold.objects.none()
    return Hold.objects.exclude(person_id=actor.pk)


def kept_from(actor: User) -> Q | None:
    """Say which events `actor` may not read: those of holds about themselves. One query."""
    about_them = [str(hold_id) for hold_id in Hold.objects.filter(person_id=actor.pk).values_list("pk", flat=True)]
    return Q(subject_kind=KIND, subject_id__in=about_them) if about_them else None


def place(scope: Scope, *, name: str, reason: str, by: User, now: datetime) -> Hold:
    """
    Place a hold. One officer may: it only keeps.

    :raises searches.FindsTooMuch: if a search finds more than a hold remembers.
    :raises apps.audit.reads.TookTooLong: if a search takes more than five seconds.
    """
    remembered = searches.found(scope.query) if scope.query else set[UUID]()
    return holds.place(scope, name=name, reason=reason, remembered=remembered, by=who(by), now=now)


def ask_to_lift(hold: Hold, *, why: str, by: User, now: datetime) -> Approval | None:
    """
    Ask a second officer to lift a hold; where no rule asks for one, lift it at once and return None.

    :raises AlreadyLifted: if it is not in force any more.
    :raises apps.audit.approvals.asking.ReasonTooShort: if `why` says too little.
    """
    if hold.lifted_at is not None:
        raise AlreadyLifted
    if not asking.is_needed(Deed.HOLD_CHANGE):
        holds.lift(hold.pk, reason=why, by=who(by), consent="", now=now)
        return None
    subject = Subject(KIND, str(hold.pk), hold.name, person_id=hold.person_id)
    terms = {"deed": "lift the hold", "covers": hold.scope_label, "placed_for": hold.reason}
    return asking.ask(Deed.HOLD_CHANGE, subject=subject, terms=terms, why=why, by=by, now=now)


def carry_out(approval: Approval, by: User, now: datetime) -> None:
    """Lift the hold that two officers agreed on, in the transaction of the consent."""
    try:
        holds.lift(UUID(approval.subject_id), reason=approval.why, by=who(approval.asked_by), consent=by.name, now=now)
    except AlreadyLifted as reason:
        raise CannotBeCarriedOut(reason.sentence) from reason


def holds_on(intent: Intent) -> list[Hold]:
    """List the holds that cover one exchange, for its page. Four queries and one for each hold by search."""
    key_id = intent.conversation_id or intent.pk
    remembered = set(Hold.objects.in_force().filter(keys__key_id=key_id).values_list("pk", flat=True))
    return [hold for hold in Hold.objects.in_force() if hold.pk in remembered or _covers(hold, intent, key_id)]


def _covers(hold: Hold, intent: Intent, key_id: UUID) -> bool:
    if hold.query:
        return key_id in searches.matched(hold.query, [key_id])
    return intent.person_id == hold.person_id or (hold.team_id is not None and intent.team_id == hold.team_id)


def is_anything_held(person_id: UUID, keys: set[UUID]) -> bool:
    """Say whether a hold covers the person, or any of these keys."""
    return Hold.objects.in_force().filter(person_id=person_id).exists() or bool(
        holds.covered(keys | erasure.keys_of(person_id))
    )
