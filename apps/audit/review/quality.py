"""Looking over each other's shoulders: a random part of what was closed is judged again by another officer, blind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.audit.looks import EXCHANGE
from apps.audit.review import acts
from apps.audit.review.models import Decision, Item, Recheck
from apps.audit.review.recording import Verdict, write_decision
from apps.audit.review.sampling import is_drawn
from apps.audit.review.vocabulary import Step
from apps.ledger.models import Event
from apps.ledger.vocabulary import Action


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often two officers found the same. ``kappa`` (Cohen 1960) takes out what chance alone would give."""

    pairs: int
    same: int
    kappa: float | None

    @property
    def percent(self) -> float | None:
        """The part that agreed, in percent."""
        return 100 * self.same / self.pairs if self.pairs else None


def draw(item: Item, decision: Decision, *, now: datetime) -> None:
    """Put a closed item up for another officer where it is drawn; the queue's published seed decides."""
    if is_drawn(item.version.seed, decision.pk, share=item.queue.recheck_share):
        officers = [decision.officer_id, *([decision.second_officer_id] if decision.second_officer_id else [])]
        Recheck.objects.create(
            item=item, first=decision, person_id=item.person_id, first_officers=officers, drawn_at=now
        )


def withdraw(item: Item) -> None:
    """Take back what nobody has checked: the item is open again."""
    Recheck.objects.filter(item=item, done_at=None).delete()


@transaction.atomic
def recheck(recheck_id: UUID, *, verdict: Verdict, by: User, now: datetime) -> Decision:
    """
    Judge a closed item again. The first finding stands; what the second says is kept beside it.

    :raises acts.NoSuchItem: if there is nothing to check for this officer: it is done, theirs, or about them.
    :raises acts.CannotBeDone: if the exchange was not opened and read.
    """
    waiting = Recheck.objects.offered_to(by).select_for_update(of=("self",)).filter(pk=recheck_id).first()
    if waiting is None:
        raise acts.NoSuchItem(recheck_id)
    item = acts.item_for(waiting.item_id, by=by)
    looked = Event.objects.filter(
        subject_kind=EXCHANGE, subject_id=str(item.exchange_id), action=Action.AUDIT_OPENED, actor_id=by.pk
    )
    if not verdict.is_read or not looked.exists():
        raise acts.CannotBeDone("Read the exchange, tick that you have read it, then say what you find.")
    decision = write_decision(item, Step.RECHECKED, verdict=verdict, by=by, now=now)
    Recheck.objects.filter(pk=waiting.pk).update(second=decision, done_at=now)
    return decision


def agreement(actor: User, *, now: datetime, days: int = 90) -> Agreement:
    """Compare first and second findings of the last days, none of them about `actor`. One query."""
    done = Recheck.objects.filter(done_at__gte=now - timedelta(days=days)).exclude(person_id=actor.pk)
    return agreement_of(done.values_list("first__tag", "second__tag"))


def agreement_of(pairs: Iterable[tuple[str, str | None]]) -> Agreement:
    """Work out how far pairs of findings agree."""
    counted = Counter(pairs)
    total = sum(counted.values())
    if not total:
        return Agreement(0, 0, None)
    same = sum(count for (first, second), count in counted.items() if first == second)
    firsts: Counter[str] = Counter()
    seconds: Counter[str | None] = Counter()
    for (first, second), count in counted.items():
        firsts[first] += count
        seconds[second] += count
    by_chance = sum(firsts[tag] * seconds[tag] for tag in firsts) / total**2
    return Agreement(total, same, (same / total - by_chance) / (1 - by_chance) if by_chance < 1 else None)
