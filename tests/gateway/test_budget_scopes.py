"""Budgets of every scope and window: all hold at once, each warns by itself, and midnight is where the company is."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import transaction

from apps.gateway import budgets, leases, limits
from apps.gateway.admission import admit
from apps.gateway.models import Budget, Purse, RateLimit, Reservation, SpentDay, SpentHour
from apps.gateway.prices import Price
from apps.gateway.refusals import NoBudget, OverBudget, TooFast
from apps.ledger.models import Event
from tests.gateway.conftest import make_prompt
from tests.gateway.test_budgets import in_threads

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 10, 12, 30, tzinfo=UTC)
PRICE = Price(Decimal(1), Decimal(1), "USD")
KEY = uuid4()


@pytest.fixture
def sales(make_team):
    return make_team("Sales")


@pytest.fixture
def maya(make_person, sales):
    return make_person("maya", teams=("Sales",))


@pytest.fixture
def model(make_model, sales):
    return make_model(sales, price="1", budget="1000000")


@pytest.fixture
def admin(make_person):
    return make_person("david", roles=("ADMIN",))


@pytest.fixture
def hold(maya, sales, model):
    """Hold an amount; None where it does not fit."""

    def hold(amount="1", *, now=NOW, key=KEY, person=maya, price=PRICE, model=model):
        try:
            return budgets.reserve(
                person=person, team=sales, model=model, price=price, amount=Decimal(amount), now=now, key_id=key
            )
        except budgets.NotHeld:
            return None

    return hold


@pytest.fixture
def limit(maya, sales, model, admin):
    """Set a budget as an admin does."""
    subjects = {
        "ORGANISATION": {},
        "TEAM": {"team": sales},
        "PERSON": {"person": maya},
        "MODEL": {"model": model},
        "TEAM_MODEL": {"team": sales, "model": model},
        "KEY": {"key_id": KEY},
    }

    def limit(scope, hard="1", *, each=False, now=NOW, window="DAY", **values):
        about = {} if each else subjects[scope]
        budget = Budget(scope=scope, window=window, hard_limit=hard and Decimal(hard), **about, **values)
        limits.set_budget(budget, by=admin, now=now)
        return budget

    return limit


SCOPES = ["ORGANISATION", "TEAM", "PERSON", "MODEL", "TEAM_MODEL", "KEY"]


@pytest.mark.parametrize("scope", SCOPES)
def test_a_budget_of_any_scope_refuses_what_does_not_fit_and_holds_nothing_then(hold, limit, scope):
    limit(scope, "1.50")

    assert hold("1") is not None
    assert hold("0.51") is None
    assert hold("0.50") is not None
    assert Reservation.objects.count() == 2
    assert {day.reserved for day in SpentDay.objects.all()} == {Decimal("1.5")}


@pytest.mark.parametrize("scope", SCOPES)
def test_what_was_spent_before_a_budget_was_set_counts_and_what_is_held_is_settled_in_it(hold, limit, scope):
    paid, held = hold("1"), hold("1")
    budgets.settle(paid.pk, input_tokens=400_000, output_tokens=0, now=NOW)

    budget = limit(scope, "1.50")

    assert hold("0.11") is None
    budgets.settle(held.pk, input_tokens=100_000, output_tokens=0, now=NOW)
    assert budgets.standings([(budget, None)], now=NOW)[0].used == Decimal("0.5")
    assert hold("1") is not None


def test_a_budget_for_each_person_counts_each_by_themselves_and_ones_own_replaces_it(hold, limit, make_person, maya):
    tom = make_person("tom", teams=("Sales",))
    limit("PERSON", "1", each=True)

    assert hold("1") is not None
    assert hold("1", person=tom) is not None
    assert hold("0.01", person=tom) is None

    limit("PERSON", "2")
    assert hold("1") is not None
    assert hold("0.01") is None


def test_a_call_without_a_key_is_not_counted_against_keys(hold, limit):
    limit("KEY", "1", each=True)

    assert hold("1") is not None
    assert hold("1") is None
    assert hold("1", key=None) is not None
    assert hold("1", key=uuid4()) is not None


def test_a_rolling_window_counts_whole_hours_and_lets_go_of_them_one_by_one(hold, limit):
    limit("PERSON", "2", window="ROLLING", hours=3)
    assert hold("1", now=NOW) is not None  # 12:30
    assert hold("1", now=NOW + timedelta(hours=1)) is not None  # 13:30

    assert hold("1", now=NOW + timedelta(hours=3, minutes=29)) is None  # 15:59, touches 12:59
    assert hold("1", now=NOW + timedelta(hours=3, minutes=30)) is not None  # 16:00, touches 13:00 at the earliest
    assert hold("1", now=NOW + timedelta(hours=4)) is None


@pytest.mark.parametrize(
    ("zone", "before", "after"),
    [
        ("Europe/Berlin", datetime(2026, 3, 28, 22, 59, 59, tzinfo=UTC), datetime(2026, 3, 28, 23, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)),
        ("Asia/Kolkata", datetime(2026, 5, 31, 18, 29, 59, tzinfo=UTC), datetime(2026, 5, 31, 18, 30, tzinfo=UTC)),
        ("America/Santiago", datetime(2026, 9, 6, 3, 59, 59, tzinfo=UTC), datetime(2026, 9, 6, 4, tzinfo=UTC)),
    ],
)
def test_a_day_turns_where_the_company_is_also_when_clocks_change(hold, limit, settings, zone, before, after):
    settings.TIME_ZONE = zone
    limit("ORGANISATION", "1", now=before)

    first = hold("1", now=before)
    assert hold("1", now=before) is None
    assert hold("1", now=after) is not None
    budgets.settle(first.pk, input_tokens=1_000_000, output_tokens=0, now=after)

    assert [
        (day.reserved, day.spent) for day in SpentDay.objects.filter(purse__scope="ORGANISATION").order_by("day")
    ] == [
        (0, 1),
        (1, 0),
    ]


def test_passing_a_soft_limit_is_recorded_once_and_refuses_nobody(hold, limit):
    budget = limit("PERSON", None, soft_limit=Decimal("0.5"))
    calls = [hold("1") for _ in range(4)]

    for call in calls:
        budgets.settle(call.pk, input_tokens=200_000, output_tokens=0, now=NOW)

    event = Event.objects.get(action="BUDGET_SOFT_LIMIT_PASSED")
    assert event.subject_id == str(budget.pk)
    assert event.details["reservation"] == str(calls[2].pk)
    assert budgets.standings([(budget, None)], now=NOW)[0].has_passed_soft


def test_a_call_that_costs_more_than_was_held_is_booked_whole_and_on_the_record(hold, limit):
    budget = limit("PERSON", "2")
    call = hold("1")

    budgets.settle(call.pk, input_tokens=1_500_000, output_tokens=0, now=NOW)

    assert Event.objects.get(action="BUDGET_OVERRUN").details == {"held": "1", "cost": "1.5", "currency": "USD"}
    assert budgets.standings([(budget, None)], now=NOW)[0].spent == Decimal("1.5")


def test_a_cap_in_another_currency_refuses_and_says_so(maya, sales, model, limit):
    limit("PERSON", "5", currency="EUR")

    with pytest.raises(NoBudget, match="You may spend EUR only and Test model is paid in USD"):
        admit(person=maya, team=sales, model_id=model.pk, prompt=make_prompt("Hi"), now=NOW)

    limit("PERSON", "5", currency="USD")
    assert admit(person=maya, team=sales, model_id=model.pk, prompt=make_prompt("Hi"), now=NOW)


@pytest.mark.parametrize(
    ("scope", "whose"), [("ORGANISATION", "The organisation has"), ("PERSON", "you have"), ("KEY", "this key has")]
)
def test_the_sentence_says_whose_budget_refused_and_names_nobody(maya, sales, model, limit, scope, whose):
    limit(scope, "0")

    with pytest.raises(OverBudget) as refused:
        admit(person=maya, team=sales, model_id=model.pk, prompt=make_prompt("Hi"), now=NOW, key_id=KEY)

    assert f"and {whose}" in refused.value.sentence
    assert "Maya" not in refused.value.sentence
    assert "0.00 of 0.00 USD for today left" in refused.value.sentence


def test_holding_and_settling_take_one_statement_each_whatever_the_scopes(hold, limit, django_assert_num_queries):
    for scope in SCOPES:
        limit(scope, "5")

    with django_assert_num_queries(1):
        call = hold("1")
    with transaction.atomic(), django_assert_num_queries(1):
        budgets.settle(call.pk, input_tokens=1, output_tokens=1, now=NOW)


def test_money_of_a_process_that_is_not_heard_of_goes_back_within_a_minute(hold, settings):
    alive, dead = hold("1"), hold("2")
    later = NOW + timedelta(seconds=settings.RESERVATION_SECONDS)
    budgets.keep_held([alive.pk], now=later)

    beat = settings.CELERY_BEAT_SCHEDULE["give leaked reservations back"]["schedule"]
    assert settings.RESERVATION_SECONDS + beat < 60
    released = budgets.sweep(timedelta(seconds=settings.RESERVATION_SECONDS), now=later + timedelta(seconds=beat))

    assert released == [dead.pk]


def test_a_call_is_in_hand_as_long_as_its_admission_exists_also_as_a_copy(maya, sales, model):
    def heard():
        return Reservation.objects.get().heard_at

    leave = admit(person=maya, team=sales, model_id=model.pk, prompt=make_prompt("Hi"), now=NOW)
    leave = replace(leave, first_word_seconds=1.0)
    leases.renew(now=NOW + timedelta(minutes=1))
    assert heard() == NOW + timedelta(minutes=1)

    del leave
    leases.renew(now=NOW + timedelta(minutes=2))
    assert heard() == NOW + timedelta(minutes=1)


def test_hours_that_no_window_reaches_are_forgotten(hold):
    hold("1")

    assert budgets.forget_hours(now=NOW + timedelta(days=30)) == 0
    assert budgets.forget_hours(now=NOW + timedelta(days=32)) == 1
    assert SpentDay.objects.exists()


# Pace.


@pytest.mark.parametrize("scope", SCOPES)
def test_a_limit_of_calls_a_minute_says_when_there_is_room_again(maya, sales, model, limit, admin, scope):
    about = {"TEAM": {"team": sales}, "PERSON": {"person": maya}, "MODEL": {"model": model}, "KEY": {"key_id": KEY},
             "TEAM_MODEL": {"team": sales, "model": model}}  # fmt: skip
    limits.set_rate(RateLimit(scope=scope, requests=2, **about.get(scope, {})), by=admin, now=NOW)

    def ask(seconds):
        now = NOW + timedelta(seconds=seconds)
        return admit(
            person=maya, team=sales, model_id=model.pk, prompt=make_prompt(f"{seconds} x"), now=now, key_id=KEY
        )

    ask(0)
    ask(20)
    with pytest.raises(TooFast) as refused:
        ask(30.5)
    assert refused.value.retry_after == 30
    assert "2 calls a minute" in refused.value.sentence
    assert "Maya" not in refused.value.sentence
    assert "Try again in 30 s" in refused.value.sentence
    assert Reservation.objects.count() == 2

    ask(60)


def test_tokens_a_minute_count_what_was_used_once_that_is_known(hold, maya, sales, model, admin):
    limits.set_rate(RateLimit(scope="PERSON", tokens=3000), by=admin, now=NOW)
    prompt = make_prompt("Hello")  # with the longest answer, more than 1,024 tokens

    def ask():
        return admit(person=maya, team=sales, model_id=model.pk, prompt=prompt, now=NOW)

    first, _ = ask(), ask()
    with pytest.raises(TooFast, match="3,000 tokens a minute"):
        ask()
    budgets.settle(first.reservation_id, input_tokens=10, output_tokens=5, now=NOW)

    assert ask()


def test_answers_at_once_are_limited_and_an_end_makes_room(maya, sales, model, admin):
    limits.set_rate(RateLimit(scope="TEAM", team=sales, streams=1), by=admin, now=NOW)

    first = admit(person=maya, team=sales, model_id=model.pk, prompt=make_prompt("a"), now=NOW)
    with pytest.raises(TooFast, match="1 answers under way"):
        admit(person=maya, team=sales, model_id=model.pk, prompt=make_prompt("b"), now=NOW)
    budgets.release(first.reservation_id)

    assert admit(person=maya, team=sales, model_id=model.pk, prompt=make_prompt("b"), now=NOW)


# Many at once.


@pytest.mark.django_db(transaction=True)
def test_of_a_thousand_calls_at_once_exactly_as_many_are_admitted_as_the_tightest_budget_lets(
    hold, limit, maya, sales, model, make_person
):
    people = [maya, *(make_person(f"p{n}", teams=("Sales",)) for n in range(4))]
    limit("ORGANISATION", "37.00")
    limit("PERSON", "9.00", each=True)
    limit("MODEL", "1000", window="ROLLING", hours=24)

    results = in_threads(1000, lambda n: hold("1", person=people[n % 5], key=None))

    admitted = Counter(result.person_id for result in results if result)
    assert sum(admitted.values()) == 37
    assert max(admitted.values()) <= 9
    assert Reservation.objects.count() == 37
    sums = (
        SpentDay.objects.filter(purse__scope="ORGANISATION").get(),
        SpentHour.objects.filter(purse__scope="MODEL").get(),
    )
    assert [one.reserved for one in sums] == [37, 37]


@pytest.mark.django_db(transaction=True)
def test_a_limit_of_pace_lets_no_more_through_however_many_ask_at_once(hold, sales, admin):
    limits.set_rate(RateLimit(scope="TEAM", team=sales, requests=7), by=admin, now=NOW)

    results = in_threads(100, lambda _: hold("1"))

    assert sum(result is not None for result in results) == 7


@pytest.mark.django_db(transaction=True)
def test_holding_settling_and_new_budgets_at_once_lose_nothing_and_never_lock_each_other_up(hold, limit):
    limit("ORGANISATION", "500")

    def work(n):
        if n % 20 == 7:
            limit(["PERSON", "MODEL", "KEY"][n % 3], "400", window="ROLLING", hours=n + 1)
            return
        with transaction.atomic():
            call = hold("1")
        with transaction.atomic():
            if n % 3:
                budgets.settle(call.pk, input_tokens=n, output_tokens=n, now=NOW)
            elif n % 2:
                budgets.release(call.pk, now=NOW)

    in_threads(200, work)

    held = sum(one.amount for one in Reservation.objects.filter(state="HELD"))
    paid = sum(one.cost for one in Reservation.objects.filter(state="SETTLED"))
    for purse in Purse.objects.all():
        for sums in (purse.days.get(), purse.hours.get()):
            assert (sums.reserved, sums.spent) == (held, paid), purse
