"""Who works at what: taking, letting go, handing over, escalating. Each item has one officer at a time at most."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, QuerySet
from django.db.models.functions import Cast

from apps.accounts.models import Role, User
from apps.audit.approvals.deeds import Deed
from apps.audit.approvals.models import Approval
from apps.audit.review import acts, notes
from apps.audit.review.acts import CannotBeDone, ClosedAlready, HeldByAnother
from apps.audit.review.models import Decision, Item
from apps.audit.review.recording import write_decision
from apps.audit.review.vocabulary import Level, State, Step
from apps.ledger.vocabulary import Action

HOLD = timedelta(minutes=30)
ITEM = "review item"


@transaction.atomic
def claim(item_id: UUID, *, by: User, now: datetime) -> Item:
    """
    Take an item for half an hour; claimed again by the same officer, for half an hour from now.

    One statement decides: of many officers at once, one gets it.

    :raises acts.NoSuchItem: if there is none, or it is about this officer.
    :raises CannotBeDone: if it is closed, held by another, or above this officer's level.
    """
    _must_be_officer(by)
    took = Item.objects.free_for(by, now).filter(pk=item_id)
    if not took.update(claimed_by=by, claimed_at=now, claimed_until=now + HOLD):
        raise _why_not(acts.item_for(item_id, by=by), by, now)
    item = acts.item_for(item_id, by=by)
    acts.record(Action.REVIEW_CLAIMED, item, by=by, now=now)
    return item


@transaction.atomic
def take_next(*, by: User, queue_id: UUID | None = None, now: datetime) -> Item | None:
    """
    Take what is due first: what is assigned to this officer, then what nobody has. None where nothing is left.

    Rows that others take at this moment are passed over, so nobody waits and nobody gets the same one.
    """
    _must_be_officer(by)
    free = waiting_left_out(Item.objects.free_for(by, now), now).exclude(claimed_by=by, claimed_until__gte=now)
    if queue_id is not None:
        free = free.filter(queue_id=queue_id)
    due_first = free.order_by("due_at", "id").select_for_update(skip_locked=True, of=("self",))
    item = due_first.filter(assigned_to=by).first() or due_first.filter(assigned_to=None).first()
    if item is None:
        return None
    Item.objects.filter(pk=item.pk).update(claimed_by=by, claimed_at=now, claimed_until=now + HOLD)
    acts.record(Action.REVIEW_CLAIMED, item, by=by, now=now, details={"as": "next"})
    return item


@transaction.atomic
def release(item_id: UUID, *, by: User, now: datetime) -> Item:
    """
    Let go of an item; it is anybody's again.

    :raises CannotBeDone: if this officer does not hold it.
    """
    item = acts.item_for(item_id, by=by)
    if item.claimed_by_id != by.pk:
        raise CannotBeDone("You do not hold this item, so there is nothing to let go of.")
    Item.objects.filter(pk=item.pk).update(claimed_by=None, claimed_at=None, claimed_until=None)
    acts.record(Action.REVIEW_RELEASED, item, by=by, now=now)
    return item


@transaction.atomic
def assign(item_id: UUID, *, to: User | None, by: User, now: datetime) -> Item:
    """
    Hand an open item to an officer, or with None to nobody in particular. Whoever held it holds it no more.

    :raises CannotBeDone: if it is closed, held by somebody else, or may not go to that officer.
    """
    item = acts.item_for(item_id, by=by)
    _must_be_open_and_free(item, by, now)
    if to is not None and (not to.has_role(Role.COMPLIANCE_OFFICER) or to.pk == item.person_id):
        raise CannotBeDone("This item cannot go to that person. Choose another officer.")
    Item.objects.filter(pk=item.pk).update(assigned_to=to, claimed_by=None, claimed_at=None, claimed_until=None)
    acts.record(Action.REVIEW_ASSIGNED, item, by=by, now=now, details={"to": str(to.pk) if to else ""})
    return item


@transaction.atomic
def escalate(item_id: UUID, *, reason: str, by: User, now: datetime) -> Decision:
    """
    Pass an item on to level 2, with a reason that is kept as a note.

    :raises CannotBeDone: if it is closed, held by somebody else, or at level 2 already.
    :raises apps.audit.review.notes.NoteUnusable: if the reason says too little or too much.
    """
    item = acts.item_for(item_id, by=by)
    _must_be_open_and_free(item, by, now)
    if item.level == Level.SECOND:
        raise CannotBeDone("This item is at level 2 already. Assign it to somebody, or decide it.")
    note = notes.attach(item, text=reason, by=by, now=now)
    decision = write_decision(item, Step.ESCALATED, note=note, by=by, now=now)
    Item.objects.filter(pk=item.pk).update(
        level=Level.SECOND, escalated_by=by, assigned_to=None, claimed_by=None, claimed_at=None, claimed_until=None
    )
    return decision


def waiting_left_out(items: QuerySet[Item], now: datetime) -> QuerySet[Item]:
    """Leave out what waits for a second officer's consent to be closed."""
    return items.exclude(Exists(_waiting(now)))


def is_waiting(item: Item, now: datetime) -> bool:
    """Say whether somebody has asked to close this item and nobody has answered."""
    asked = Approval.objects.open_at(now).filter(deed=Deed.CLOSE_HIGH_SEVERITY, subject_kind=ITEM)
    return asked.filter(subject_id=str(item.pk)).exists()


def _waiting(now: datetime) -> QuerySet[Approval]:
    asked = Approval.objects.open_at(now).filter(deed=Deed.CLOSE_HIGH_SEVERITY, subject_kind=ITEM)
    return asked.filter(subject_id=Cast(OuterRef("pk"), CharField()))


def _must_be_officer(by: User) -> None:
    if not by.has_role(Role.COMPLIANCE_OFFICER):
        raise PermissionDenied


def _must_be_open_and_free(item: Item, by: User, now: datetime) -> None:
    if item.state == State.CLOSED:
        raise ClosedAlready
    if item.claimed_by_id not in (None, by.pk) and not (item.claimed_until is None or item.claimed_until < now):
        raise HeldByAnother


def _why_not(item: Item, by: User, now: datetime) -> CannotBeDone:
    if item.state == State.CLOSED:
        return ClosedAlready()
    if item.level == Level.SECOND and not _may_second(item, by):
        return CannotBeDone("This item was escalated to level 2. Another officer takes it from here.")
    return HeldByAnother()


def _may_second(item: Item, by: User) -> bool:
    return by.pk in item.second_level or (not item.second_level and item.escalated_by_id != by.pk)
