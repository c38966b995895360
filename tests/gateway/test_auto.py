"""The automatic route: points that the documentation shows, among what a person may call, measured and told."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from apps.gateway import auto, health
from apps.gateway.auto import Question
from apps.gateway.models import AutoRoute, Grant, LanguageModel
from apps.gateway.upstream import FaultKind
from tests.gateway.auto_questions import HELD_OUT, SEEN

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
PAGE = (Path(__file__).resolve().parents[2] / "docs" / "gateway.md").read_text()


@pytest.fixture
def sales(make_team):
    return make_team("Sales")


@pytest.fixture
def maya(make_person, sales):
    return make_person("maya", teams=("Sales",))


@pytest.fixture
def models(make_model, sales):
    """Three models by what they cost."""
    AutoRoute.objects.create(team=sales, is_on=True)
    return {label: make_model(sales, label=label, price=price) for label, price in (("S", 1), ("M", 3), ("L", 9))}


@pytest.fixture
def chosen(maya, sales):
    def ask(text, **about):
        choice = auto.choose(Question(text, **about), person=maya, team=sales, now=NOW)
        return choice and choice.model.label

    return ask


def test_easy_goes_to_the_cheapest_and_hard_to_the_dearest(models, chosen):
    assert chosen("Hello there") == "S"
    assert chosen("Prove that there are infinitely many primes, step by step") == "L"


def test_the_two_models_that_the_admin_named_are_taken_while_the_person_may_call_them(models, chosen, sales):
    AutoRoute.objects.update(small=models["M"], large=models["S"])
    assert (chosen("Hello"), chosen("Prove it to me, step by step")) == ("M", "S")

    Grant.objects.create(model=models["M"], team=sales, effect="DENY")
    assert chosen("Hello") == "S"


def test_nothing_is_chosen_that_the_person_may_not_call(models, chosen, make_model, make_team):
    make_model(make_team("Legal"), label="Dearest", price="99")
    LanguageModel.objects.filter(label="L").update(is_on=False)

    assert chosen("Prove it to me, step by step") == "M"
    Grant.objects.all().delete()
    assert chosen("Prove it to me, step by step") is None


def test_nothing_is_chosen_for_a_team_without_the_route(models, chosen):
    AutoRoute.objects.update(is_on=False)

    assert chosen("Hello") is None


def test_a_model_that_is_down_is_passed_over(models, chosen):
    for _ in range(3):
        health.note_fault(models["S"].pk, FaultKind.UNREACHABLE)

    assert chosen("Hello") == "M"


def test_a_question_that_the_small_window_cannot_hold_goes_to_the_large_one(models, chosen):
    LanguageModel.objects.filter(label="S").update(context_window=1024, max_output_tokens=100)

    assert chosen("hello " * 600) == "L"


def test_the_reason_names_features_and_not_a_word_of_the_question(models, maya, sales):
    choice = auto.choose(Question("Compare Zanzibar with Ljubljana"), person=maya, team=sales, now=NOW)

    assert choice.why == "hard (asks for reasoning)"


@pytest.mark.parametrize("feature", auto.FEATURES, ids=lambda feature: feature.words)
def test_the_documentation_shows_every_feature_with_its_points(feature):
    assert f"| {feature.words} | {feature.points} |" in PAGE


def test_every_feature_holds_for_something_and_not_for_everything():
    questions = [Question(text) for _, text in SEEN + HELD_OUT]
    questions += [
        Question("x " * 2000, history_characters=9000, has_tools=True),
        Question("1. a\n2. b\n3. c\n4. d"),
        Question("Why? How? When?"),
        Question("Hi"),
    ]
    for feature in auto.FEATURES:
        held = [feature.holds(question) for question in questions]
        assert any(held), feature.words
        assert not all(held), feature.words


@pytest.mark.parametrize(("questions", "hard", "easy"), [(SEEN, 25, 25), (HELD_OUT, 15, 25)], ids=["seen", "held out"])
def test_the_rule_is_as_good_as_the_documentation_says(questions, hard, easy):
    right = [is_hard for is_hard, text in questions if auto.judge(Question(text)).is_hard == is_hard]

    assert (right.count(True), right.count(False)) == (hard, easy)
    assert len(questions) == 50
    assert re.search(rf"{hard} of 25 hard", PAGE)


def test_a_hostile_text_is_judged_quickly():
    for text in ("if " * 60_000, "how many " * 20_000, "{ \n" * 60_000, "write " * 30_000, "a" * 200_000):
        begun = time.process_time()
        auto.judge(Question(text))
        assert time.process_time() - begun < 1, text[:20]
