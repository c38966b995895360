"""
Where a queue or an officer is not as usual: week by week, beside the eight weeks before each.

A share is marked where that of the eight weeks before lies outside the week's own 95% interval (Wilson 1927), from
twenty cases on in the week and in the weeks before; a median time where it is more than twice, or less than half, of
the middle of the medians before. One week in twenty is marked by chance alone: a mark is a reason to look, no finding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt
from statistics import median

from apps.audit.review.weeks import COMPARED, SHOWN, Week

LEAST = 20
TIMES = 2
Z = 1.959964
HEIGHT = 30
MEASURES = {
    "flagging": ("Flagging rate", "shown", "taken"),
    "false_positives": ("False positives", "closed", "false_positives"),
    "agreement": ("Agreement", "pairs", "same"),
}


@dataclass(frozen=True, slots=True)
class Point:
    """One week: its value (percent or seconds), out of how many, and whether it lies outside of what is usual."""

    monday: date
    value: float | None
    cases: int
    is_marked: bool
    height: float = 0.0


@dataclass(frozen=True, slots=True)
class Series:
    """Twelve weeks of one measure; heights are those of its bars, the highest 30."""

    label: str
    unit: str
    points: list[Point]

    @property
    def marked(self) -> int:
        """How many weeks are marked."""
        return sum(point.is_marked for point in self.points)

    @property
    def most(self) -> float:
        """The highest value, to which its bar is drawn; 0 where every week is 0."""
        return max((point.value or 0 for point in self.points), default=0)

    @property
    def is_empty(self) -> bool:
        """Say whether there is no value at all."""
        return all(point.value is None for point in self.points)


def of(weeks: Mapping[date, Week], mondays: Sequence[date], *, measures: Sequence[str]) -> list[Series]:
    """Work out the series of a queue or an officer."""
    listed = [weeks.get(monday) or Week() for monday in mondays]
    shares = [_share(name, listed, mondays) for name in measures]
    return [*shares, _drawn("Median time on an item", "s", _times(listed, mondays))]


def wilson(part: int, whole: int) -> tuple[float, float]:
    """Give the 95% interval of a share, between 0 and 1 (Wilson 1927)."""
    share, square = part / whole, Z * Z
    middle = share + square / (2 * whole)
    spread = Z * sqrt(share * (1 - share) / whole + square / (4 * whole * whole))
    return (middle - spread) / (1 + square / whole), (middle + spread) / (1 + square / whole)


def is_unusual(part: int, whole: int, *, before: tuple[int, int]) -> bool:
    """Say whether a week's share is not that of the weeks before; `before` is their part and whole."""
    if min(whole, before[1]) < LEAST:
        return False
    low, high = wilson(part, whole)
    return not low <= before[0] / before[1] <= high


def _share(name: str, weeks: Sequence[Week], mondays: Sequence[date]) -> Series:
    label, whole_name, part_name = MEASURES[name]
    wholes = [getattr(week, whole_name) for week in weeks]
    parts = [getattr(week, part_name) for week in weeks]
    points = []
    for place in range(len(weeks) - SHOWN, len(weeks)):
        usual = slice(max(0, place - COMPARED), place)
        part, whole = parts[place], wholes[place]
        marked = is_unusual(part, whole, before=(sum(parts[usual]), sum(wholes[usual])))
        points.append(Point(mondays[place], 100 * part / whole if whole else None, whole, marked))
    return _drawn(label, "%", points)


def _times(weeks: Sequence[Week], mondays: Sequence[date]) -> list[Point]:
    points = []
    for place in range(len(weeks) - SHOWN, len(weeks)):
        week, usual = weeks[place], weeks[max(0, place - COMPARED) : place]
        before = [one.seconds for one in usual if one.seconds is not None and one.closed]
        is_enough = min(week.closed, sum(one.closed for one in usual)) >= LEAST and week.seconds is not None and before
        middle = median(before) if before else 0
        marked = bool(is_enough and week.seconds is not None and not middle / TIMES <= week.seconds <= middle * TIMES)
        points.append(Point(mondays[place], week.seconds, week.closed, marked))
    return points


def _drawn(label: str, unit: str, points: Sequence[Point]) -> Series:
    most = max((point.value or 0 for point in points), default=0)
    drawn = [
        Point(
            each.monday, each.value, each.cases, each.is_marked, round(30 * (each.value or 0) / most, 2) if most else 0
        )
        for each in points
    ]
    return Series(label, unit, drawn)
