"""
How review stands: what waits, for how long, who has it, and how often a queue is right.

What waits is counted to ten thousand and no further, along one index, so that these pages take the same time at ten
million exchanges. Days are kept as they go (`DayOfQueue`); decisions are read by the index on their time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from apps.accounts.models import Role, User
from apps.audit.review import own as own_parts
from apps.audit.review.models import DayOfQueue, Decision, Follower, Item, Queue
from apps.audit.review.vocabulary import Step, Tag
from apps.ledger.models import Entry, Event, Intent, Outcome, RowKind

COUNTED = 10_000
DAYS = 30
BEHIND_AFTER = timedelta(seconds=10)
RECORDS: dict[RowKind, Any] = {RowKind.INTENT: Intent, RowKind.OUTCOME: Outcome, RowKind.EVENT: Event}


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits in a queue, of the 10,000 that are due first: overdue, due within a day, all; the oldest's moment."""

    queue: Queue
    overdue: int
    soon: int
    total: int
    is_more: bool
    oldest_due: datetime | None

    @property
    def later(self) -> int:
        """What is due after a day, of those that were counted."""
        return self.total - self.overdue - self.soon


@dataclass(frozen=True, slots=True)
class Rates:
    """A queue's last 30 days: shown, taken, closed, and with which findings."""

    queue: Queue
    seen: int
    placed: int
    closed: int
    by_tag: Mapping[str, int]

    @property
    def flagging(self) -> float | None:
        """The part of what it was shown that it took, in percent."""
        return 100 * self.placed / self.seen if self.seen else None

    @property
    def false_positive(self) -> float | None:
        """The part of what was closed that was a false positive, in percent."""
        return 100 * self.by_tag.get(Tag.FALSE_POSITIVE, 0) / self.closed if self.closed else None


@dataclass(frozen=True, slots=True)
class Load:
    """What one officer holds or was assigned, how much of it is overdue, and what they closed in 30 days."""

    officer: User
    outstanding: int
    overdue: int
    closed: int


def waiting(actor: User, *, now: datetime) -> list[Waiting]:
    """Count what waits in each queue for anybody but `actor`'s own. One short statement a queue."""
    return [_waiting(queue, actor, now) for queue in Queue.objects.all()]


def rates(actor: User, *, now: datetime) -> list[Rates]:
    """
    Sum up the last 30 days of every queue, without `actor`'s own exchanges.

    Nine queries: sums over everybody, along an index, and what is taken off, over the exchanges of one person.
    """
    since = now - timedelta(days=DAYS)
    day = timezone.localdate(since)
    days = DayOfQueue.objects.filter(day__gte=day).values_list("queue_id")
    shown = {row[0]: row[1:] for row in days.annotate(Sum("seen"), Sum("placed"))}
    own = own_parts.counted(actor, since=day)
    closed = Decision.objects.filter(decided_at__gte=since, step=Step.CLOSED)
    decided = _by_tag(closed)
    for queue_id, by_tag in _by_tag(_own(closed, actor)).items():
        decided[queue_id].subtract(by_tag)
    return [
        _rates(queue, _less(shown.get(queue.pk, (0, 0)), own.get(queue.pk, (0, 0))), decided.get(queue.pk, Counter()))
        for queue in Queue.objects.all()
    ]


def loads(actor: User, *, now: datetime) -> list[Load]:
    """List the officers with what they have, but for what is about `actor`. Four queries."""
    officers = User.objects.filter(is_active=True, role_assignments__role=Role.COMPLIANCE_OFFICER).order_by("name")
    held = Item.objects.visible_to(actor).open().exclude(claimed_by=None, assigned_to=None)
    mine: dict[UUID | None, tuple[int, int]] = {}
    by_holder = held.values("claimed_by", "assigned_to").annotate(
        count=Count("id"), overdue=Count("id", filter=Q(due_at__lt=now))
    )
    for claimed_by, assigned_to, count, overdue in by_holder.values_list(
        "claimed_by", "assigned_to", "count", "overdue"
    ):
        total, late = mine.get(claimed_by or assigned_to, (0, 0))
        mine[claimed_by or assigned_to] = total + count, late + overdue
    since = now - timedelta(days=DAYS)
    done = Decision.objects.filter(decided_at__gte=since, step=Step.CLOSED)
    closed = Counter(dict(done.values_list("officer_id").annotate(Count("id"))))
    closed.subtract(dict(_own(done, actor).values_list("officer_id").annotate(Count("id"))))
    nothing = (0, 0)
    return [Load(each, *mine.get(each.pk, nothing), closed=closed[each.pk]) for each in officers]


def is_behind(*, now: datetime) -> bool:
    """Say whether the next record waits to be looked at although it was written a while ago. Two statements."""
    nexts = Follower.objects.values("next_index")
    waiting = Entry.objects.filter(index__in=nexts).values_list("kind", "row_id").first()
    if waiting is None:
        return False
    kind, row_id = waiting
    written = RECORDS[RowKind(kind)].objects.filter(pk=row_id).values_list("recorded_at", flat=True).first()
    return written is not None and now - written > BEHIND_AFTER


def _own(decisions: QuerySet[Decision], actor: User) -> QuerySet[Decision]:
    """Those about `actor`: few, found by the index on people, so that the sum of all stays one walk along its index."""
    return decisions.filter(item__in=Item.objects.filter(person_id=actor.pk))


def _by_tag(decisions: QuerySet[Decision]) -> dict[UUID, Counter[str]]:
    found: dict[UUID, Counter[str]] = {}
    for queue_id, tag, count in decisions.values_list("queue_id", "tag").annotate(Count("id")):
        found.setdefault(queue_id, Counter())[tag] = count
    return found


def _less(everybody: tuple[int, int], own: tuple[int, int]) -> tuple[int, int]:
    return everybody[0] - own[0], everybody[1] - own[1]


def _waiting(queue: Queue, actor: User, now: datetime) -> Waiting:
    """Count along the index of open items, what is due first; it holds all that is asked, so no item is read."""
    items = Item.objects.open().filter(queue=queue).exclude(person_id=actor.pk).order_by("due_at", "id")
    first = items.values("due_at")[: COUNTED + 1]
    soon = now + timedelta(days=1)
    with connection.cursor() as cursor:
        sql, given = first.query.sql_with_params()
        cursor.execute(
            "SELECT min(due_at), count(*) FILTER (WHERE due_at < %s), "  # noqa: S608 - made by the query itself
            f"count(*) FILTER (WHERE due_at >= %s AND due_at < %s), count(*) FROM ({sql}) AS waiting",
            [now, now, soon, *given],
        )
        oldest, overdue, within_a_day, total = cursor.fetchone()
    return Waiting(queue, overdue, within_a_day, min(total, COUNTED), total > COUNTED, oldest)


def _rates(queue: Queue, shown: tuple[int, int], by_tag: Mapping[str, int]) -> Rates:
    return Rates(queue, shown[0], shown[1], sum(by_tag.values()), by_tag)
