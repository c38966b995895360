"""However it ends, the person is told, nothing leaves that should not, and the turn closes exactly once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.accounts.actors import who
from apps.chat import abandoned, plain_turns, story, turns
from apps.chat.models import Turn
from apps.gateway.models import Budget, Grant, SpentDay
from apps.ledger import records
from apps.ledger.models import Intent
from apps.ledger.records import LedgerUnavailable
from apps.privacy.engine import ScrubberUnavailable
from tests.chat.conftest import wait_for
from tests.chat.test_asking import answer_of
from tests.fake_provider import PAUSE

pytestmark = pytest.mark.django_db(transaction=True)


def outcome_of(turn: Turn) -> str:
    return Intent.objects.get(turn_id=turn.pk).outcome.kind


def nothing_is_held() -> bool:
    return not SpentDay.objects.exclude(reserved=0).exists()


def test_a_model_taken_from_the_team_refuses_the_next_message(maya, provider):
    provider.will_answer("Yes.")
    first = maya.ask("May I?")
    Grant.objects.all().delete()

    second = maya.ask("And now?", first.conversation_id)

    assert (second.outcome, second.reason) == ("REFUSED", "MODEL_NOT_ALLOWED")
    assert "not available to Sales" in second.sentence
    assert second.sentence in maya.page(second).replace("&#x27;", "'")
    assert len(provider.requests) == 1
    assert outcome_of(second) == "REFUSED"


@pytest.mark.parametrize("unknown", ["", "0190b0c0-0000-7000-8000-000000000000"])
def test_an_unknown_model_is_refused_with_a_sentence(maya, provider, unknown):
    turn = maya.ask("Hello?", model=unknown)

    assert turn.outcome == "REFUSED"
    assert turn.sentence
    assert not provider.requests


def test_a_team_over_its_budget_is_refused_before_anything_is_sent(maya, provider):
    Budget.objects.update(hard_limit=Decimal("0.001"))

    turn = maya.ask("Hello?")

    assert (turn.outcome, turn.reason) == ("REFUSED", "OVER_BUDGET")
    assert not provider.requests


@pytest.mark.parametrize("failure", [ScrubberUnavailable("x"), RuntimeError("x"), MemoryError()])
def test_a_scrubber_that_fails_lets_nothing_out(maya, provider, monkeypatch, failure):
    async def broken(*arguments, **named):
        raise failure

    monkeypatch.setattr(story, "scrub", broken)

    turn = maya.ask("My name is Grace Hopper")

    assert turn.outcome == "REFUSED"
    assert not provider.requests
    assert outcome_of(turn) == "REFUSED"
    assert nothing_is_held()


@pytest.mark.parametrize("is_plain", [True, False])
def test_without_a_record_nothing_is_sent(maya, provider, monkeypatch, is_plain):
    def unwritable(*arguments, **named):
        raise LedgerUnavailable("58030")

    if not is_plain:
        monkeypatch.setattr(plain_turns, "send_off", lambda *_, **__: None)
    monkeypatch.setattr(records, "intent_along" if is_plain else "write_intent", unwritable)

    turn = maya.ask("Hello?")

    assert (turn.outcome, turn.reason) == ("REFUSED", "LEDGER_UNAVAILABLE")
    assert not provider.requests
    assert nothing_is_held()


def test_a_model_that_dies_in_the_middle_keeps_what_arrived(maya, provider):
    provider.will_die_after(2, "Dear <PERSON_1>, ", "here is")

    turn = maya.ask("Please greet Grace Hopper")

    assert (turn.outcome, turn.reason) == ("FAILED", "BROKE_OFF")
    assert answer_of(turn) == "Dear Grace Hopper, here is"
    assert outcome_of(turn) == "FAILED"
    assert turn.cost > 0
    assert nothing_is_held()
    assert "Try again" in maya.page(turn)


def test_a_model_that_falls_silent_is_given_up_after_the_gap(maya, provider, settings):
    settings.MODEL_GAP_SECONDS = 0.3
    provider.will_hang_after(1, "Well, ")

    turn = maya.ask("Hello?")

    assert (turn.outcome, turn.reason) == ("FAILED", "FELL_SILENT")
    assert answer_of(turn) == "Well, "


def test_a_model_that_is_down_is_a_clear_end(maya, provider):
    provider.stop()

    turn = maya.ask("Hello?")

    assert (turn.outcome, turn.reason) == ("FAILED", "UNREACHABLE")
    assert turn.cost == 0


def test_stopping_cancels_the_call_and_keeps_what_arrived(maya, provider):
    provider.will_answer("One, ", "two, ", PAUSE, "three.")
    maya.begin("Count")
    turn = maya.newest()
    wait_for(lambda: Turn.objects.get(pk=turn.pk).last_frame)

    maya.client.post(f"/turns/{turn.pk}/stop")

    turn = maya.closed(turn, seconds=3)
    provider.wait_for_disconnects()
    assert turn.outcome == "STOPPED"
    assert answer_of(turn).startswith("One, ")
    assert "three" not in answer_of(turn)
    assert outcome_of(turn) == "STOPPED"


def test_leaving_the_page_does_not_stop_the_answer(maya, provider):
    provider.will_answer("One, ", PAUSE, "two.")
    maya.begin("Count")
    turn = maya.newest()
    maya.client.logout()

    provider.wait_for_requests()
    provider.go_on()

    assert answer_of(maya.closed(turn)) == "One, two."


def test_trying_again_asks_the_same_question_in_a_new_turn(maya, provider):
    provider.will_fail(500)
    failed = maya.ask("Please greet Grace Hopper")
    provider.will_answer("Hello <PERSON_1>.")

    maya.client.post(f"/turns/{failed.pk}/retry")

    again = maya.closed(maya.newest())
    assert again.retry_of_id == failed.pk
    assert answer_of(again) == "Hello Grace Hopper."
    assert provider.received == ["Please greet <PERSON_1>"] * 2
    assert "Asked again below" in maya.page(again)


def test_an_answered_turn_is_not_asked_again(maya, provider):
    provider.will_answer("Yes.")
    turn = maya.ask("Hello?")

    response = maya.client.post(f"/turns/{turn.pk}/retry", headers={"X-Requested-With": "fetch"})

    assert response.status_code == 409
    assert Turn.objects.count() == 1


def test_a_second_question_waits_for_the_first_answer(maya, provider):
    provider.will_answer("One, ", PAUSE, "two.")
    maya.begin("Count")
    turn = maya.newest()

    response = maya.send(turn.conversation_id, "And?")

    assert response.status_code == 422
    assert "still being answered" in response.content.decode()
    provider.wait_for_requests()
    provider.go_on()
    maya.closed(turn)


def test_a_turn_whose_process_died_is_closed_with_what_arrived(maya, provider, monkeypatch):
    provider.will_answer("Dear <PERSON_1>, ", PAUSE, "welcome.")
    maya.begin("Please greet Grace Hopper")
    turn = maya.newest()
    wait_for(lambda: Turn.objects.get(pk=turn.pk).last_frame)

    closed = abandoned.close_abandoned(now=timezone.now() + timedelta(seconds=60))

    assert [turn_id for _, turn_id in closed] == [turn.pk]
    turn.refresh_from_db()
    assert (turn.outcome, turn.reason) == ("FAILED", "INTERRUPTED")
    assert answer_of(turn) == "Dear Grace Hopper, "
    intent = Intent.objects.get(turn_id=turn.pk)
    assert intent.search.answer_text == "Dear <PERSON_1>, "
    provider.wait_for_disconnects()
    assert nothing_is_held()


def test_an_exchange_without_a_turn_whose_process_died_is_concluded_as_unknown(maya, runner):
    now = timezone.now() - timedelta(minutes=10)
    intent_id = turns.records.open_intent(
        who=who(maya.person),
        door="BROWSER",
        purpose="CONNECTION_TEST",
        conversation_id=None,
        turn_id=None,
        model_label="Fake Large",
        provider_label="Fake cloud",
        egress_class="OUTSIDE",
        sealed_payload=b"",
        left_text="ping",
        masked=(),
        passages=(),
        policy_version="1",
        prompt_version="1",
        now=now,
    )

    abandoned.conclude_forgotten(now=timezone.now())

    assert Intent.objects.get(pk=intent_id).outcome.kind == "UNKNOWN"


def test_an_empty_answer_is_said_to_be_one(maya, provider):
    provider.will_answer(" ")

    turn = maya.ask("Hello?")

    assert (turn.outcome, turn.reason) == ("FAILED", "EMPTY_ANSWER")


@pytest.mark.parametrize(
    ("text", "part"),
    [("", "empty"), (" \n ", "empty"), ("x" * 200_001, "200,000"), ("PK\x03\x04\x00\x00binary", "binary")],
)
def test_what_cannot_be_asked_is_said_and_kept(maya, provider, text, part):
    response = maya.begin(text)

    assert response.status_code == 422
    assert part in response.content.decode()
    assert not Turn.objects.exists()
    assert not provider.requests
