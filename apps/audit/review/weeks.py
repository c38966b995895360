"""Review week by week: what queues were shown and took, what was decided and how long it took, who agreed with whom."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.review import own
from apps.audit.review.models import DayOfQueue, Recheck
from apps.audit.review.vocabulary import Step, Tag

SHOWN = 12
COMPARED = 8
_DECIDED = """
    SELECT date_trunc('week', d.decided_at AT TIME ZONE %(zone)s)::date, d.queue_id, d.officer_id, count(*),
           count(*) FILTER (WHERE d.tag = %(false)s),
           percentile_disc(0.5) WITHIN GROUP (ORDER BY d.seconds) FILTER (WHERE NOT d.is_one_of_many)
    FROM review_decision AS d
    WHERE d.decided_at >= %(since)s AND d.step = %(closed)s
      AND d.item_id NOT IN (SELECT id FROM review_item WHERE person_id = %(reader)s)
    GROUP BY GROUPING SETS ((1, 2), (1, 3))
"""


@dataclass(slots=True)
class Week:
    """One week of a queue or an officer. ``seconds`` is the median time on an item; None where nobody measured one."""

    shown: int = 0
    taken: int = 0
    closed: int = 0
    false_positives: int = 0
    seconds: int | None = None
    pairs: int = 0
    same: int = 0


@dataclass(frozen=True, slots=True)
class Weeks:
    """The weeks that were read, oldest first, by their Mondays; the last one is not over."""

    mondays: list[date]
    of_queues: dict[UUID, dict[date, Week]]
    of_officers: dict[UUID, dict[date, Week]]


def of(actor: User, *, now: datetime) -> Weeks:
    """
    Read the last twelve weeks and the eight before them, without what is about `actor`.

    Eight queries: days that are kept as they go, one walk along the index on decisions' time, what was checked again,
    and the exchanges of one person.
    """
    today = timezone.localdate(now)
    this = today - timedelta(days=today.weekday())
    mondays = [this - timedelta(weeks=number) for number in range(SHOWN + COMPARED - 1, -1, -1)]
    found = Weeks(mondays, defaultdict(_weeks), defaultdict(_weeks))
    _read_days(found, actor)
    _read_decisions(found, actor)
    _read_checks(found, actor)
    return found


def _weeks() -> dict[date, Week]:
    return defaultdict(Week)


def _read_days(found: Weeks, actor: User) -> None:
    """Days are kept as they go; the reader's own exchanges are taken off."""
    since = found.mondays[0]
    theirs = own.by_day(actor, since=since)
    days = DayOfQueue.objects.filter(day__gte=since).values_list("queue_id", "day", "seen", "placed")
    for queue_id, day, seen, placed in days:
        week = found.of_queues[queue_id][_monday(day)]
        own_seen, own_placed = theirs.get((queue_id, day), (0, 0))
        week.shown += seen - own_seen
        week.taken += placed - own_placed


def _read_decisions(found: Weeks, actor: User) -> None:
    asked: dict[str, str | UUID | datetime] = {
        "zone": settings.TIME_ZONE, "false": Tag.FALSE_POSITIVE.value, "closed": Step.CLOSED.value, "reader": actor.pk,
        "since": _began(found),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_DECIDED, asked)
        for monday, queue_id, officer_id, closed, false_positives, seconds in cursor.fetchall():
            week = (found.of_queues[queue_id] if queue_id else found.of_officers[officer_id])[monday]
            week.closed, week.false_positives, week.seconds = closed, false_positives, seconds


def _read_checks(found: Weeks, actor: User) -> None:
    """Each check counts for the queue, and for whoever found it first."""
    done = Recheck.objects.filter(done_at__gte=_began(found)).exclude(person_id=actor.pk).order_by()
    for done_at, queue_id, officer_id, first, second in done.values_list(
        "done_at", "item__queue_id", "first__officer_id", "first__tag", "second__tag"
    ):
        monday = _monday(timezone.localdate(done_at))
        for week in (found.of_queues[queue_id][monday], found.of_officers[officer_id][monday]):
            week.pairs += 1
            week.same += first == second


def _began(found: Weeks) -> datetime:
    midnight = datetime.min.time()
    return datetime.combine(found.mondays[0], midnight, tzinfo=timezone.get_default_timezone())


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
