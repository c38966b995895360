"""Beside the composer a person reads what is nearly used up, and lets their own program go on."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from apps.gateway import budgets
from apps.gateway.models import Budget, LoopStop
from apps.gateway.prices import Price
from apps.ledger.models import Event

pytestmark = pytest.mark.django_db
PRICE = Price(Decimal(1), Decimal(1), "USD")


@pytest.fixture
def maya(make_person, make_team):
    return make_person("maya", teams=("Sales",))


@pytest.fixture
def spend(maya, make_team, make_model):
    """Spend an amount as Maya for Sales, whose budget is 100."""
    sales = make_team("Sales")
    model = make_model(sales, price="1")

    def spend(amount):
        held = budgets.reserve(
            person=maya, team=sales, model=model, price=PRICE, amount=Decimal(amount), now=timezone.now()
        )
        budgets.settle(held.pk, input_tokens=int(Decimal(amount) * 1_000_000), output_tokens=0, now=timezone.now())

    return spend


def page_of(person) -> str:
    client = Client()
    client.force_login(person)
    return client.get("/").content.decode().replace("&#x27;", "'")


def test_what_is_left_is_shown_where_a_limit_is_near_and_not_before(maya, spend):
    Budget.objects.create(scope="PERSON", hard_limit=81, window="DAY")
    Budget.objects.create(scope="ORGANISATION", hard_limit=90)
    spend("60")
    assert "left this month" not in page_of(maya)

    spend("20.5")

    page = page_of(maya)
    assert "Sales has 19.50 of 100.00 USD left this month." in page
    assert "You have 0.50 of 81.00 USD left today." in page
    assert "The organisation's budget is nearly used up this month." in page
    assert "90.00" not in page


def test_a_soft_limit_that_was_passed_is_shown(maya, spend):
    Budget.objects.create(scope="PERSON", person=maya, soft_limit=2, window="ROLLING", hours=24)
    spend("3")

    assert "You have spent 3.00 USD in the last 24 hours, past the 2.00 that were planned." in page_of(maya)


@pytest.mark.thorough
def test_a_stop_is_shown_to_its_person_who_lifts_it_and_to_nobody_else(maya, make_person):
    now = timezone.now()
    stop = LoopStop.objects.create(
        person=maya, reason="REPEATS", calls=20, cost=0, began_at=now, until=now + timedelta(minutes=9)
    )
    tom = make_person("tom", teams=("Sales",))
    mine, stranger = Client(), Client()
    mine.force_login(maya)
    stranger.force_login(tom)
    assert "the same request again and again" in page_of(maya)
    assert "the same request again and again" not in page_of(tom)

    assert stranger.post(f"/stops/{stop.pk}/lift").status_code == 404
    assert mine.get(f"/stops/{stop.pk}/lift").status_code == 405
    assert mine.post(f"/stops/{stop.pk}/lift").status_code == 302

    assert "the same request again and again" not in page_of(maya)
    assert Event.objects.get().actor_id == maya.pk
