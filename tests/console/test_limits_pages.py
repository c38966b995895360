"""The admin's pages of budgets, pace and runaway programs: who may, what they do, what they refuse."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import Role, Team
from apps.api.models import ApiKey
from apps.gateway import budgets
from apps.gateway.admission import admit
from apps.gateway.models import BatchMark, Budget, LanguageModel, LoopStop, RateLimit, RunawayRules
from apps.gateway.prices import Price
from apps.gateway.refusals import OverBudget, TooFast
from apps.ledger.models import Event
from tests.gateway.conftest import make_prompt

pytestmark = pytest.mark.django_db
BUDGET = {"window": "MONTH", "hours": "", "hard_limit": "5", "soft_limit": "", "currency": "USD"}
RULES = {"slow_after": "5", "stop_after": "9", "longest_run": "50", "run_ceiling": "3.50", "stop_minutes": "4"}


@pytest.fixture
def sales(make_team):
    return make_team("Sales")


@pytest.fixture
def maya(make_person, sales):
    person = make_person("maya", teams=("Sales",))
    person.email = "maya@example.com"
    person.save()
    return person


@pytest.fixture
def desk(make_person):
    client = Client()
    client.force_login(make_person("david", roles=(Role.ADMIN,)))
    return client


@pytest.fixture
def model(make_model, sales):
    return make_model(sales, price="2.50", output_price="10")


@pytest.fixture
def stop(maya):
    now = timezone.now()
    return LoopStop.objects.create(
        person=maya, reason="REPEATS", calls=20, cost=Decimal("1.5"), currency="CHF", began_at=now,
        until=now + timedelta(minutes=9),
    )  # fmt: skip


@pytest.fixture
def doors(model, sales, maya, stop):
    """Every address of these pages: name, ids, the methods it answers."""
    rate = RateLimit.objects.create(scope="PERSON", requests=600)
    mark = BatchMark.objects.create(scope="PERSON", person=maya, created_at=timezone.now())
    budget = Budget.objects.get()
    return [
        ("budgets", (), "GET"),
        ("budget", (budget.pk,), "GET POST"),
        ("budget_add", ("team-model",), "GET POST"),
        ("budget_remove", (budget.pk,), "POST"),
        ("limits", (), "GET"),
        ("limits_rules", (), "POST"),
        ("stop_lift", (stop.pk,), "POST"),
        ("batch_mark", (), "POST"),
        ("batch_unmark", (mark.pk,), "POST"),
        ("rate_add", ("organisation",), "GET POST"),
        ("rate", (rate.pk,), "GET POST"),
        ("rate_remove", (rate.pk,), "POST"),
    ]


def address(name, *ids):
    return reverse(f"console:{name}", args=ids)


def everything():
    tables = (Budget, RateLimit, RunawayRules, LoopStop, BatchMark, Event)
    return [list(table.objects.order_by("pk").values()) for table in tables]


def ask(person, team, model, **more):
    return admit(person=person, team=team, model_id=model.pk, prompt=make_prompt("Hi"), now=timezone.now(), **more)


def test_the_list_of_doors_is_complete(doors):
    from apps.console import budgets, limits
    from apps.console.urls import urlpatterns

    mine = {p.name for p in urlpatterns if p.callback.__module__ in {m.__name__ for m in (budgets, limits)}}

    assert mine == {name for name, _, _ in doors}


@pytest.mark.parametrize("roles", [(Role.EMPLOYEE,), (Role.COMPLIANCE_OFFICER,), None])
def test_only_admins_pass_any_door_and_nothing_changes_for_others(doors, roles, make_person):
    client = Client()
    if roles:
        client.force_login(make_person("eve", roles=roles, teams=("Sales",)))
    before = everything()[:-1]

    for name, ids, methods in doors:
        for method in methods.lower().split():
            assert getattr(client, method)(address(name, *ids)).status_code == (403 if roles else 302), name

    assert everything()[:-1] == before


def test_pages_open_wrong_methods_and_unknown_rows_are_refused(doors, desk):
    for name, ids, methods in doors:
        if "GET" in methods:
            assert desk.get(address(name, *ids)).status_code == 200, name
        wrong = "get" if methods == "POST" else "delete"
        assert getattr(desk, wrong)(address(name, *ids)).status_code == 405, name
    for name, unknown in [("budget", 0), ("rate", 0), ("budget_add", "planet"), ("rate_add", "planet")]:
        assert desk.get(address(name, unknown)).status_code == 404
    assert desk.post(address("stop_lift", uuid4())).status_code == 404


def test_a_budget_counts_from_the_next_message_on_and_is_recorded(desk, maya, sales, model):
    budget = Budget.objects.get()

    desk.post(address("budget", budget.pk), {**BUDGET, "hard_limit": "0.00"})

    with pytest.raises(OverBudget):
        ask(maya, sales, model)
    assert Event.objects.get().details == {"hard_limit": ["100", "0"]}


@pytest.mark.parametrize(
    ("scope", "subject"),
    [
        ("organisation", lambda **_: {}),
        ("person", lambda maya, **_: {"person": "Maya@Example.com"}),
        ("person", lambda maya, **_: {"person": "maya"}),
        ("person", lambda **_: {"person": ""}),
        ("model", lambda model, **_: {"model": model.pk}),
        ("team-model", lambda sales, model, **_: {"team": sales.pk, "model": model.pk}),
        ("key", lambda maya, sales, **_: {"key_id": str(key_of(maya, sales).pk)}),
    ],
)
def test_an_admin_sets_a_budget_of_any_scope_and_sees_it(desk, maya, sales, model, scope, subject):
    about = subject(maya=maya, sales=sales, model=model)
    rolling = {"window": "ROLLING", "hours": "24", "soft_limit": "4"}

    response = desk.post(address("budget_add", scope), {**BUDGET, **rolling, **about}, follow=True)

    made = Budget.objects.exclude(scope="TEAM").get()
    assert (made.hours, made.hard_limit, made.soft_limit) == (24, 5, 4)
    page = response.content.decode()
    assert made.subject.replace("'", "&#x27;") in page
    assert "In the last 24 hours" in page
    again = desk.post(address("budget_add", scope), {**BUDGET, **rolling, **about})
    assert "There is such a budget already" in again.content.decode()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"hard_limit": "-1"}, "less than 0"),
        ({"hard_limit": "much"}, "Enter a number"),
        ({"hard_limit": ""}, "Enter a hard limit, a soft one, or both"),
        ({"window": "ROLLING", "hours": ""}, "1 to 720"),
        ({"window": "ROLLING", "hours": "721"}, "1 to 720"),
        ({"person": "nobody"}, "not exactly one person with this address"),
        ({"soft_limit": "5.01"}, "less than the hard limit"),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused_with_a_sentence(desk, typed, sentence):
    response = desk.post(address("budget_add", "person"), {**BUDGET, **typed})

    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not Budget.objects.exists()


@pytest.mark.parametrize(
    ("worst_case", "limit", "said"),
    [
        ("0.0141", "0.05", "could cost up to 0.02 USD, and you have 0.01 of 0.05"),
        ("0.0000004", "0", "could cost up to 0.000001 USD, and you have 0.00 of 0.00"),
    ],
)
def test_a_refusal_rounds_what_a_call_costs_up_and_what_is_left_down(desk, maya, sales, model, worst_case, limit, said):
    price, now = Price(Decimal(1), Decimal(1), "USD"), timezone.now()
    budgets.reserve(person=maya, team=sales, model=model, price=price, amount=Decimal("0.036"), now=now)
    desk.post(address("budget_add", "person"), {**BUDGET, "person": "maya", "hard_limit": limit})
    LanguageModel.objects.update(
        input_price=0, output_price=Decimal(worst_case) * 1_000_000, max_output_tokens=1, currency="USD"
    )

    with pytest.raises(OverBudget, match=said):
        ask(maya, sales, model)


def test_removing_a_budget_is_recorded_once(desk, model):
    budget = Budget.objects.get()

    desk.post(address("budget_remove", budget.pk))
    assert desk.post(address("budget_remove", budget.pk)).status_code == 404

    assert not Budget.objects.exists()
    assert [event.action for event in Event.objects.all()] == ["BUDGET_REMOVED"]


def test_the_page_shows_what_is_spent_held_and_left_and_teams_without_a_budget(desk, maya, sales, model, make_team):
    legal = make_team("Legal")
    price, now = Price(Decimal(1), Decimal(1), "USD"), timezone.now()
    for amount in ("70.5", "10.25"):
        held = budgets.reserve(person=maya, team=sales, model=model, price=price, amount=Decimal(amount), now=now)
        if amount == "70.5":
            budgets.settle(held.pk, input_tokens=60_500_000, output_tokens=0, now=now)

    page = desk.get(address("budgets")).content.decode()

    assert "60.50 of 100.00 USD" in page
    assert "10.25" in page
    assert "29.25" in page
    assert 'value="70"' in page
    assert f"?team={legal.pk}" in page


def test_a_limit_of_pace_is_set_changed_and_removed_on_the_record(desk, maya, sales, model):
    desk.post(address("rate_add", "person"), {"person": "maya", "requests": "1", "tokens": "", "streams": ""})
    ask(maya, sales, model)
    with pytest.raises(TooFast):
        ask(maya, sales, model)
    limit = RateLimit.objects.get()

    desk.post(address("rate", limit.pk), {"requests": "2", "tokens": "", "streams": ""})
    ask(maya, sales, model)
    nothing = desk.post(address("rate", limit.pk), {"requests": "", "tokens": "", "streams": ""})
    assert "Enter at least one limit" in nothing.content.decode()
    desk.post(address("rate_remove", limit.pk))
    ask(maya, sales, model)

    actions = [event.action for event in Event.objects.order_by("id")]
    assert actions == ["RATE_LIMIT_SET", "RATE_LIMIT_SET", "RATE_LIMIT_REMOVED"]


def test_the_rules_of_the_guard_are_changed_on_the_record_and_nonsense_is_refused(desk):
    desk.post(address("limits_rules"), RULES)
    refused = desk.post(address("limits_rules"), {**RULES, "stop_after": "5"}).content.decode()

    assert RunawayRules.objects.get().run_ceiling == Decimal("3.50")
    assert "more than the number from which it is slowed" in refused
    assert Event.objects.get().details["slow_after"] == [8, 5]


def test_a_stop_is_shown_and_lifted_on_the_record(desk, stop):
    assert "20 calls, 1.50 CHF spent" in desk.get(address("limits")).content.decode()

    key = key_of(stop.person, Team.objects.get())
    LoopStop.objects.update(key_id=key.pk)
    page = desk.get(address("limits")).content.decode()
    assert "key CI · Maya, Sales" in page
    assert str(key.pk) not in page.partition("<form")[2].partition("Known to repeat")[0]

    desk.post(address("stop_lift", stop.pk))
    desk.post(address("stop_lift", stop.pk))

    stop.refresh_from_db()
    assert stop.lifted_by.username == "david"
    assert [event.action for event in Event.objects.all()] == ["LOOP_STOP_LIFTED"]


def test_known_repetition_is_marked_once_and_unmarked(desk, maya, sales):
    for _ in range(2):
        desk.post(address("batch_mark"), {"person": "maya", "key_id": ""})
    both = desk.post(address("batch_mark"), {"person": "maya", "key_id": str(key_of(maya, sales).pk)})
    assert "one of them" in both.content.decode()

    desk.post(address("batch_unmark", BatchMark.objects.get().pk))

    assert [event.action for event in Event.objects.order_by("id")] == ["BATCH_MARKED", "BATCH_UNMARKED"]


def key_of(person, team, name="CI"):
    now = timezone.now()
    return ApiKey.objects.create(
        kind="PERSONAL", name=name, person=person, team=team, digest=name.encode().ljust(32), ending="abcd",
        scopes=["CHAT"], created_at=now, expires_at=now + timedelta(days=9),
    )  # fmt: skip


def test_a_key_is_chosen_by_its_name_and_its_own_page_shows_its_budget(desk, maya, sales):
    key, gone = key_of(maya, sales), key_of(maya, sales, "Gone")
    ApiKey.objects.filter(pk=gone.pk).update(revoked_at=timezone.now())

    page = desk.get(f"{address('budget_add', 'key')}?key={key.pk}").content.decode()
    assert f'<option value="{key.pk}" selected>CI · Maya, Sales</option>' in page
    assert "Gone" not in page
    refused = desk.post(address("budget_add", "key"), {**BUDGET, "key_id": str(gone.pk)}).content.decode()
    assert "does not work any more" in refused
    assert not Budget.objects.exists()
    desk.post(address("budget_add", "key"), {**BUDGET, "key_id": str(key.pk)})

    budget = Budget.objects.get()
    assert (budget.key_id, budget.key_label) == (key.pk, "CI · Maya, Sales")
    shown = desk.get(f"/keys/{key.pk}/").content.decode()
    assert f'href="{address("budget", budget.pk)}"' in shown
    assert "0.00 of 5.00 USD" in shown
