"""
What a report says of its month: sums that exist already, and counts of events by their act.

Nobody is named, by name or pseudonym. Teams of fewer than five people are left out, and so is the next larger one where
the ones left out have fewer than five together, so that no difference of two figures is somebody's. Counts of exchanges
under five by model, type or finding are not told apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import Count, Sum

from apps.accounts.models import Membership
from apps.audit import integrity, scope
from apps.audit.overview import figures as overview
from apps.audit.overview.figures import Line, Span, Sums, Trend
from apps.audit.overview.models import Facet
from apps.audit.reports.months import Month
from apps.audit.review import quality
from apps.audit.review.models import DayOfQueue, Decision, Queue, Recheck
from apps.audit.review.quality import Agreement
from apps.audit.review.vocabulary import Step
from apps.ledger.models import Event
from apps.ledger.reconciliation import Reconciled, reconciled
from apps.ledger.standing import Standing, standing
from apps.ledger.vocabulary import Action

SMALLEST: Final = 5
ACTS: Final[Mapping[str, tuple[Action, ...]]] = {
    "Looks at the record": (
        Action.AUDIT_SEARCHED, Action.AUDIT_OPENED, Action.AUDIT_UNMASKED, Action.IDENTITY_REVEALED,
        Action.IDENTITY_LOOKED_UP, Action.EXPORT_ASKED, Action.EXPORT_DOWNLOADED,
    ),
    "Second officers": (
        Action.APPROVAL_ASKED, Action.APPROVAL_GRANTED, Action.APPROVAL_REFUSED, Action.APPROVAL_WITHDRAWN,
        Action.APPROVAL_USED, Action.FOUR_EYES_SWITCHED_OFF, Action.FOUR_EYES_SWITCHED_ON,
    ),
    "Retention and people's rights": (
        Action.SCHEDULE_CHANGED, Action.PURGE_CERTIFIED, Action.HOLD_PLACED, Action.HOLD_LIFTED, Action.PACKAGE_MADE,
        Action.ERASURE_REQUESTED, Action.ERASURE_COMPLETED, Action.ERASURE_REAPPLIED,
    ),
    "Notices and objections": (Action.NOTICE_SENT, Action.OBJECTION_RAISED, Action.OBJECTION_ANSWERED),
    "The ledger": (
        Action.LEDGER_HOUR_CLOSED, Action.LEDGER_STAMPED, Action.LEDGER_CHECKED, Action.LEDGER_ALARM_RAISED,
        Action.LEDGER_ALARM_ACKNOWLEDGED, Action.LEDGER_ALARM_ENDED, Action.LEDGER_KEY_ROTATED,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class QueueOfMonth:
    """What a queue was shown and took in the month, and what was closed in it with which finding."""

    name: str
    severity: str
    seen: int
    placed: int
    by_tag: Counter[str]

    @property
    def closed(self) -> int:
        """How many items were closed."""
        return self.by_tag.total()


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of a report, and how the ledger stood when they were read."""

    month: Month
    as_of: datetime
    total: Sums
    before: Sums
    trend: Trend
    teams: list[Line]
    teams_left_out: int
    models: list[Line]
    masked: list[tuple[str, int]]
    queues: list[QueueOfMonth]
    agreement: Agreement
    acts: dict[str, list[tuple[str, int]]]
    days: list[Reconciled]
    ledger: Standing
    key: str


def of(month: Month, *, now: datetime) -> Figures:
    """Read the figures. Some twenty queries over sums, and one along the index of events by their act."""
    total = overview.total(month.span)
    teams, left_out = _teams(month.span, total)
    with connection.cursor() as cursor:
        ledger = standing(cursor, now=now)
    return Figures(
        month=month, as_of=now, total=total, before=overview.total(month.before), trend=overview.trend(month.span),
        teams=teams, teams_left_out=left_out, models=overview.lines(Facet.MODEL, month.span, total),
        masked=overview.masked_types(month.span), queues=_queues(month), agreement=_agreement(month),
        acts=_acts(month), days=_days(month), ledger=ledger, key=integrity.key_in_force(),
    )  # fmt: skip


def few(count: int) -> int | None:
    """Give a count of exchanges, or None for one to four, which could be one person's."""
    return None if 0 < count < SMALLEST else count


def _teams(span: Span, total: Sums) -> tuple[list[Line], int]:
    """Give the lines of teams that are large enough, and how many are left out. Three queries at most."""
    lines = [line for line in overview.lines(Facet.TEAM, span, total) if line.key]
    active = Membership.objects.filter(person__is_active=True, team_id__in=[line.key for line in lines])
    people = {str(team): count for team, count in active.values_list("team_id").annotate(Count("person_id"))}
    closed, hidden, together = len(scope.uncounted_teams()), set[str](), 0
    for line in sorted(lines, key=lambda line: people.get(line.key, 0)):
        size = people.get(line.key, 0)
        if size >= SMALLEST and (not (hidden or closed) or together >= SMALLEST):
            break
        hidden.add(line.key)
        together += size
    shown = [line for line in lines if line.key not in hidden]
    return shown, len(hidden) + closed


def _queues(month: Month) -> list[QueueOfMonth]:
    """Three queries: days that are kept as they go, and decisions by the index on their time."""
    since, until = month.moments
    days = DayOfQueue.objects.filter(day__range=(month.span.first, month.span.last)).values_list("queue_id")
    shown = {queue: (seen, placed) for queue, seen, placed in days.annotate(Sum("seen"), Sum("placed"))}
    closed = Decision.objects.filter(decided_at__gte=since, decided_at__lt=until, step=Step.CLOSED).order_by()
    by_tag: dict[object, Counter[str]] = {}
    for queue, tag, count in closed.values_list("queue_id", "tag").annotate(Count("id")):
        by_tag.setdefault(queue, Counter())[tag] = count
    return [
        QueueOfMonth(
            queue.name, queue.get_severity_display(), *shown.get(queue.pk, (0, 0)), by_tag.get(queue.pk, Counter())
        )
        for queue in Queue.objects.all()
    ]


def _agreement(month: Month) -> Agreement:
    since, until = month.moments
    done = Recheck.objects.filter(done_at__gte=since, done_at__lt=until)
    return quality.agreement_of(done.values_list("first__tag", "second__tag"))


def _acts(month: Month) -> dict[str, list[tuple[str, int]]]:
    since, until = month.moments
    wanted = [action for actions in ACTS.values() for action in actions]
    found = Event.objects.filter(action__in=wanted, happened_at__gte=since, happened_at__lt=until)
    counts = dict(found.values_list("action").annotate(Count("id")).order_by())
    return {
        heading: [(str(action.label), counts.get(action.value, 0)) for action in actions]
        for heading, actions in ACTS.items()
    }


def _days(month: Month) -> list[Reconciled]:
    return [day for day in reconciled(since=month.first) if day.day < month.after]
