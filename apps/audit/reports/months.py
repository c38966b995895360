"""Months: as their first day in the code, as `2026-10` in addresses and files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from django.utils import timezone

from apps.audit.overview.figures import Span, month_after

OFFERED: Final = 12
WRITTEN: Final = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")


class NotAMonth(ValueError):
    """The text names no month that can be reported."""

    sentence = "Name a month as 2026-10: this one, or one of the twelve before it."


@dataclass(frozen=True, slots=True)
class Month:
    """A month as it can be told on `today`: whole, or so far."""

    first: date
    today: date

    @property
    def after(self) -> date:
        """The first day of the month after it."""
        return month_after(self.first, 1)

    @property
    def is_over(self) -> bool:
        """Say whether all its days are over."""
        return self.after <= self.today

    @property
    def span(self) -> Span:
        """Its days, up to today."""
        return Span(self.first, min(self.after - timedelta(days=1), self.today))

    @property
    def before(self) -> Span:
        """The month before it, as long as this one is so far."""
        first = month_after(self.first, -1)
        last = self.first - timedelta(days=1)
        return Span(first, last if self.is_over else min(last, first + (self.span.last - self.first)))

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """Where it begins and ends, in the company's time."""
        return _midnight(self.first), _midnight(self.after)

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"


def read(text: str, *, today: date) -> Month:
    """
    Read a month from what was typed.

    :raises NotAMonth: if it is none, has not begun, or is older than twelve months.
    """
    found = WRITTEN.fullmatch(text)
    if found is None:
        raise NotAMonth(NotAMonth.sentence)
    month = Month(date(int(found[1]), int(found[2]), 1), today)
    if month not in offered(today):
        raise NotAMonth(NotAMonth.sentence)
    return month


def offered(today: date) -> list[Month]:
    """List the months that can be reported, this one first."""
    this = today.replace(day=1)
    return [Month(month_after(this, -number), today) for number in range(OFFERED + 1)]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())
