"""
Money: hold the worst case before a call, pay what it really cost after, give back what was never used.

A cap is a cap because one SQL statement locks every purse of the call in a fixed order, asks, and holds: all or
nothing. The functions are in `migrations/0004_money_functions.py`; decision 0100 says why they are functions.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from apps.gateway.models import Budget, LanguageModel, Reservation, SpentHour
from apps.gateway.money_models import LONGEST_ROLLING_HOURS, Scope
from apps.gateway.prices import Price
from apps.ledger import prepared
from apps.ledger.ids import new_id
from apps.ledger.instances import instance
from apps.ledger.models import OpenIntent
from apps.ledger.prepared import Condition, Told, Write
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

if TYPE_CHECKING:
    from apps.accounts.models import Team, User

logger = logging.getLogger(__name__)

CLOSE = "SELECT was, cost, currency, amount, passed FROM gateway_close(%s, %s, %s, %s, %s)"
LEAKED: Final = "SELECT EXISTS (SELECT FROM gateway_reservation WHERE state = 'HELD' AND heard_at < %s::timestamptz)"
SUMS = """
SELECT one.budget, sums.spent, sums.held
  FROM unnest(%s::bigint[], %s::uuid[], %s::uuid[]) AS one (budget, subject, other)
  JOIN gateway_budget b ON b.id = one.budget
  JOIN gateway_purse p ON p.scope = b.scope AND p.subject_id = one.subject AND p.other_id = one.other
                      AND p.currency = b.currency
 CROSS JOIN LATERAL gateway_sums(p.id, b."window", b.hours, %s, %s) AS sums
"""
AS_HELD: Final = (
    "id", "team_id", "person_id", "model_id", "key_id", "currency", "amount", "input_price", "output_price",
    "tokens_at_most", "shape", "step", "created_at", "hour", "day",
)  # fmt: skip
"""What is given to the function that holds money, by the names of the row that it writes."""
NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one call cost, exact to twelve decimals."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Shape:
    """What is remembered of a call so that repetitions are known; see `runaway`. Keyed hashes, 16 bytes each."""

    whole: bytes
    step: bytes


class Obstacle(StrEnum):
    """Why nothing could be held."""

    NO_BUDGET = "NO_BUDGET"
    CURRENCY = "CURRENCY"
    OVER = "OVER"
    REQUESTS = "REQUESTS"
    TOKENS = "TOKENS"
    STREAMS = "STREAMS"


class NotHeld(Exception):
    """
    Nothing was held: the limit named by `limit_id` (0 where there is no budget at all) stands in the way.

    `figure` is what is spent and held already, or for limits of pace the seconds until there is room.
    """

    def __init__(self, obstacle: Obstacle, limit_id: int, figure: Decimal) -> None:
        super().__init__(obstacle.value)
        self.obstacle = obstacle
        self.limit_id = limit_id
        self.figure = figure


class NotAwaited(Exception):
    """What the money was to be held or paid for is not there any more; nothing was done."""


class ReservationUnknown(Exception):
    """There is no such reservation."""

    def __init__(self, reservation_id: UUID) -> None:
        super().__init__(f"There is no reservation {reservation_id}. Nothing was booked.")


@dataclass(frozen=True, slots=True)
class Standing:
    """How one budget stands for one subject: limits, what was spent, and what is held for answers under way."""

    budget: Budget
    spent: Decimal
    reserved: Decimal

    @property
    def used(self) -> Decimal:
        """Spent and held."""
        return self.spent + self.reserved

    @property
    def left(self) -> Decimal:
        """What may still be held; never less than zero."""
        return max(Decimal(0), self.budget.limit - self.used)

    @property
    def percent(self) -> int:
        """Spent and held, of the limit; at most 100, and 100 where the limit is 0 and something was used."""
        if not self.budget.limit:
            return 100 if self.used else 0
        return min(100, int(self.used * 100 / self.budget.limit))

    @property
    def percent_spent(self) -> int:
        """Spent alone, of the limit; at most 100."""
        return min(100, int(self.spent * 100 / self.budget.limit)) if self.budget.limit else self.percent

    @property
    def has_passed_soft(self) -> bool:
        """Whether what was spent has reached the soft limit."""
        return self.budget.soft_limit is not None and self.spent >= self.budget.soft_limit


def day_of(now: datetime) -> date:
    """Name the day of `now` in the company's time zone."""
    return timezone.localtime(now, timezone.get_default_timezone()).date()


def hour_of(now: datetime) -> datetime:
    """Name the hour of `now` by its start in UTC."""
    return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def reserve(
    *,
    person: User,
    team: Team,
    model: LanguageModel,
    price: Price,
    amount: Decimal,
    now: datetime,
    key_id: UUID | None = None,
    tokens_at_most: int = 0,
    shape: Shape | None = None,
    reservation_id: UUID | None = None,
    along: Sequence[Write] = (),
    only_while: Condition | None = None,
) -> Reservation:
    """
    Hold `amount`, the worst case of one call, in every purse that a budget asks for, or in none. One statement, which
    writes `along` too, or none of it. `only_while` locks a row before any purse.

    The purses stay locked until the caller's transaction ends: keep that short. Limits of pace are asked on the way.

    :raises NotHeld: if a limit stands in the way.
    :raises NotAwaited: if the row of `only_while` is not there.
    """
    values = (
        reservation_id or new_id(),
        team.pk,
        person.pk,
        model.pk,
        key_id,
        price.currency,
        amount,
        price.input,
        price.output,
        tokens_at_most,
        shape.whole if shape else None,
        shape.step if shape else None,
        now,
        hour_of(now),
        day_of(now),
    )
    answer = prepared.call_and_write(
        "gateway_reserve",
        values,
        along,
        answer="verdict, limit_id, figure",
        only_if="verdict = 'HELD'",
        only_while=only_while,
    )
    if answer is None:
        raise NotAwaited
    verdict, limit_id, figure = answer
    if verdict != Reservation.State.HELD:
        raise NotHeld(Obstacle(verdict), limit_id or 0, figure or Decimal(0))
    return instance(Reservation, AS_HELD, values, DEFAULT_DB_ALIAS)


def settle(reservation_id: UUID, *, input_tokens: int, output_tokens: int, now: datetime) -> Cost:
    """
    Pay for a call: give back what was held and book what it cost, in the window it was held in. One statement, and one
    more for each limit it passed. Joins the caller's transaction.

    Settling twice books once and returns the first cost. A reservation that the sweeper gave back meanwhile is booked
    all the same: the money was spent.

    :raises ReservationUnknown: if there is no such reservation.
    :raises ValueError: if a count is negative.
    """
    if input_tokens < 0 or output_tokens < 0:
        raise ValueError("Tokens cannot be negative.")
    with transaction.atomic(savepoint=False):
        was, cost, currency, amount, passed = _close(
            reservation_id, Reservation.State.SETTLED, (input_tokens, output_tokens), now
        )
        if was not in (None, Reservation.State.SETTLED):
            if cost > amount:
                _record_overrun(reservation_id, amount, Cost(cost, currency), now=now)
            for budget in Budget.objects.filter(pk__in=passed).select_related("team", "person", "model"):
                _record_soft_limit(budget, reservation_id, now=now)
    if was is None:
        raise ReservationUnknown(reservation_id)
    return Cost(cost, currency)


def settle_plainly(
    reservation_id: UUID,
    *,
    input_tokens: int,
    output_tokens: int,
    now: datetime,
    along: Sequence[Write],
    only_while: Condition | None = None,
    told: Told = prepared.NOTHING_ELSE,
) -> tuple[Any, ...] | None:
    """
    Do as `settle`, and write `along` (the cost is in `agreed.cost` and `agreed.currency`): one statement, all or none.

    `only_while` locks a row before the purses.

    :return: what is `told` of it. None, and nothing was done, where that row is not there, or where the settlement has
        to be told on the record: use `settle` then.
    :raises ValueError: if a count is negative.
    """
    if input_tokens < 0 or output_tokens < 0:
        raise ValueError("Tokens cannot be negative.")
    answer = prepared.call_and_write(
        "gateway_settle_plainly",
        (reservation_id, input_tokens, output_tokens, now),
        along,
        answer="is_plain",
        only_if="is_plain",
        only_while=only_while,
        told=told,
    )
    return answer[1:] if answer and answer[0] else None


def settle_worst_case(reservation_id: UUID, *, now: datetime) -> Cost:
    """
    Pay what was held for a call of which nobody knows how it ended: the provider may well ask for it. One statement.

    Joins the caller's transaction. A call that was settled before keeps that cost.

    :raises ReservationUnknown: if there is no such reservation.
    """
    was, cost, currency, _, passed = _close(reservation_id, Reservation.State.SETTLED, (None, None), now)
    if was is None:
        raise ReservationUnknown(reservation_id)
    for budget in Budget.objects.filter(pk__in=passed).select_related("team", "person", "model"):
        _record_soft_limit(budget, reservation_id, now=now)
    return Cost(cost, currency)


def release(reservation_id: UUID, *, now: datetime | None = None) -> bool:
    """
    Give back what was held for a call that cost nothing; say whether this call did it. One statement.

    Releasing twice, or after settling, changes nothing. Joins the caller's transaction.

    :raises ReservationUnknown: if there is no such reservation.
    """
    was, *_ = _close(reservation_id, Reservation.State.RELEASED, (None, None), now or timezone.now())
    if was is None:
        raise ReservationUnknown(reservation_id)
    return bool(was == Reservation.State.HELD)


def _close(
    reservation_id: UUID, state: Reservation.State, tokens: tuple[int | None, int | None], now: datetime
) -> tuple[str | None, Decimal, str, Decimal, list[int]]:
    values = (reservation_id, state.value, *tokens, now)
    ((was, cost, currency, amount, passed),) = prepared.rows(CLOSE, values)
    return was, cost, currency, amount, passed or []


def keep_held(reservation_ids: Sequence[UUID], *, now: datetime) -> None:
    """Say that the process which answers these calls lives, so that the sweeper leaves them. One statement."""
    Reservation.objects.filter(pk__in=reservation_ids, state=Reservation.State.HELD).update(heard_at=now)


def sweep(unheard_for: timedelta, *, now: datetime | None = None) -> list[UUID]:
    """
    Give back reservations whose process was not heard of for `unheard_for`; return their ids.

    What is held for an exchange that is open on the record stays: whoever closes the exchange pays with it, and until
    then nobody else may spend it. Should another answer come to an end all the same, settling it still books its cost.
    """
    moment = now or timezone.now()
    of_an_open_exchange = OpenIntent.objects.filter(reservation_id=OuterRef("pk"))
    leaked = Reservation.objects.filter(state=Reservation.State.HELD, heard_at__lt=moment - unheard_for)
    leaked = leaked.exclude(Exists(of_an_open_exchange))
    return [pk for pk in leaked.values_list("pk", flat=True) if release(pk, now=moment)]


def is_anything_leaked(unheard_for: timedelta, *, now: datetime) -> bool:
    """Say whether there may be something to `sweep`. One statement, by the index of what is held."""
    return bool(prepared.rows(LEAKED, (now - unheard_for,))[0][0])


def forget_hours(*, now: datetime) -> int:
    """Delete hours that no rolling window can reach any more; return how many."""
    count, _ = SpentHour.objects.filter(hour__lt=now - timedelta(hours=LONGEST_ROLLING_HOURS + 24)).delete()
    return count


def count_anew(budget: Budget, *, now: datetime) -> None:
    """
    Count what a budget's subjects have spent and hold in its window already, since nobody counted before it was set.

    Joins the caller's transaction; no call is admitted or closed until that ends. Takes a second for each million calls
    of the window or so.
    """
    day = _first_day(budget, now)
    since = datetime.combine(day, time(), tzinfo=timezone.get_default_timezone())
    subject, other = subject_of(budget)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT gateway_rebuild(%s, %s, %s, %s, %s, %s)",
            (budget.scope, subject, other, budget.currency, since, day),
        )


def _first_day(budget: Budget, now: datetime) -> date:
    if budget.window == Budget.Window.MONTH:
        return day_of(now).replace(day=1)
    if budget.window == Budget.Window.DAY:
        return day_of(now)
    return day_of(now - timedelta(hours=(budget.hours or 0) + 1))


def subject_of(budget: Budget) -> tuple[UUID | None, UUID]:
    """Name a budget's purse: subject (None for each) and, for a team's use of a model, the model."""
    if budget.scope == Scope.ORGANISATION:
        return NOBODY, NOBODY
    if budget.scope == Scope.TEAM_MODEL:
        return budget.team_id, budget.model_id or NOBODY
    return budget.team_id or budget.person_id or budget.model_id or budget.key_id, NOBODY


def standings(wanted: Sequence[tuple[Budget, UUID | None]], *, now: datetime) -> list[Standing]:
    """
    Say how budgets stand, each for one subject (its own where that is None, and for "each" nobody: zero). One query.
    """
    subjects = [(budget, subject or subject_of(budget)[0], subject_of(budget)[1]) for budget, subject in wanted]
    with connection.cursor() as cursor:
        cursor.execute(
            SUMS,
            (
                [budget.pk for budget, _, _ in subjects],
                [subject or NOBODY for _, subject, _ in subjects],
                [other for _, _, other in subjects],
                day_of(now),
                now,
            ),
        )
        sums = {budget_id: (spent, held) for budget_id, spent, held in cursor.fetchall()}
    nothing = (Decimal(0), Decimal(0))
    return [Standing(budget, *sums.get(budget.pk, nothing)) for budget, _ in wanted]


def applying_to(*, person: User, team: Team, now: datetime) -> list[Standing]:
    """Say how the budgets stand that every call of `person` for `team` counts against. Three queries."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, subject_id FROM gateway_budgets_of(%s, %s, %s, NULL) ORDER BY gateway_rank(scope), id",
            (team.pk, person.pk, NOBODY),
        )
        subjects = dict(cursor.fetchall())
    scopes = [Scope.ORGANISATION, Scope.TEAM, Scope.PERSON]
    rows = Budget.objects.filter(pk__in=subjects, scope__in=scopes).select_related("team", "person", "model")
    return standings([(row, subjects[row.pk]) for row in rows], now=now)


def _record_soft_limit(budget: Budget, reservation_id: UUID, *, now: datetime) -> None:
    record_event(
        Action.BUDGET_SOFT_LIMIT_PASSED,
        who=None,
        subject_kind="budget",
        subject_id=str(budget.pk),
        subject_label=budget.subject,
        details={
            "soft_limit": f"{budget.soft_limit}",
            "currency": budget.currency,
            "window": budget.window,
            "hours": budget.hours,
            "reservation": str(reservation_id),
        },
        now=now,
    )


def _record_overrun(reservation_id: UUID, held: Decimal, cost: Cost, *, now: datetime) -> None:
    logger.warning("Reservation %s: the call cost %s, more than the %s held for it.", reservation_id, cost.amount, held)
    record_event(
        Action.BUDGET_OVERRUN,
        who=None,
        subject_kind="reservation",
        subject_id=str(reservation_id),
        details={"held": f"{held.normalize():f}", "cost": f"{cost.amount.normalize():f}", "currency": cost.currency},
        now=now,
    )
