"""Money: a cap is a cap, every cent is exact, and nothing is booked twice."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from apps.gateway import budgets
from apps.gateway.models import Budget, Reservation, SpentDay, SpentHour
from apps.gateway.prices import Price, in_figures
from apps.ledger import records
from apps.ledger.facts import Who
from apps.ledger.vocabulary import Door, EgressClass, OutcomeKind, Purpose

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
PRICE = Price(Decimal("2.5"), Decimal(10), "USD")


@pytest.fixture
def sales(make_team):
    return make_team("Sales")


@pytest.fixture
def maya(make_person, sales):
    return make_person("maya", teams=("Sales",))


@pytest.fixture
def hold(maya, sales, make_model):
    """Hold an amount for one call of Maya."""
    model = make_model(sales, price="1", budget="100.00")

    def hold(amount="1", *, price=PRICE, now=NOW, team=sales):
        try:
            return budgets.reserve(person=maya, team=team, model=model, price=price, amount=Decimal(amount), now=now)
        except budgets.NotHeld:
            return None

    return hold


def month(team, now=NOW) -> SpentDay:
    """The team's sums of the day, which is the only one of its month in these tests."""
    day = SpentDay.objects.get(purse__scope="TEAM", purse__subject_id=team.pk, day=budgets.day_of(now))
    hour = SpentHour.objects.get(purse=day.purse, hour=budgets.hour_of(now))
    assert (day.reserved, day.spent) == (hour.reserved, hour.spent)
    return day


@pytest.mark.parametrize(("limit", "is_held"), [("1.00", True), ("0.99", False), ("0.00", False)])
def test_a_call_fits_up_to_the_last_cent_and_not_beyond(hold, sales, limit, is_held):
    Budget.objects.filter(team=sales).update(hard_limit=Decimal(limit))

    reservation = hold("1.00")

    assert (reservation is not None) is is_held


def test_what_is_held_counts_against_the_limit_like_what_is_spent(hold, sales):
    first = hold("60")
    assert hold("60") is None

    budgets.settle(first.id, input_tokens=1_000_000, output_tokens=0, now=NOW)

    assert hold("97.50") is not None
    assert hold("0.000001") is None


def test_a_free_call_needs_no_budget(hold, sales):
    Budget.objects.all().delete()

    assert hold("0", price=Price(Decimal(0), Decimal(0), "USD")) is not None
    assert hold("0.01") is None
    assert hold("0") is None


def test_a_budget_in_another_currency_does_not_pay(hold):
    assert hold("1", price=Price(Decimal(1), Decimal(1), "EUR")) is None


def test_a_soft_limit_holds_nothing_back(hold, sales):
    Budget.objects.filter(team=sales).update(hard_limit=None, soft_limit=100)

    assert hold("5000") is not None


def test_a_new_month_starts_with_nothing_spent(hold, sales):
    assert hold("100", now=datetime(2026, 3, 31, 23, 59, tzinfo=UTC)) is not None
    assert hold("100", now=datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC)) is None
    assert hold("100", now=datetime(2026, 4, 1, 0, 0, tzinfo=UTC)) is not None


def test_the_month_turns_at_midnight_where_the_company_is(settings):
    settings.TIME_ZONE = "America/New_York"

    assert budgets.day_of(datetime(2026, 4, 1, 3, 59, tzinfo=UTC)).month == 3
    assert budgets.day_of(datetime(2026, 4, 1, 4, 0, tzinfo=UTC)).month == 4


def test_a_call_that_ends_next_month_is_paid_by_the_month_it_began_in(hold, sales):
    began = datetime(2026, 3, 31, 23, 59, tzinfo=UTC)
    reservation = hold("1", now=began)

    budgets.settle(reservation.id, input_tokens=100, output_tokens=10, now=began + timedelta(minutes=5))

    assert month(sales, began).reserved == 0
    assert month(sales, began).spent == Decimal("0.00035")


def test_settling_books_the_exact_cost_and_gives_the_rest_back(hold, sales):
    reservation = hold("1")

    cost = budgets.settle(reservation.id, input_tokens=333, output_tokens=7, now=NOW)

    assert cost == budgets.Cost(Decimal("0.0009025"), "USD")
    assert (month(sales).reserved, month(sales).spent) == (0, Decimal("0.0009025"))


def test_a_million_tiny_prices_add_up_without_losing_a_fraction(hold, sales):
    price = Price(Decimal("0.000001"), Decimal("0.000001"), "USD")
    for _ in range(3):
        budgets.settle(hold("1", price=price).id, input_tokens=1, output_tokens=0, now=NOW)

    assert month(sales).spent == Decimal("0.000000000003")


def test_settling_twice_books_once(hold, sales):
    reservation = hold("1")

    first = budgets.settle(reservation.id, input_tokens=100, output_tokens=100, now=NOW)
    second = budgets.settle(reservation.id, input_tokens=999, output_tokens=999, now=NOW)

    assert first == second
    assert month(sales).spent == first.amount


def test_releasing_gives_everything_back_once(hold, sales):
    reservation = hold("1")
    hold("2")

    assert budgets.release(reservation.id) is True
    assert budgets.release(reservation.id) is False

    assert (month(sales).reserved, month(sales).spent) == (2, 0)


def test_releasing_after_settling_changes_nothing(hold, sales):
    reservation = hold("1")
    cost = budgets.settle(reservation.id, input_tokens=100, output_tokens=100, now=NOW)

    assert budgets.release(reservation.id) is False
    assert month(sales).spent == cost.amount


def test_an_answer_that_outlived_the_sweeper_is_still_paid_for(hold, sales):
    reservation = hold("1")
    budgets.sweep(timedelta(minutes=30), now=NOW + timedelta(hours=1))

    cost = budgets.settle(reservation.id, input_tokens=100, output_tokens=100, now=NOW)

    assert (month(sales).reserved, month(sales).spent) == (0, cost.amount)


def test_the_sweeper_gives_back_only_what_is_old_and_still_held(hold, sales):
    old, settled = hold("1"), hold("2")
    young = hold("4", now=NOW + timedelta(minutes=20))
    budgets.settle(settled.id, input_tokens=0, output_tokens=0, now=NOW)

    released = budgets.sweep(timedelta(minutes=30), now=NOW + timedelta(minutes=31))

    assert released == [old.id]
    assert month(sales).reserved == young.amount


def test_what_is_held_for_an_exchange_that_is_open_on_the_record_stays_until_that_is_closed(hold, sales):
    reservation = hold("1")
    with records.durably_together():
        intent_id = records.write_intent(
            who=Who(uuid4(), "Maya"), door=Door.API, purpose=Purpose.CHAT, conversation_id=None, turn_id=None,
            model_label="Fake", provider_label="Fake", egress_class=EgressClass.OUTSIDE, sealed_payload=b"",
            left_text="", masked=[], passages=[], policy_version="1", prompt_version="1", now=NOW,
            reservation_id=reservation.id,
        )  # fmt: skip
    much_later = NOW + timedelta(hours=1)

    assert budgets.sweep(timedelta(minutes=30), now=much_later) == []
    assert month(sales).reserved == reservation.amount

    records.conclude(
        intent_id, outcome=OutcomeKind.UNKNOWN, reason="", sealed_answer=b"", answer_text="", input_tokens=0,
        output_tokens=0, cost=Decimal(0), currency="", now=much_later,
    )  # fmt: skip
    assert budgets.sweep(timedelta(minutes=30), now=much_later) == [reservation.id]


def test_the_price_at_admission_holds_to_the_end(hold, sales):
    reservation = hold("1")
    reservation.model.input_price = Decimal(500)
    reservation.model.save()

    cost = budgets.settle(reservation.id, input_tokens=1_000_000, output_tokens=0, now=NOW)

    assert cost.amount == Decimal("2.5")


@pytest.mark.parametrize("tokens", [(-1, 0), (0, -1)])
def test_negative_tokens_are_not_booked(hold, tokens):
    reservation = hold("1")

    with pytest.raises(ValueError, match="negative"):
        budgets.settle(reservation.id, input_tokens=tokens[0], output_tokens=tokens[1], now=NOW)


def test_an_unknown_reservation_is_named(db):
    with pytest.raises(budgets.ReservationUnknown):
        budgets.settle(uuid4(), input_tokens=1, output_tokens=1, now=NOW)
    with pytest.raises(budgets.ReservationUnknown):
        budgets.release(uuid4())


@pytest.mark.parametrize("column", ["reserved", "spent"])
def test_the_database_refuses_a_negative_sum(hold, column):
    hold("1")

    with pytest.raises(IntegrityError), transaction.atomic():
        SpentDay.objects.update(**{column: Decimal(-1)})


def test_the_database_refuses_a_reservation_that_is_half_closed(hold):
    reservation = hold("1")

    with pytest.raises(IntegrityError), transaction.atomic():
        Reservation.objects.filter(pk=reservation.pk).update(state=Reservation.State.SETTLED)


@pytest.mark.parametrize(
    ("amount", "figures"),
    [("0", "0.00"), ("1234.5", "1,234.50"), ("0.01", "0.01"), ("0.0035", "0.0035"), ("0.000004", "0.000004")],
)
def test_amounts_are_written_so_that_a_person_sees_them(amount, figures):
    assert in_figures(Decimal(amount)) == figures


def in_threads(count, work):
    """Run `work` in many threads that start together, each with its own database connection."""
    start = threading.Barrier(min(count, 16))

    def run(index):
        try:
            if index < 16:
                start.wait(20)
            return work(index)
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(run, range(count)))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("room_for", [0, 1, 37])
def test_of_two_hundred_calls_at_once_exactly_as_many_are_admitted_as_fit(hold, sales, room_for):
    Budget.objects.filter(team=sales).update(hard_limit=Decimal("0.70") * room_for)

    results = in_threads(200, lambda _: hold("0.70"))

    assert sum(result is not None for result in results) == room_for
    assert Reservation.objects.count() == room_for
    if room_for:
        assert month(sales).reserved == Decimal("0.70") * room_for


@pytest.mark.django_db(transaction=True)
def test_whoever_closes_second_waits_for_the_first_and_books_nothing(hold, sales):
    reservation = hold("1")
    has_settled, may_commit = threading.Event(), threading.Event()

    def close(index):
        if index:
            has_settled.wait(20)
            threading.Timer(0.3, may_commit.set).start()
            return budgets.settle(reservation.id, input_tokens=9_000, output_tokens=9_000, now=NOW)
        with transaction.atomic():
            cost = budgets.settle(reservation.id, input_tokens=100, output_tokens=10, now=NOW)
            has_settled.set()
            may_commit.wait(20)
        return cost

    first, second = in_threads(2, close)

    assert first == second
    assert month(sales).spent == first.amount


@pytest.mark.django_db(transaction=True)
def test_a_reservation_that_many_close_at_once_closes_once(hold, sales):
    reservation = hold("1")

    def close(index):
        if index % 2:
            return budgets.settle(reservation.id, input_tokens=100, output_tokens=10, now=NOW).amount
        return budgets.release(reservation.id)

    results = Counter(map(str, in_threads(40, close)))

    assert results["True"] <= 1
    assert month(sales).reserved == 0
    assert month(sales).spent == Decimal("0.00035")


@pytest.mark.django_db
@pytest.mark.parametrize("window", ["DAY", "MONTH", "ROLLING"])
def test_what_settles_plainly_books_what_the_longer_way_books_and_has_nothing_to_tell(hold, sales, maya, window):
    """Soft limits of a team and of each person are passed on the way, a call costs too much, one was given back."""
    Budget.objects.all().delete()
    for scope, subject, limit in (("TEAM", {"team": sales}, 3), ("PERSON", {"person": maya}, 7)):
        hours = 2 if window == "ROLLING" else None
        Budget.objects.create(scope=scope, hard_limit=200, soft_limit=limit, window=window, hours=hours, **subject)
    was_plain = []
    for number in range(24):
        now = NOW + timedelta(minutes=17 * number)
        held = hold("1", now=now).id
        ended = now + timedelta(hours=3 if number == 11 else 0)
        tokens = (200_000, 10_000) if number != 1 else (480_000, 0)
        if number == 8:
            budgets.release(held, now=ended)
        with transaction.atomic():
            was, cost, _, amount, passed = budgets._close(held, Reservation.State.SETTLED, tokens, ended)
            by_the_longer_way = booked(held)
            transaction.set_rollback(True)
        before = booked(held)

        input_tokens, output_tokens = tokens
        plain = budgets.settle_plainly(
            held, input_tokens=input_tokens, output_tokens=output_tokens, now=ended, along=()
        )

        if plain is None:
            assert booked(held) == before
            budgets.settle(held, input_tokens=input_tokens, output_tokens=output_tokens, now=ended)
        else:
            assert (was, passed, cost <= amount) == ("HELD", [], True)
        assert booked(held) == by_the_longer_way
        was_plain.append(plain is not None)

    assert was_plain[1] is was_plain[8] is False
    assert 15 < sum(was_plain) < 22


def booked(held) -> tuple[object, ...]:
    """Everything that is kept of a reservation, and all sums."""
    rows = (Reservation.objects.filter(pk=held), SpentDay.objects.order_by("pk"), SpentHour.objects.order_by("pk"))
    return tuple(tuple(row.values()) for found in rows for row in found.values())
