"""
Money: hold the worst case before a call, pay what it really cost after, give back what was never used.

A cap is a cap because one SQL statement asks and holds at once. Under READ COMMITTED a second statement that waits for
the row looks at the row's new version, so two calls can never both be the last to fit.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from apps.gateway.models import Budget, BudgetMonth, LanguageModel, Reservation
from apps.gateway.prices import Price
from apps.ledger.ids import new_id

if TYPE_CHECKING:
    from apps.accounts.models import Team, User

logger = logging.getLogger(__name__)

# The limit is read inside the conflict's own condition. (Written as an UPDATE over a join, the sum would be taken from
# the statement's snapshot and the cap would leak.)
HOLD = """
INSERT INTO gateway_budgetmonth AS held (team_id, month, reserved, spent)
SELECT %(team)s, %(month)s, %(amount)s, 0
 WHERE %(amount)s = 0 OR EXISTS (
       SELECT 1 FROM gateway_budget AS budget
        WHERE budget.team_id = %(team)s AND budget.currency = %(currency)s
          AND (NOT budget.is_hard OR %(amount)s <= budget.monthly_limit))
ON CONFLICT (team_id, month) DO UPDATE SET reserved = held.reserved + excluded.reserved
 WHERE excluded.reserved = 0 OR EXISTS (
       SELECT 1 FROM gateway_budget AS budget
        WHERE budget.team_id = %(team)s AND budget.currency = %(currency)s
          AND (NOT budget.is_hard OR held.spent + held.reserved + excluded.reserved <= budget.monthly_limit))
RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one call cost, exact to twelve decimals."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A team's money in one month. `limit` is None where no budget is set."""

    limit: Decimal | None
    currency: str
    is_hard: bool
    spent: Decimal
    reserved: Decimal

    @property
    def left(self) -> Decimal:
        """What may still be held; never less than zero."""
        return max(Decimal(0), (self.limit or Decimal(0)) - self.spent - self.reserved)


class ReservationUnknown(Exception):
    """There is no such reservation."""

    def __init__(self, reservation_id: UUID) -> None:
        super().__init__(f"There is no reservation {reservation_id}. Nothing was booked.")


def month_of(now: datetime) -> date:
    """Name the calendar month of `now` in the company's time zone by its first day."""
    return timezone.localtime(now, timezone.get_default_timezone()).date().replace(day=1)


@transaction.atomic
def reserve(
    *,
    person: User,
    team: Team,
    model: LanguageModel,
    price: Price,
    amount: Decimal,
    now: datetime,
) -> Reservation | None:
    """
    Hold `amount`, the worst case of one call, against the team's month; None if it does not fit. Two statements.

    The row of the month stays locked until the caller's transaction ends: keep that short.
    """
    month_id = _hold(team=team, month=month_of(now), amount=amount, currency=price.currency)
    if month_id is None:
        return None
    return Reservation.objects.create(
        id=new_id(),
        budget_month_id=month_id,
        team=team,
        person=person,
        model=model,
        amount=amount,
        input_price=price.input,
        output_price=price.output,
        currency=price.currency,
        created_at=now,
    )


def _hold(*, team: Team, month: date, amount: Decimal, currency: str) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(HOLD, {"team": team.pk, "month": month, "amount": amount, "currency": currency})
        row = cursor.fetchone()
    return None if row is None else int(row[0])


@transaction.atomic
def settle(reservation_id: UUID, *, input_tokens: int, output_tokens: int, now: datetime) -> Cost:
    """
    Pay for a call: give back what was held and book what it cost. Joins the caller's transaction; three statements.

    Settling twice books once and returns the first cost. A reservation that the sweeper gave back meanwhile is booked
    all the same: the money was spent.

    :raises ReservationUnknown: if there is no such reservation.
    :raises ValueError: if a count is negative.
    """
    if input_tokens < 0 or output_tokens < 0:
        raise ValueError("Tokens cannot be negative.")
    held = _locked(reservation_id)
    if held.cost is not None:
        return Cost(held.cost, held.currency)
    cost = held.price.of(input_tokens=input_tokens, output_tokens=output_tokens)
    if cost > held.amount:
        logger.warning("Reservation %s: the call cost %s, more than the %s held for it.", held.id, cost, held.amount)
    _close(held, Reservation.State.SETTLED, cost=cost, tokens=(input_tokens, output_tokens), now=now)
    return Cost(cost, held.currency)


@transaction.atomic
def release(reservation_id: UUID, *, now: datetime | None = None) -> bool:
    """
    Give back what was held for a call that cost nothing; say whether this call did it.

    Releasing twice, or after settling, changes nothing. Joins the caller's transaction; up to three statements.

    :raises ReservationUnknown: if there is no such reservation.
    """
    held = _locked(reservation_id)
    if held.state != Reservation.State.HELD:
        return False
    _close(held, Reservation.State.RELEASED, cost=None, tokens=(None, None), now=now or timezone.now())
    return True


def sweep(older_than: timedelta, *, now: datetime | None = None) -> list[UUID]:
    """
    Give back reservations still held after `older_than`, which a crash left behind; return their ids.

    Choose it longer than the longest answer. Should such an answer come to an end all the same, settling it still books
    its cost.
    """
    moment = now or timezone.now()
    leaked = Reservation.objects.filter(state=Reservation.State.HELD, created_at__lt=moment - older_than)
    return [pk for pk in leaked.values_list("pk", flat=True) if release(pk, now=moment)]


def standing(team: Team, *, now: datetime) -> Standing:
    """Read a team's money of this month. Two queries."""
    return standings([team], now=now)[team.pk]


def standings(teams: Sequence[Team], *, now: datetime) -> dict[UUID, Standing]:
    """Read the money of this month for each of `teams`. Two queries."""
    limits = {budget.team_id: budget for budget in Budget.objects.filter(team__in=teams)}
    months = {row.team_id: row for row in BudgetMonth.objects.filter(team__in=teams, month=month_of(now))}
    return {team.pk: _standing(limits.get(team.pk), months.get(team.pk)) for team in teams}


def _standing(budget: Budget | None, month: BudgetMonth | None) -> Standing:
    return Standing(
        limit=budget.monthly_limit if budget else None,
        currency=budget.currency if budget else "USD",
        is_hard=budget.is_hard if budget else True,
        spent=month.spent if month else Decimal(0),
        reserved=month.reserved if month else Decimal(0),
    )


def _locked(reservation_id: UUID) -> Reservation:
    held = Reservation.objects.select_for_update().filter(pk=reservation_id).first()
    if held is None:
        raise ReservationUnknown(reservation_id)
    return held


def _close(
    held: Reservation,
    state: Reservation.State,
    *,
    cost: Decimal | None,
    tokens: tuple[int | None, int | None],
    now: datetime,
) -> None:
    given_back = held.amount if held.state == Reservation.State.HELD else Decimal(0)
    BudgetMonth.objects.filter(pk=held.budget_month_id).update(
        reserved=F("reserved") - given_back, spent=F("spent") + (cost or Decimal(0))
    )
    Reservation.objects.filter(pk=held.pk).update(
        state=state, cost=cost, input_tokens=tokens[0], output_tokens=tokens[1], closed_at=now
    )
