"""What the overview says of a span of days, read from the sums. No query here touches the exchanges themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Max, Sum

from apps.audit import scope
from apps.audit.overview.models import Facet, Grain, Tally, TallyQuerySet
from apps.ledger.vocabulary import OutcomeKind

STANDS_OUT_FROM = 20
STANDS_OUT_TIMES = 2
SHARES = {
    "refused_percent": "refused", "secrets_percent": "secrets masked", "not_finished_percent": "not finished",
}  # fmt: skip
SUMMED = ("exchanges", "masked", "secrets", "tokens", "cost")
NOT_FINISHED = (OutcomeKind.FAILED, OutcomeKind.UNKNOWN)


@dataclass(slots=True)
class Sums:
    """Exchanges added up."""

    exchanges: int = 0
    refused: int = 0
    not_finished: int = 0
    masked: int = 0
    secrets: int = 0
    tokens: int = 0
    costs: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def add(self, row: Mapping[str, Any]) -> None:
        """Add what `_grouped` gives: some exchanges that ended in one way."""
        self.exchanges += row["sum_exchanges"]
        self.refused += row["sum_exchanges"] if row["kind"] == OutcomeKind.REFUSED else 0
        self.not_finished += row["sum_exchanges"] if row["kind"] in NOT_FINISHED else 0
        self.masked += row["sum_masked"]
        self.secrets += row["sum_secrets"]
        self.tokens += row["sum_tokens"]
        if row["currency"]:
            self.costs[row["currency"]] += row["sum_cost"]

    @property
    def refused_percent(self) -> float:
        """Refused exchanges in a hundred."""
        return _percent(self.refused, self.exchanges)

    @property
    def not_finished_percent(self) -> float:
        """Failed and unknown ones in a hundred."""
        return _percent(self.not_finished, self.exchanges)

    @property
    def secrets_percent(self) -> float:
        """Exchanges in a hundred in which a password or key was masked."""
        return _percent(self.secrets, self.exchanges)

    @property
    def money(self) -> list[tuple[Decimal, str]]:
        """The cost in each currency."""
        return sorted(((amount, currency) for currency, amount in self.costs.items()), key=lambda each: each[1])


@dataclass(frozen=True, slots=True)
class Line:
    """One team or model: its sums, those of the time before, and what stands out beside all of them together."""

    key: str
    label: str
    now: Sums
    before: Sums
    stands_out: tuple[str, ...] = ()

    @property
    def change_percent(self) -> int | None:
        """How many more or fewer exchanges than before, in a hundred; None where there were none."""
        if not self.before.exchanges:
            return None
        return round(100 * (self.now.exchanges - self.before.exchanges) / self.before.exchanges)


@dataclass(frozen=True, slots=True)
class Span:
    """Days or whole months, each named by its first day, both ends included."""

    first: date
    last: date
    grain: Grain = Grain.DAY

    @property
    def steps(self) -> list[date]:
        """Every day or month of it."""
        if self.grain == Grain.MONTH:
            return [month_after(self.first, number) for number in range(_months(self.last) - _months(self.first) + 1)]
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]

    @property
    def before(self) -> Span:
        """As many days or months right before it."""
        long = len(self.steps)
        if self.grain == Grain.MONTH:
            return Span(month_after(self.first, -long), month_after(self.last, -long), self.grain)
        return Span(self.first - timedelta(days=long), self.last - timedelta(days=long))


@dataclass(frozen=True, slots=True)
class Trend:
    """Exchanges of each month or day, or of each hour where the span is one day, by how they ended."""

    labels: list[str]
    by_kind: dict[str, list[int]]


def total(span: Span) -> Sums:
    """Add up everything. One query."""
    sums = Sums()
    for row in _grouped(Facet.DOOR, span):
        sums.add(row)
    return sums


def trend(span: Span) -> Trend:
    """Give the exchanges by month or day, or by hour of a single day. One query."""
    is_one_day = span.first == span.last
    rows = _of(Facet.HOUR if is_one_day else Facet.DOOR, span)
    places = [f"{hour:02}" for hour in range(24)] if is_one_day else [_written(day, span) for day in span.steps]
    by_kind = {kind: dict.fromkeys(places, 0) for kind in OutcomeKind.values}
    for row in rows.values("day", "kind", *(["key"] if is_one_day else [])).annotate(n=Sum("exchanges")):
        place = row["key"] if is_one_day else _written(row["day"], span)
        by_kind[row["kind"]][place] += row["n"]
    return Trend(places, {kind: list(counts.values()) for kind, counts in by_kind.items()})


def lines(facet: Facet, span: Span, everybody: Sums) -> list[Line]:
    """
    List teams or models with their sums, the busiest first, beside the time before and `everybody`.

    Closed teams of fewer than five people are left out: their figures would be somebody's. Four queries at most.
    """
    now, before = _by_key(facet, span), _by_key(facet, span.before)
    for team_id in scope.uncounted_teams() if facet == Facet.TEAM else ():
        now.pop(str(team_id), None)
    found = [
        Line(key, label, sums, before[key][1] if key in before else Sums(), _stands_out(sums, everybody))
        for key, (label, sums) in now.items()
    ]
    return sorted(found, key=lambda line: (-line.now.exchanges, line.label.casefold()))


def masked_types(span: Span) -> list[tuple[str, int]]:
    """Say in how many exchanges each type was masked, the most frequent first. One query."""
    rows = _of(Facet.MASKED, span).values("key").annotate(n=Sum("exchanges"))
    return [(row["key"], row["n"]) for row in rows.order_by("-n", "key")]


def month_after(month: date, number: int) -> date:
    """Give the first day of the month that many months later."""
    years, month_of_year = divmod(_months(month) + number, 12)
    return date(years, month_of_year + 1, 1)


def _months(day: date) -> int:
    return day.year * 12 + day.month - 1


def _written(day: date, span: Span) -> str:
    return f"{day:%Y-%m}" if span.grain == Grain.MONTH else day.isoformat()


def _of(facet: Facet, span: Span) -> TallyQuerySet:
    return Tally.objects.of(facet, span.grain, first=span.first, last=span.last)


def _by_key(facet: Facet, span: Span) -> dict[str, tuple[str, Sums]]:
    found: dict[str, tuple[str, Sums]] = {}
    for row in _grouped(facet, span):
        found.setdefault(row["key"], (row["last_label"], Sums()))[1].add(row)
    return found


def _grouped(facet: Facet, span: Span) -> Iterable[Mapping[str, Any]]:
    """Add the days up in the database: a row for each key, ending and currency comes out, whatever the span."""
    rows = _of(facet, span).values("key", "kind", "currency")
    return rows.annotate(last_label=Max("label"), **{f"sum_{name}": Sum(name) for name in SUMMED})


def _stands_out(sums: Sums, everybody: Sums) -> tuple[str, ...]:
    """Name the shares that are at least twice those of everybody together, where there is enough to tell."""
    if sums.exchanges < STANDS_OUT_FROM:
        return ()
    return tuple(
        words
        for name, words in SHARES.items()
        if getattr(sums, name) >= STANDS_OUT_TIMES * getattr(everybody, name) > 0
    )


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0
