"""Prices in versions: planned to the second, never backdated, kept with who set them; the shipped list is checked."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from apps.accounts.models import Role
from apps.gateway import catalogue, price_map, pricing
from apps.gateway.admission import admit
from apps.gateway.models import LanguageModel, PriceVersion, Reservation
from apps.gateway.prices import Price
from apps.ledger.models import Event
from tests.gateway.conftest import make_prompt

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
SOON = NOW + timedelta(hours=1)
DEARER = Price(Decimal(5), Decimal(20), "USD")


@pytest.fixture
def admin(make_person):
    return make_person("david", roles=(Role.ADMIN,))


@pytest.fixture
def sales(make_team):
    return make_team("Sales")


@pytest.fixture
def held_price(make_person, sales, make_model, admin):
    """The price that a call is held at, at a moment."""
    model = make_model(sales, price="2.50", output_price="10")
    maya = make_person("maya", teams=("Sales",))

    def ask(at):
        leave = admit(person=maya, team=sales, model_id=model.pk, prompt=make_prompt("Hello"), now=at)
        return Reservation.objects.get(pk=leave.reservation_id).price

    return ask


def test_a_planned_price_counts_from_its_moment_on_and_needs_no_task_for_it(held_price, admin):
    model = LanguageModel.objects.get()
    before = model.price
    pricing.plan_price(model, price=DEARER, from_at=SOON, by=admin, now=NOW)

    assert held_price(SOON - timedelta(microseconds=1)) == before
    assert held_price(SOON) == DEARER

    assert pricing.apply_due(now=SOON) == 1
    assert LanguageModel.objects.get().price == DEARER
    assert held_price(SOON) == DEARER
    assert pricing.apply_due(now=SOON) == 0
    assert list(Event.objects.order_by("id").values_list("action", flat=True)) == [
        "MODEL_PRICE_PLANNED",
        "MODEL_PRICE_TOOK_EFFECT",
    ]


def test_of_several_due_prices_the_newest_counts(held_price, admin):
    model = LanguageModel.objects.get()
    for hours, price in ((2, 7), (1, 5), (3, 9)):
        planned = Price(Decimal(price), Decimal(price), "USD")
        pricing.plan_price(model, price=planned, from_at=NOW + timedelta(hours=hours), by=admin, now=NOW)

    assert held_price(NOW + timedelta(hours=2, minutes=30)).input == 7
    pricing.apply_due(now=NOW + timedelta(hours=2, minutes=30))
    assert LanguageModel.objects.get().price.input == 7
    assert held_price(NOW + timedelta(hours=4)).input == 9


def test_a_change_at_once_wins_over_a_plan_that_came_due_before_it(held_price, admin):
    model = LanguageModel.objects.get()
    pricing.plan_price(model, price=DEARER, from_at=SOON, by=admin, now=NOW)
    model.input_price = Decimal(1)

    catalogue.change_model(model, by=admin, now=SOON + timedelta(seconds=1))

    assert held_price(SOON + timedelta(seconds=2)).input == 1
    pricing.apply_due(now=SOON + timedelta(minutes=1))
    assert LanguageModel.objects.get().price.input == 1


def test_a_plan_is_withdrawn_before_its_moment_and_never_after(held_price, admin):
    model = LanguageModel.objects.get()
    first = pricing.plan_price(model, price=DEARER, from_at=SOON, by=admin, now=NOW)

    assert pricing.withdraw_plan(first, by=admin, now=NOW)
    assert held_price(SOON).input == Decimal("2.5")

    second = pricing.plan_price(model, price=DEARER, from_at=SOON, by=admin, now=NOW)
    assert not pricing.withdraw_plan(second, by=admin, now=SOON)
    assert held_price(SOON) == DEARER


def test_nobody_backdates_a_price(held_price, admin):
    with pytest.raises(pricing.PriceInThePast):
        pricing.plan_price(LanguageModel.objects.get(), price=DEARER, from_at=NOW, by=admin, now=NOW)

    assert not PriceVersion.objects.exists()


def test_every_change_of_a_price_is_a_version_with_who_made_it(make_model, sales, admin):
    model = make_model(sales, price="1")
    model.output_price = Decimal(3)
    catalogue.change_model(model, by=admin, now=NOW)
    model.label = "Another name"
    catalogue.change_model(model, by=admin, now=SOON)
    model.input_price = None
    catalogue.change_model(model, by=admin, now=SOON)

    versions = PriceVersion.objects.order_by("pk").values_list("input_price", "output_price", "set_by_label", "from_at")
    assert list(versions) == [(1, 3, "David", NOW), (None, 3, "David", SOON)]


def test_a_price_set_by_a_host_whose_clock_runs_ahead_is_named_by_one_whose_clock_is_behind(
    make_model, make_person, sales, admin
):
    model = make_model(sales, price="1")
    maya = make_person("maya", teams=("Sales",))
    model.output_price = Decimal(3)
    catalogue.change_model(model, by=admin, now=NOW + timedelta(seconds=2))

    leave = admit(person=maya, team=sales, model_id=model.pk, prompt=make_prompt("Hello"), now=NOW)

    assert leave.price == Price(Decimal(1), Decimal(3), model.currency)
    assert leave.price_version == PriceVersion.objects.get().pk


ROW = {"mode": "chat", "max_input_tokens": 9, "max_output_tokens": 9, "input_cost_per_token": 1e-6}


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[]", b"{}", b'"x"', b"\xff", json.dumps({"a": ROW, "b": []}).encode(), b'{"a": {"mode": "chat"}}'],
)
def test_a_file_that_is_no_list_of_prices_is_refused_whole(text):
    with pytest.raises(price_map.PriceListUnreadable):
        price_map.checked(text)


def test_a_list_of_prices_is_read():
    assert price_map.checked(json.dumps({"a": ROW}).encode())["a"]["max_input_tokens"] == 9
