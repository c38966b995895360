"""Whether the officers keep up: what comes into a queue in a week, what is decided, and when it is overrun."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from apps.audit.review.figures import Waiting
from apps.audit.review.weeks import Week

OVER = 4
HOURS_OF_A_WEEK = 7 * 24


@dataclass(frozen=True, slots=True)
class Capacity:
    """
    How a queue stands against its officers, by the last four whole weeks.

    ``weeks_left`` until the last in line waits longer than the queue's hours; 0 where it does already, None where the
    queue does not grow. ``seconds`` is the median time on an item, None where nobody measured one.
    """

    waiting: Waiting
    arrivals: float
    decisions: float
    seconds: float | None
    weeks_left: float | None

    @property
    def is_measured(self) -> bool:
        """Say whether there is anything to forecast by: a whole week of work, or an item that is late."""
        return bool(self.arrivals or self.decisions or self.waiting.overdue)

    @property
    def hours(self) -> float | None:
        """Hours of an officer's work that lie in the queue."""
        return None if self.seconds is None else self.waiting.total * self.seconds / 3600

    @property
    def hours_a_week(self) -> float | None:
        """Hours of work that come in each week."""
        return None if self.seconds is None else self.arrivals * self.seconds / 3600


def of(waiting: Waiting, weeks: Mapping[date, Week], mondays: Sequence[date]) -> Capacity:
    """Work out how a queue stands; the week that is not over counts for nothing."""
    whole = [weeks.get(monday) or Week() for monday in mondays[-OVER - 1 : -1]]
    arrivals, decisions = sum(week.taken for week in whole) / OVER, sum(week.closed for week in whole) / OVER
    times = [week.seconds for week in weeks.values() if week.seconds is not None]
    left = weeks_left(waiting.total, arrivals, decisions, hours=waiting.queue.hours, overdue=waiting.overdue)
    return Capacity(waiting, arrivals, decisions, median(times) if times else None, left)


def weeks_left(total: int, arrivals: float, decisions: float, *, hours: int, overdue: int) -> float | None:
    """
    Forecast when an item that comes last waits longer than `hours`, if both paces stay (Little 1961).

    At `decisions` a week, so many items as are decided within `hours` may wait; the queue grows by the difference.
    """
    room = decisions * hours / HOURS_OF_A_WEEK
    if overdue or total > room:
        return 0.0
    if arrivals <= decisions:
        return None
    return (room - total) / (arrivals - decisions)
