"""Any history of holding, settling, releasing, sweeping and changing limits agrees with a model of twenty lines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from apps.gateway import budgets
from apps.gateway.models import Budget, BudgetMonth, LanguageModel, Provider, Reservation
from apps.gateway.prices import Price

pytestmark = pytest.mark.thorough

START = datetime(2026, 1, 30, 12, tzinfo=UTC)
cents = st.integers(0, 400).map(lambda n: Decimal(n) / 100)
tokens = st.integers(0, 60_000)
prices = st.sampled_from([Decimal("0"), Decimal("0.15"), Decimal("3.000001"), Decimal("75")])


class Histories(RuleBasedStateMachine):
    """The reference: a limit, and for each month a sum spent and the amounts still held."""

    team: Any
    person: Any
    reservations = Bundle("reservations")

    @initialize()
    def begin(self) -> None:
        self.savepoint = transaction.savepoint()
        provider = Provider.objects.create(name="P", kind="OPENAI_COMPATIBLE", egress_class="INSIDE")
        self.model = LanguageModel.objects.create(
            provider=provider, label="M", upstream_id="m", context_window=100, max_output_tokens=10
        )
        Budget.objects.create(team=self.team, monthly_limit=Decimal(5))
        self.limit, self.now = Decimal(5), START
        self.spent: dict[Any, Decimal] = {}
        self.held: dict[Any, tuple[Any, Decimal, datetime]] = {}
        self.closed: dict[Any, Decimal | None] = {}

    def teardown(self) -> None:
        if hasattr(self, "savepoint"):
            transaction.savepoint_rollback(self.savepoint)

    def _held_in(self, month: Any) -> Decimal:
        return sum((amount for when, amount, _ in self.held.values() if when == month), Decimal(0))

    @rule(target=reservations, amount=cents, input_price=prices, output_price=prices)
    def reserve(self, amount: Decimal, input_price: Decimal, output_price: Decimal) -> Any:
        month = budgets.month_of(self.now)
        fits = amount == 0 or self.spent.get(month, Decimal(0)) + self._held_in(month) + amount <= self.limit

        made = budgets.reserve(
            person=self.person,
            team=self.team,
            model=self.model,
            price=Price(input_price, output_price, "USD"),
            amount=amount,
            now=self.now,
        )

        assert (made is not None) is fits
        if made is None:
            return multiple()
        self.held[made.pk] = (month, amount, self.now)
        self.spent.setdefault(month, Decimal(0))
        return made

    @rule(reservation=reservations, sent=tokens, received=tokens)
    def settle(self, reservation: Reservation, sent: int, received: int) -> None:
        cost = budgets.settle(reservation.pk, input_tokens=sent, output_tokens=received, now=self.now).amount

        if self.closed.get(reservation.pk) is None:
            expected = (reservation.input_price * sent + reservation.output_price * received) / 1_000_000
            self.held.pop(reservation.pk, None)
            self.closed[reservation.pk] = expected
            self.spent[reservation.budget_month.month] += expected
        assert cost == self.closed[reservation.pk]

    @rule(reservation=reservations)
    def release(self, reservation: Reservation) -> None:
        did = budgets.release(reservation.pk, now=self.now)

        assert did is (reservation.pk in self.held)
        if did:
            del self.held[reservation.pk]
            self.closed[reservation.pk] = None

    @rule(reservation=consumes(reservations))
    def forget(self, reservation: Reservation) -> None:
        """A process dies holding it; only the sweeper can help."""

    @rule(minutes=st.integers(0, 90))
    def sweep(self, minutes: int) -> None:
        released = budgets.sweep(timedelta(minutes=minutes), now=self.now)

        old = {pk for pk, (_, _, made) in self.held.items() if made < self.now - timedelta(minutes=minutes)}
        assert set(released) == old
        for pk in old:
            del self.held[pk]
            self.closed[pk] = None

    @rule(limit=cents)
    def change_the_limit(self, limit: Decimal) -> None:
        Budget.objects.update(monthly_limit=limit)
        self.limit = limit

    @rule(hours=st.integers(0, 40))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @invariant()
    def the_database_agrees(self) -> None:
        if not hasattr(self, "held"):
            return
        for row in BudgetMonth.objects.all():
            assert row.reserved == self._held_in(row.month)
            assert row.spent == self.spent[row.month]
        held = set(Reservation.objects.filter(state="HELD").values_list("pk", flat=True))
        assert held == set(self.held)


@pytest.mark.django_db
def test_every_history_agrees_with_the_reference(make_person, make_team):
    Histories.team, Histories.person = make_team("Sales"), make_person("maya", teams=("Sales",))

    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=60,
            stateful_step_count=25,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
