"""What the automatic route saved: the real cost of its choices beside what the largest candidate would have cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connection

DAYS: Final = 30
# What was free cost nothing in any currency; what cost money in another one cannot be compared.
BY_DAY: Final = """
SELECT choice.team_id, choice.currency, (choice.created_at AT TIME ZONE %(zone)s)::date AS day,
       count(*), count(*) FILTER (WHERE choice.is_hard), sum(held.cost),
       sum((choice.largest_input_price * held.input_tokens + choice.largest_output_price * held.output_tokens)
           / 1000000)
  FROM gateway_autochoice AS choice
  JOIN gateway_reservation AS held ON held.id = choice.reservation_id
 WHERE held.state = 'SETTLED' AND (held.currency = choice.currency OR held.cost = 0)
   AND choice.created_at >= %(since)s
 GROUP BY 1, 2, 3
 ORDER BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class Day:
    """One day of one team in one currency."""

    day: date
    count: int
    hard: int
    cost: Decimal
    largest_cost: Decimal


@dataclass(slots=True)
class Saved:
    """A team's choices of the last thirty days in one currency."""

    team_id: UUID
    currency: str
    days: list[Day] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Answers that the route chose the model of."""
        return sum(day.count for day in self.days)

    @property
    def hard(self) -> int:
        """Those of them whose question counted as hard."""
        return sum(day.hard for day in self.days)

    @property
    def cost(self) -> Decimal:
        """What they cost."""
        return sum((day.cost for day in self.days), Decimal(0))

    @property
    def largest_cost(self) -> Decimal:
        """What the same tokens would have cost at the largest candidate."""
        return sum((day.largest_cost for day in self.days), Decimal(0))

    @property
    def saved(self) -> Decimal:
        """The difference."""
        return self.largest_cost - self.cost

    @property
    def percent(self) -> int:
        """The difference, of what the largest candidate would have cost."""
        return int(self.saved * 100 / self.largest_cost) if self.largest_cost else 0


def saved(*, now: datetime) -> dict[UUID, list[Saved]]:
    """Sum the settled choices of the last thirty days by team, currency and day. One query."""
    with connection.cursor() as cursor:
        cursor.execute(BY_DAY, {"zone": settings.TIME_ZONE, "since": now - timedelta(days=DAYS)})
        rows: Sequence[tuple[UUID, str, date, int, int, Decimal, Decimal]] = cursor.fetchall()
    found: dict[UUID, list[Saved]] = {}
    for team_id, currency, day, count, hard, cost, largest_cost in rows:
        of_team = found.setdefault(team_id, [])
        if not of_team or of_team[-1].currency != currency:
            of_team.append(Saved(team_id, currency))
        of_team[-1].days.append(Day(day, count, hard, cost, largest_cost))
    return found
