"""What figures of review hold of the reader's own exchanges, so that it can be taken off: nobody counts their own."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from uuid import UUID

from django.utils import timezone

from apps.accounts.models import User
from apps.audit.review import facts, placing, reproducing
from apps.audit.review.models import Follower, Item
from apps.audit.scope import own_exchanges
from apps.ledger.models import Outcome

MARGIN_DAYS = 2
"""An exchange ends within hours of its beginning, by which it is found."""


def counted(actor: User, *, since: date) -> dict[UUID, tuple[int, int]]:
    """
    Say how many of `actor`'s own exchanges each queue was shown and took since a day, as its days count them.

    Five queries over the exchanges of one person.
    """
    totals: dict[UUID, tuple[int, int]] = {}
    for (queue_id, _), (shown, taken) in by_day(actor, since=since).items():
        before = totals.get(queue_id, (0, 0))
        totals[queue_id] = before[0] + shown, before[1] + taken
    return totals


def by_day(actor: User, *, since: date) -> dict[tuple[UUID, date], tuple[int, int]]:
    """Say the same for each queue and day. Five queries."""
    placed = Item.objects.filter(person_id=actor.pk, ended_at__date__gte=since)
    taken: Counter[tuple[UUID, date]] = Counter()
    for queue_id, ended_at in placed.values_list("queue_id", "ended_at"):
        taken[queue_id, timezone.localdate(ended_at)] += 1
    shown = _shown(actor, since)
    return {key: (shown[key], taken[key]) for key in {*shown, *taken}}


def _shown(actor: User, since: date) -> Counter[tuple[UUID, date]]:
    """Decide again, as the follower did, which queues were there when each of these exchanges came by."""
    own = own_exchanges(actor).filter(started_at__date__gte=since - timedelta(days=MARGIN_DAYS))
    ids = list(Outcome.objects.filter(intent__in=own.values("pk")).values_list("id", flat=True))
    reached = Follower.objects.values_list("next_index", flat=True).first() or 0
    at = reproducing.places_of(ids, reached)
    versions = placing.versions_until(max(at.values())) if at else []
    shown: Counter[tuple[UUID, date]] = Counter()
    for outcome_id, ended in facts.of_outcomes(list(at), with_text=False).items():
        day = timezone.localdate(ended.ended_at)
        if day >= since:
            for version in placing.in_force_at(at[outcome_id], versions):
                shown[version.queue_id, day] += version.definition.is_on
    return shown
