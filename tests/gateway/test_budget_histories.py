"""Any history of holding, settling, releasing, sweeping and changing limits, over all scopes and windows, agrees with
a model that knows nothing but the list of calls."""

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
from apps.gateway.models import Budget, LanguageModel, Provider, Purse, Reservation, SpentDay, SpentHour
from apps.gateway.prices import Price
from apps.ledger.ids import new_id

pytestmark = pytest.mark.thorough

START = datetime(2026, 1, 30, 12, tzinfo=UTC)
cents = st.integers(1, 400).map(lambda n: Decimal(n) / 100)
limits = st.integers(0, 1200).map(lambda n: Decimal(n) / 100)
tokens = st.integers(0, 60_000)
prices = st.sampled_from([Decimal("0.15"), Decimal("3.000001"), Decimal("75")])
WINDOWS = [("DAY", None), ("MONTH", None), ("ROLLING", 5), ("ROLLING", 30)]


class Histories(RuleBasedStateMachine):
    """
    The reference: a list of calls, each with its amount, cost and hour. What a budget has used is asked of that list
    anew every time, so it knows of no sums, no purses and no windows kept anywhere.
    """

    teams: list[Any]
    people: list[Any]
    reservations = Bundle("reservations")

    @initialize()
    def begin(self) -> None:
        self.savepoint = transaction.savepoint()
        provider = Provider.objects.create(name="P", kind="OPENAI_COMPATIBLE", egress_class="INSIDE")
        self.models = [
            LanguageModel.objects.create(
                provider=provider, label=name, upstream_id="m", context_window=100, max_output_tokens=10
            )
            for name in "MN"
        ]
        self.keys = [None, new_id()]
        self.now = START
        self.calls: dict[Any, dict[str, Any]] = {}
        self.budgets: list[Budget] = []
        for team in self.teams:
            self.set_budget("TEAM", team, ("MONTH", None), Decimal(10))

    def teardown(self) -> None:
        if hasattr(self, "savepoint"):
            transaction.savepoint_rollback(self.savepoint)

    def set_budget(self, scope: str, subject: Any, window: tuple[str, int | None], limit: Decimal) -> None:
        named = {"TEAM": "team", "PERSON": "person", "MODEL": "model", "KEY": "key_id"}.get(scope)
        row = Budget(scope=scope, window=window[0], hours=window[1], hard_limit=limit)
        if named:
            setattr(row, named, subject)
        row.save()
        budgets.count_anew(row, now=self.now)
        self.budgets.append(row)

    @rule(scope=st.sampled_from(["ORGANISATION", "PERSON", "MODEL", "KEY", "TEAM"]), which=st.integers(0, 2),
          window=st.sampled_from(WINDOWS), limit=limits)  # fmt: skip
    def limit_somebody(self, scope: str, which: int, window: tuple[str, int | None], limit: Decimal) -> None:
        """Set a budget of a subject, or (2) of each; counting begins with what its window has seen already."""
        among = {"TEAM": self.teams, "PERSON": self.people, "MODEL": self.models, "KEY": [self.keys[1]] * 2}
        subject = among[scope][which] if scope in among and which < 2 else None
        same = [b for b in self.budgets if self._about(b) == (scope, subject, *window)]
        if same:
            Budget.objects.filter(pk=same[0].pk).update(hard_limit=limit)
            same[0].hard_limit = limit
        else:
            self.set_budget(scope, subject, window, limit)

    @rule(data=st.data())
    def take_a_budget_away(self, data: Any) -> None:
        free = [b for b in self.budgets if b.scope != "TEAM"]
        if free:
            gone = data.draw(st.sampled_from(free))
            gone_pk = gone.pk
            self.budgets.remove(gone)
            Budget.objects.filter(pk=gone_pk).delete()

    def _about(self, budget: Budget) -> tuple[Any, ...]:
        subject = budget.team or budget.person or budget.model or budget.key_id
        return budget.scope, subject, budget.window, budget.hours

    def _applies(self, budget: Budget, team: Any, person: Any, model: Any, key: Any) -> bool:
        own = {"ORGANISATION": None, "TEAM": team, "PERSON": person, "MODEL": model, "KEY": key}[budget.scope]
        if budget.scope == "KEY" and key is None:
            return False
        scope, subject, *window = self._about(budget)
        if subject is not None or scope == "ORGANISATION":
            return bool(subject == own)
        return not any(self._about(other) == (scope, own, *window) for other in self.budgets)

    def _used(self, budget: Budget, team: Any, person: Any, model: Any, key: Any) -> Decimal:
        field, value = {
            "ORGANISATION": ("all", True), "TEAM": ("team", team), "PERSON": ("person", person),
            "MODEL": ("model", model), "KEY": ("key", key),
        }[budget.scope]  # fmt: skip
        return sum(
            (call["held"] + call["paid"] for call in self.calls.values()
             if call[field] == value and self._in_window(budget, call["at"])), Decimal(0)
        )  # fmt: skip

    def _in_window(self, budget: Budget, at: datetime) -> bool:
        if budget.window == "DAY":
            return at.date() == self.now.date()
        if budget.window == "MONTH":
            return (at.year, at.month) == (self.now.year, self.now.month)
        hour_ends = at.replace(minute=0, second=0) + timedelta(hours=1)
        return hour_ends > self.now - timedelta(hours=budget.hours or 0)

    @rule(target=reservations, amount=cents, input_price=prices, output_price=prices, who=st.integers(0, 1),
          team=st.integers(0, 1), model=st.integers(0, 1), key=st.integers(0, 1))  # fmt: skip
    def reserve(
        self, amount: Decimal, input_price: Decimal, output_price: Decimal, who: int, team: int, model: int, key: int
    ) -> Any:
        about = (self.teams[team], self.people[who], self.models[model], self.keys[key])
        applying = [b for b in self.budgets if self._applies(b, *about)]
        fits = all(self._used(b, *about) + amount <= b.hard_limit for b in applying)

        try:
            made = budgets.reserve(
                person=about[1], team=about[0], model=about[2], key_id=about[3], amount=amount, now=self.now,
                price=Price(input_price, output_price, "USD"),
            )  # fmt: skip
        except budgets.NotHeld:
            made = None

        assert (made is not None) is fits
        if made is None:
            return multiple()
        self.calls[made.pk] = {
            "all": True, "team": about[0], "person": about[1], "model": about[2], "key": about[3], "at": self.now,
            "held": amount, "paid": Decimal(0), "state": "HELD", "cost": None,
        }  # fmt: skip
        return made

    @rule(reservation=reservations, sent=tokens, received=tokens)
    def settle(self, reservation: Reservation, sent: int, received: int) -> None:
        cost = budgets.settle(reservation.pk, input_tokens=sent, output_tokens=received, now=self.now).amount

        call = self.calls[reservation.pk]
        if call["state"] != "SETTLED":
            paid = (reservation.input_price * sent + reservation.output_price * received) / 1_000_000
            call.update(state="SETTLED", cost=paid, paid=paid, held=Decimal(0))
        assert cost == call["cost"]

    @rule(reservation=reservations)
    def release(self, reservation: Reservation) -> None:
        did = budgets.release(reservation.pk, now=self.now)

        call = self.calls[reservation.pk]
        assert did is (call["state"] == "HELD")
        if did:
            call.update(state="RELEASED", held=Decimal(0))

    @rule(reservation=consumes(reservations))
    def forget(self, reservation: Reservation) -> None:
        """A process dies holding it; only the sweeper can help."""

    @rule(minutes=st.integers(0, 90))
    def sweep(self, minutes: int) -> None:
        released = budgets.sweep(timedelta(minutes=minutes), now=self.now)

        before = self.now - timedelta(minutes=minutes)
        old = {pk for pk, call in self.calls.items() if call["state"] == "HELD" and call["at"] < before}
        assert set(released) == old
        for pk in old:
            self.calls[pk].update(state="RELEASED", held=Decimal(0))

    @rule(minutes=st.sampled_from([7, 60, 300, 1300, 2500]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @invariant()
    def whatever_is_reserved_is_what_open_calls_hold(self) -> None:
        if not hasattr(self, "calls"):
            return
        held = {pk for pk, call in self.calls.items() if call["state"] == "HELD"}
        assert held == set(Reservation.objects.filter(state="HELD").values_list("pk", flat=True))
        for purse in Purse.objects.filter(scope="TEAM"):
            mine = [call for call in self.calls.values() if call["team"].pk == purse.subject_id]
            for sums in (SpentDay.objects.filter(purse=purse), SpentHour.objects.filter(purse=purse)):
                assert sum(row.reserved for row in sums) == sum(call["held"] for call in mine)
                assert sum(row.spent for row in sums) == sum(call["paid"] for call in mine)


@pytest.mark.django_db
def test_every_history_agrees_with_the_reference(make_person, make_team):
    Histories.teams = [make_team("Sales"), make_team("Legal")]
    Histories.people = [make_person(name, teams=("Sales", "Legal")) for name in ("maya", "tom")]

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
