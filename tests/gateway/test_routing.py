"""Who answers for a model that cannot: only whom the team may use, as far inside, in its region, within a budget."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations, product

import pytest

from apps.gateway import health, routing
from apps.gateway.models import Alternate, Grant, LanguageModel, Provider
from apps.gateway.routing import RetryBudget
from apps.gateway.upstream import FaultKind
from tests.gateway.conftest import make_prompt

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
ANY, LISTED = LanguageModel.Fallback.ANY_IN_CLASS, LanguageModel.Fallback.LISTED
DOWN = FaultKind.UNREACHABLE


@pytest.fixture(autouse=True)
def full_budget(monkeypatch):
    monkeypatch.setattr(routing, "retries", RetryBudget())
    monkeypatch.setattr(routing, "blind_retries", RetryBudget(routing.BLIND_RETRIES_AT_MOST))


@pytest.fixture
def sales(make_team):
    return make_team("Sales")


@pytest.fixture
def maya(make_person, sales):
    return make_person("maya", teams=("Sales",))


@pytest.fixture
def add(sales):
    """Add a model at a provider of its own."""

    def make(
        label, *, egress_class="OUTSIDE", region="eu", kind="OPENAI_COMPATIBLE", teams=(sales,), window=8192, **facts
    ):
        home = Provider.objects.create(
            name=f"Home of {label}", kind=kind, egress_class=egress_class, region=region, is_on=True
        )
        model = LanguageModel.objects.create(
            provider=home, label=label, upstream_id="x", context_window=window, max_output_tokens=100,
            input_price=1, output_price=facts.pop("price", 1), is_on=True, **facts,
        )  # fmt: skip
        Grant.objects.bulk_create(Grant(team=team, model=model) for team in teams)
        return model

    return make


@pytest.fixture
def others(maya, sales):
    def ask(model):
        return [other.label for other in routing.alternates(model, person=maya, team=sales, now=NOW)]

    return ask


@pytest.fixture
def after(maya, sales):
    """Who answers after a fault."""

    def ask(model, kind=DOWN, *, tried=(), prompt=None):
        tried = {model.pk, *(other.pk for other in tried)}
        asked = {"prompt": prompt or make_prompt("Hello"), "person": maya, "team": sales, "now": NOW}
        found = routing.next_model(model, kind, failed=model, tried=tried, **asked)
        return found.label if found else None

    return ask


def test_nobody_answers_for_a_model_unless_an_admin_said_so(add, others, django_assert_num_queries):
    model = add("First")
    add("Second")

    with django_assert_num_queries(0):
        assert others(model) == []


@pytest.mark.parametrize("fallback", [ANY, LISTED])
def test_no_answer_comes_from_further_outside_or_another_region(add, others, fallback):
    places = list(product(["INSIDE", "OUTSIDE"], ["eu", "us", ""]))
    models = {place: add(f"at {place}", egress_class=place[0], region=place[1], fallback=fallback) for place in places}
    for model, other in permutations(models.values(), 2):
        Alternate.objects.create(model=model, alternate=other, position=0)

    for mine, theirs in permutations(places, 2):
        is_as_far_inside = mine[0] == "OUTSIDE" or theirs[0] == "INSIDE"
        is_in_region = mine[1] in ("", theirs[1])
        assert (f"at {theirs}" in others(models[mine])) == (is_as_far_inside and is_in_region), (mine, theirs)


def test_the_model_on_this_machine_is_in_every_region(add, others):
    add("Local", kind="EMBEDDED", egress_class="INSIDE", region="This machine")

    assert others(add("First", region="us", fallback=ANY)) == ["Local"]


def test_a_model_that_the_team_may_not_use_never_answers(add, others, make_team, sales):
    model = add("First", fallback=ANY)
    add("Of another team", teams=(make_team("Legal"),))
    denied = add("Denied")
    Grant.objects.create(team=sales, model=denied, effect="DENY")
    add("Off")
    LanguageModel.objects.filter(label="Off").update(is_on=False)

    assert others(model) == []


def test_alternates_are_tried_in_the_order_the_admin_gave(add, after):
    model = add("First", fallback=LISTED)
    one, two, _ = add("One"), add("Two"), add("Not listed")
    Alternate.objects.create(model=model, alternate=two, position=0)
    Alternate.objects.create(model=model, alternate=one, position=1)

    assert after(model) == "Two"
    assert after(model, tried=[two]) == "One"
    assert after(model, tried=[one, two]) is None


def test_without_a_list_another_provider_of_a_like_price_comes_first(add, others):
    model = add("First", price=10, fallback=ANY)
    add("Cheap", price=1)
    add("Alike", price=11)
    LanguageModel.objects.create(
        provider=model.provider, label="Same home", upstream_id="x", context_window=9, max_output_tokens=9,
        input_price=1, output_price=10, is_on=True,
    )  # fmt: skip
    Grant.objects.create(team=Grant.objects.first().team, model=LanguageModel.objects.get(label="Same home"))

    assert others(model) == ["Alike", "Cheap", "Same home"]


def test_a_model_that_lacks_what_the_first_can_do_does_not_answer_by_itself(add, others):
    model = add("First", capabilities=["chat", "tools"], fallback=ANY)
    add("Talks only", capabilities=["chat"])
    add("Calls tools", capabilities=["chat", "json", "tools"])
    add("Embeds", capabilities=["embeddings"])

    assert others(model) == ["Calls tools"]


def test_the_other_models_of_an_unreachable_provider_are_not_asked(add, after):
    model = add("First", fallback=ANY)
    sibling = add("Sibling")
    LanguageModel.objects.filter(pk=sibling.pk).update(provider=model.provider)

    assert after(model, FaultKind.UNREACHABLE) is None
    assert after(model, FaultKind.RATE_LIMITED) == "Sibling"


def test_a_prompt_that_is_too_long_goes_to_a_larger_window_only(add, after):
    model = add("First", fallback=ANY)
    add("As small")
    add("Larger", window=100_000, price=50)

    assert after(model, FaultKind.TOO_LONG) == "Larger"


@pytest.mark.parametrize("kind", sorted(set(FaultKind) - routing.ANOTHER_MAY_ANSWER))
def test_a_message_that_was_refused_and_an_answer_that_had_begun_are_not_sent_around(add, after, kind):
    model = add("First", fallback=ANY)
    add("Second")

    assert after(model, kind) is None


def test_a_model_that_is_down_is_replaced_from_the_start_and_tried_again_now_and_then(add, maya, sales):
    model = add("First", fallback=ANY)
    add("Second")
    assert routing.instead_of_down(model, person=maya, team=sales, now=NOW) is None

    for _ in range(3):
        health.note_fault(model.pk, FaultKind.PROVIDER_ERROR)
    trial, other = (routing.instead_of_down(model, person=maya, team=sales, now=NOW) for _ in range(2))

    assert trial is None
    assert other is not None
    assert other.label == "Second"


def test_an_outage_does_not_multiply_the_calls():
    budget, calls = RetryBudget(), 0
    for _ in range(1000):
        budget.note_call()
        calls += 1 + budget.take()

    assert calls / 1000 < 1.2


def test_the_first_forty_calls_of_a_sudden_outage_all_get_another_model():
    budget = RetryBudget()

    assert [budget.take() for _ in range(41)] == [True] * 40 + [False]


def test_the_first_word_may_take_six_times_as_long_as_usual_or_what_an_admin_stated(add, settings):
    model = add("First", fallback=ANY)

    assert routing.patience(model) == settings.MODEL_PATIENCE_SECONDS == 1.5  # nothing is known at the first call
    health.note_answer(model.pk, 0.1)
    assert routing.patience(model) == 1.5
    model.first_word_seconds = 20
    assert routing.patience(model) == 20
    model.first_word_seconds = None
    for _ in range(40):
        health.note_answer(model.pk, 1.0)
    assert routing.patience(model) == pytest.approx(6.0, abs=0.1)


def test_a_model_of_which_nobody_knows_is_tried_four_times_and_one_that_answers_as_often_as_all(add, after):
    model, second = add("First", fallback=ANY), add("Second", window=100_000)

    assert [after(model) for _ in range(5)] == ["Second"] * 4 + [None]
    assert after(model, FaultKind.TOO_LONG) == "Second"  # that is no outage
    health.note_answer(second.pk, 0.3)
    assert [after(model) for _ in range(39)] == ["Second"] * 39
    assert after(model) is None
