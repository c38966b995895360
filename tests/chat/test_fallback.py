"""When a model fails before its first word, another answers: each call on the record by itself, nothing paid twice."""

from __future__ import annotations

import time
from datetime import timedelta
from decimal import Decimal

import pytest

from apps.chat.models import Message, Turn
from apps.gateway import health, routing
from apps.gateway.models import (
    Alternate,
    AutoChoice,
    AutoRoute,
    Grant,
    LanguageModel,
    Reservation,
    SpentDay,
)
from apps.ledger.models import Intent, OpenIntent

FIRST, SECOND = "Fake Large", "Fake Small"


def record() -> list[tuple[str, str]]:
    rows = Intent.objects.order_by("started_at").values_list("model_label", "outcome__kind")
    return [(label, kind) for label, kind in rows]


def nothing_is_left_open() -> bool:
    held = Reservation.objects.filter(state="HELD").exists()
    return not held and not OpenIntent.objects.exists() and SpentDay.objects.get().reserved == 0


FAULTS = {
    "429": lambda provider: provider.will_fail(429),
    "503": lambda provider: provider.will_fail(503),
    "hung up": lambda provider: provider.will_die_after(0),
    "window": lambda provider: provider.will_fail(400, message="context_length_exceeded"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_another_model_answers_and_both_calls_are_on_the_record(maya, provider, other_provider, second, fault):
    LanguageModel.objects.filter(pk=second.pk).update(context_window=32_000)
    FAULTS[fault](provider)
    other_provider.will_answer("Here ", "I am.", usage=(20, 10))

    turn = maya.ask("Are you there?", uses_documents="")

    assert turn.outcome == "ANSWERED", turn.sentence
    assert record() == [(FIRST, "FAILED"), (SECOND, "ANSWERED")]
    first, then = Intent.objects.order_by("started_at")
    assert first.turn_id == then.turn_id == turn.pk
    assert then.started_at - first.started_at < timedelta(seconds=2)
    assert provider.everything.count(b"Are you there?") == other_provider.everything.count(b"Are you there?") == 1
    page = maya.page(turn)
    assert "Here I am." in page
    assert f"so {SECOND} was asked." in page
    assert nothing_is_left_open()


def test_the_money_is_that_of_the_calls_to_the_cent(maya, provider, other_provider, second):
    provider.will_fail(503)
    other_provider.will_answer("Here I am.", usage=(20, 10))

    turn = maya.ask("Are you there?", uses_documents="")

    price = Decimal(20 * 1 + 10 * 2) / 1_000_000
    assert turn.cost == price == SpentDay.objects.get().spent
    assert nothing_is_left_open()


@pytest.mark.parametrize("fault", ["connection lost", "garbage"])
def test_after_the_first_word_nobody_else_is_asked(maya, provider, other_provider, second, fault):
    if fault == "garbage":
        provider.will_send_garbage(after=["Once upon"])
    else:
        provider.will_die_after(1, "Once upon", " a time")

    turn = maya.ask("Tell me a story", uses_documents="")

    assert (turn.outcome, other_provider.requests) == ("FAILED", [])
    assert record() == [(FIRST, "FAILED")]
    assert "Once upon" in maya.page(turn)


def test_where_everybody_fails_the_person_learns_it_from_the_last(maya, provider, other_provider, second):
    provider.will_fail(503)
    other_provider.will_fail(429)

    turn = maya.ask("Are you there?", uses_documents="")

    assert (turn.outcome, turn.reason) == ("FAILED", "RATE_LIMITED")
    assert record() == [(FIRST, "FAILED"), (SECOND, "FAILED")]
    assert (len(provider.requests), len(other_provider.requests)) == (1, 1)
    assert nothing_is_left_open()


def test_a_model_that_the_team_lost_meanwhile_is_not_asked(maya, provider, other_provider, second):
    Grant.objects.create(model=second, effect="DENY")
    provider.will_fail(503)

    turn = maya.ask("Are you there?", uses_documents="")

    assert (turn.outcome, turn.reason, other_provider.requests) == ("FAILED", "PROVIDER_ERROR", [])
    assert record() == [(FIRST, "FAILED")]
    assert nothing_is_left_open()


def test_a_model_that_is_down_is_passed_over_and_the_person_reads_so(maya, model, provider, other_provider, second):
    for _ in range(3):
        health.note_fault(model.pk, routing.FaultKind.PROVIDER_ERROR)
    health.should_try_again(model.pk, clock=time.monotonic())
    other_provider.will_answer("Here I am.")

    turn = maya.ask("Are you there?", uses_documents="")

    assert (turn.model_label, provider.requests) == (SECOND, [])
    assert turn.route_note == f"{FIRST} is down, so {SECOND} was asked."


def test_a_model_that_hangs_at_its_first_call_is_given_up_within_two_seconds(maya, provider, other_provider, second):
    provider.will_hang_before_headers()
    other_provider.will_answer("Here I am.")

    turn = maya.ask("Are you there?", uses_documents="")

    first, then = Intent.objects.order_by("started_at")
    assert (turn.outcome, record()) == ("ANSWERED", [(FIRST, "FAILED"), (SECOND, "ANSWERED")])
    assert then.started_at - first.started_at < timedelta(seconds=2)


def test_an_alternate_that_hangs_is_given_up_as_soon_where_one_more_is_left(
    maya, model, provider, other_provider, second, settings
):
    settings.MODEL_PATIENCE_SECONDS = 0.3
    third = LanguageModel.objects.create(
        provider=model.provider, label="Fake Third", upstream_id="fake-third", context_window=16_000,
        max_output_tokens=500, input_price=Decimal(1), output_price=Decimal(2), is_on=True,
    )  # fmt: skip
    Grant.objects.create(model=third)
    Alternate.objects.create(model=model, alternate=third, position=1)
    provider.will_hang_before_headers()
    other_provider.will_hang_before_headers()
    provider.will_answer("Here I am.", seconds_before=0.5)

    turn = maya.ask("Are you there?", uses_documents="")

    assert (turn.outcome, turn.model_label) == ("ANSWERED", "Fake Third")  # the last one is given all the time there is
    assert record() == [(FIRST, "FAILED"), (SECOND, "FAILED"), ("Fake Third", "ANSWERED")]
    assert nothing_is_left_open()


def test_an_automatic_choice_is_told_and_can_be_overruled(maya, model, provider, other_provider, second):
    AutoRoute.objects.create(team=model.grants.get().team, is_on=True)
    other_provider.will_answer("Hello.", usage=(20, 10))

    easy = maya.ask("Hello there", uses_documents="", model="auto")

    assert (easy.model_label, easy.is_auto, easy.outcome) == (SECOND, True, "ANSWERED")
    assert f"Auto chose {SECOND}: easy" in maya.page(easy)
    choice = AutoChoice.objects.get()
    assert (choice.model_label, choice.largest_label, choice.is_hard) == (SECOND, FIRST, False)
    assert choice.reservation_id == easy.reservation_id

    provider.will_answer("Good day.")
    answer = maya.client.post(f"/turns/{easy.pk}/another", {"model": str(model.pk)})
    assert answer.status_code == 302
    overruled = maya.closed(maya.newest())

    assert (overruled.model_label, overruled.is_auto, overruled.retry_of_id) == (FIRST, False, easy.pk)
    provider.will_answer("def answer(): ...")
    hard = maya.ask("Write a Python function, step by step", easy.conversation_id, uses_documents="", model="auto")
    assert hard.model_label == FIRST
    history = [message["content"] for message in provider.requests[-1]["messages"]]
    assert "Good day." in history
    assert "Hello." not in history
    assert maya.client.post(f"/turns/{easy.pk}/another", {"model": str(model.pk)}).status_code == 302
    assert Turn.objects.filter(retry_of=easy).count() == 1
    assert Message.objects.count() == 6


def test_the_automatic_route_is_refused_where_no_admin_switched_it_on(maya, provider, other_provider, second):
    turn = maya.ask("Hello there", uses_documents="", model="auto")

    assert (turn.outcome, turn.reason) == ("REFUSED", "MODEL_NOT_ALLOWED")
    assert provider.requests == other_provider.requests == []
