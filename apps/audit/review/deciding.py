"""Closing items and opening them again. What is high in severity closes when a second officer consents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.audit.approvals import asking
from apps.audit.approvals.asking import Subject
from apps.audit.approvals.deeds import CannotBeCarriedOut, Deed, carried_out
from apps.audit.approvals.models import Approval
from apps.audit.looks import EXCHANGE
from apps.audit.review import acts, notes, quality, work
from apps.audit.review.acts import CannotBeDone, ClosedAlready, HeldByAnother
from apps.audit.review.models import Decision, Item
from apps.audit.review.recording import Verdict, write_decision
from apps.audit.review.vocabulary import Severity, State, Step, Tag
from apps.ledger.facts import Json
from apps.ledger.models import Event
from apps.ledger.vocabulary import Action

MANY_AT_MOST = 100


class TakesTwo(CannotBeDone):
    """Closing what is high in severity takes a second officer."""

    def __init__(self) -> None:
        super().__init__(
            "This item is of high severity: closing it takes a second officer. Open it, write why, and ask for consent."
        )


class NotRead(CannotBeDone):
    """The officer does not say that they read it, or did not open it."""

    def __init__(self) -> None:
        super().__init__("Read the exchange, tick that you have read it, then decide.")


@dataclass(frozen=True, slots=True)
class Left:
    """An item that a decision over many did not touch, and why."""

    item_id: UUID
    sentence: str


@transaction.atomic
def close(item_id: UUID, *, verdict: Verdict, note: str = "", by: User, now: datetime) -> Decision:
    """
    Close an item. It must be this officer's, opened by them since they took it, and read, as they say.

    :raises acts.NoSuchItem: if there is none, or it is about this officer.
    :raises TakesTwo: if it is high in severity and the rule asks for two: use `ask_to_close`.
    :raises CannotBeDone: if it is closed, held by another, or was not read.
    """
    item = acts.item_for(item_id, by=by)
    _must_be_theirs(item, by, now)
    if item.severity == Severity.HIGH and asking.is_needed(Deed.CLOSE_HIGH_SEVERITY):
        raise TakesTwo
    return _closed(item, _timed(item, verdict, by, now), note=note, by=by, now=now)


@transaction.atomic
def ask_to_close(item_id: UUID, *, verdict: Verdict, why: str, by: User, now: datetime) -> Approval:
    """
    Ask a second officer to consent to closing an item of high severity. Nobody else takes it meanwhile.

    :raises apps.audit.approvals.asking.ReasonTooShort: if `why` says too little or too much.
    :raises CannotBeDone: as for `close`.
    """
    item = acts.item_for(item_id, by=by)
    _must_be_theirs(item, by, now)
    timed = _timed(item, verdict, by, now)
    terms: dict[str, Json] = {
        "exchange": str(item.exchange_id),
        "finding": Tag(timed.tag).label,
        "own_tags": list(timed.own_tags),
        "read_for_seconds": timed.seconds,
    }
    about = Subject(work.ITEM, str(item.pk), f"{item.queue.name}: {Tag(timed.tag).label}", item.person_id)
    approval = asking.ask(Deed.CLOSE_HIGH_SEVERITY, subject=about, terms=terms, why=why, by=by, now=now)
    Item.objects.filter(pk=item.pk).update(claimed_by=None, claimed_at=None, claimed_until=None, assigned_to=by)
    return approval


@carried_out(Deed.CLOSE_HIGH_SEVERITY)
def close_with_consent(approval: Approval, by: User, now: datetime) -> None:
    """
    Close an item as it was asked, in the transaction of the second officer's consent.

    :raises CannotBeCarriedOut: if it was closed meanwhile.
    """
    item = Item.objects.select_for_update(of=("self",)).select_related("queue", "version").get(pk=approval.subject_id)
    if item.state == State.CLOSED:
        raise CannotBeCarriedOut("The item was closed meanwhile. Refuse the request, or let it lapse.")
    terms = approval.terms
    tag = next(tag for tag in Tag if tag.label == terms["finding"])
    verdict = Verdict(tag, tuple(terms["own_tags"]), is_read=True, seconds=terms["read_for_seconds"])
    _closed(item, verdict, note="", by=approval.asked_by, second=by, now=now)


def close_many(
    item_ids: Sequence[UUID], *, verdict: Verdict, by: User, now: datetime
) -> tuple[list[Decision], list[Left]]:
    """
    Close many items alike, 100 at most, each in a transaction, a decision and an event of its own.

    They need not have been opened, and their decisions say so. Returns what was decided and what was left, with why.
    """
    done: list[Decision] = []
    left: list[Left] = []
    for item_id in item_ids[:MANY_AT_MOST]:
        try:
            done.append(_close_one_of_many(item_id, verdict=verdict, by=by, now=now))
        except CannotBeDone as reason:
            left.append(Left(item_id, reason.sentence))
        except acts.NoSuchItem:
            left.append(Left(item_id, "There is no such item."))
    return done, left


@transaction.atomic
def reopen(item_id: UUID, *, reason: str, by: User, now: datetime) -> Decision:
    """
    Open a closed item again, with a reason that is kept as a note. It is due as if it had come now.

    :raises CannotBeDone: if it is open.
    :raises apps.audit.review.notes.NoteUnusable: if the reason says too little or too much.
    """
    item = acts.item_for(item_id, by=by)
    if item.state == State.OPEN:
        raise CannotBeDone("This item is open. Take it, then decide.")
    note = notes.attach(item, text=reason, by=by, now=now)
    decision = write_decision(item, Step.REOPENED, note=note, by=by, now=now)
    due_at = now + timedelta(hours=item.queue.hours)
    Item.objects.filter(pk=item.pk).update(state=State.OPEN, tag="", closed_at=None, assigned_to=None, due_at=due_at)
    quality.withdraw(item)
    return decision


@transaction.atomic
def _close_one_of_many(item_id: UUID, *, verdict: Verdict, by: User, now: datetime) -> Decision:
    item = acts.item_for(item_id, by=by)
    if item.severity == Severity.HIGH and asking.is_needed(Deed.CLOSE_HIGH_SEVERITY):
        raise TakesTwo
    if item.claimed_by_id != by.pk:
        item = work.claim(item_id, by=by, now=now)
    seconds = _seconds(item, by, now)
    many = replace(verdict, is_read=verdict.is_read and seconds is not None, seconds=seconds, is_one_of_many=True)
    return _closed(item, many, note="", by=by, now=now)


def _must_be_theirs(item: Item, by: User, now: datetime) -> None:
    """A claim that has lapsed still counts while nobody else took the item."""
    if item.state == State.CLOSED:
        raise ClosedAlready
    if item.claimed_by_id is None:
        raise CannotBeDone("Nobody holds this item. Take it first, then decide.")
    if item.claimed_by_id != by.pk:
        raise HeldByAnother


def _timed(item: Item, verdict: Verdict, by: User, now: datetime) -> Verdict:
    seconds = _seconds(item, by, now)
    if not verdict.is_read or seconds is None:
        raise NotRead
    return replace(verdict, seconds=seconds)


def _seconds(item: Item, by: User, now: datetime) -> int | None:
    """Say how long ago this officer first opened the exchange since they took the item. One query by subject."""
    looks = Event.objects.filter(
        subject_kind=EXCHANGE, subject_id=str(item.exchange_id), action=Action.AUDIT_OPENED, actor_id=by.pk,
        happened_at__gte=item.claimed_at or now,
    )  # fmt: skip
    first = looks.order_by("happened_at").values_list("happened_at", flat=True).first()
    return max(0, int((now - first).total_seconds())) if first else None


def _closed(
    item: Item, verdict: Verdict, *, note: str, by: User, second: User | None = None, now: datetime
) -> Decision:
    written = notes.attach(item, text=note, by=by, now=now) if note.strip() else None
    decision = write_decision(item, Step.CLOSED, verdict=verdict, note=written, by=by, second=second, now=now)
    Item.objects.filter(pk=item.pk).update(
        state=State.CLOSED, tag=verdict.tag, closed_at=now, claimed_by=None, claimed_at=None, claimed_until=None
    )
    quality.draw(item, decision, now=now)
    return decision
