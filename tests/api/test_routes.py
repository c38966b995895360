"""A program's call takes the same ways through models as a person's: another model before the first word, and Auto."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

from apps.gateway.models import AutoChoice, AutoRoute, Reservation, SpentDay
from apps.ledger.models import Intent, OpenIntent

FIRST, SECOND = "Fake Large", "Fake Small"


def record():
    return list(Intent.objects.order_by("started_at").values_list("model_label", "outcome__kind"))


def test_another_model_answers_a_program_and_both_calls_are_on_the_record(program, provider, other_provider, second):
    provider.will_fail(503)
    other_provider.will_answer("Here I am.", usage=(20, 10))

    answer = program.chat("Are you there?", model=FIRST)

    assert (answer.status, answer.json["model"]) == (200, SECOND)
    assert record() == [(FIRST, "FAILED"), (SECOND, "ANSWERED")]
    assert SpentDay.objects.get().spent == Decimal(40) / 1_000_000
    assert not Reservation.objects.filter(state="HELD").exists()
    assert not OpenIntent.objects.exists()


def test_auto_is_a_model_of_the_api_where_a_team_has_it(program, provider, other_provider, second, model):
    assert program.chat("Hello", model="auto").status == 404

    AutoRoute.objects.create(team=model.grants.get().team, is_on=True)
    other_provider.will_answer("Hello.")
    provider.will_answer("Step one.")
    answers = [program.chat(text, model="auto") for text in ("Hello", "Prove it step by step, now")]

    assert [answer.json["model"] for answer in answers] == [SECOND, FIRST]
    assert list(AutoChoice.objects.order_by("created_at").values_list("is_hard", flat=True)) == [False, True]


def test_an_outage_is_caught_whole_and_does_not_multiply_the_calls(program, provider, other_provider, second):
    """Sixty calls at a provider that fails from the twentieth on: nobody sees it, and it is soon left alone."""
    provider.always_answers("Hello.")
    other_provider.always_answers("Hello.")
    statuses = []
    for number in range(60):
        if number == 20:
            provider.always_says(lambda body: None)
        statuses.append(program.chat(f"Question {uuid4()}", model=FIRST).status)

    calls = len(provider.requests) + len(other_provider.requests)
    assert statuses == [200] * 60
    assert calls / 60 < 1.2
    assert len(provider.requests) < 20 + 10
