"""A web process that answers as many questions as it may tells the next at once, and loses nothing of it."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from apps.chat.models import Conversation, Turn
from apps.ledger.models import Outcome
from tests.api.conftest import make_key
from tests.api.programs import Program
from tests.fake_provider import PAUSE

__all__ = ["make_key"]
FULL = "as many questions at once as it can"


@pytest.fixture
def sales(make_team: Any) -> Any:
    return make_team("Sales")


def test_a_question_beyond_the_most_is_answered_at_once_and_stays_in_its_form(maya, provider):
    provider.will_answer("Dear ", PAUSE, "you.")
    with override_settings(TURNS_AT_ONCE=1):
        maya.begin("First")
        first = maya.newest()
        provider.wait_for_requests(seconds=20)

        page = maya.begin("Second question")
        assert page.status_code == 422
        assert FULL in page.content.decode()
        assert "Second question</textarea>" in page.content.decode()
        assert (Turn.objects.count(), Conversation.objects.count()) == (1, 1)

        provider.go_on()
        closed = maya.closed(first)
        provider.will_answer("Again.")
        assert maya.ask("Second question", closed.conversation_id).outcome == "ANSWERED"


def test_a_script_and_a_second_try_are_told_in_words_that_the_page_shows(maya, provider):
    provider.will_fail(500)
    failed = maya.ask("First")
    with override_settings(TURNS_AT_ONCE=0):
        piece = maya.send(failed.conversation_id, "And?")
        again = maya.client.post(f"/turns/{failed.pk}/retry", headers={"X-Requested-With": "fetch"})

    assert (piece.status_code, again.status_code) == (422, 409)
    assert FULL in piece.content.decode()
    assert FULL in again.content.decode()
    assert piece["Content-Type"] == again["Content-Type"] == "text/plain; charset=utf-8"
    assert Turn.objects.count() == 1


def test_a_question_sent_twice_is_not_refused_the_second_time(maya, provider):
    provider.will_answer("Yes.")
    fields = maya.form("Hello?", team=maya.person.teams.get().pk)
    maya.client.post("/c/", fields)
    turn = maya.closed(maya.newest())
    with override_settings(TURNS_AT_ONCE=0):
        answer = maya.client.post("/c/", fields)

    assert (answer.status_code, answer["Location"]) == (302, f"/c/{turn.conversation_id}/")


def test_the_chat_has_a_bound_of_its_own_which_programs_do_not_know(maya, make_key, provider):
    provider.will_answer("Hello.")
    program = Program(make_key(maya.person).secret)
    with override_settings(PAGE_TURNS_AT_ONCE=0):
        page = maya.begin("Hello?")
        reply = program.call("/v1/chat/completions", program.body("Hi", max_tokens=100))

    assert (page.status_code, reply.status) == (422, 200)
    assert FULL in page.content.decode()


def test_a_process_does_not_close_what_it_has_under_way_itself_however_late_it_is(maya, provider):
    provider.will_answer("Dear ", PAUSE, "you.")
    maya.begin("First")
    turn = maya.newest()
    provider.wait_for_requests(seconds=20)
    for _ in range(20):  # its own renewals come too late each time
        Turn.objects.filter(pk=turn.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        time.sleep(0.3)

    provider.go_on()

    assert maya.closed(turn).outcome == "ANSWERED"


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
def test_a_program_is_refused_with_503_and_when_to_come_again_and_it_is_on_the_record(maya, make_key, provider, path):
    program = Program(make_key(maya.person).secret)
    with override_settings(TURNS_AT_ONCE=0):
        reply = program.call(path, program.body("Hi", max_tokens=100))

    assert (reply.status, reply.headers["retry-after"]) == (503, "10")
    assert FULL in reply.error["message"]
    assert [outcome.kind for outcome in Outcome.objects.all()] == ["REFUSED"]
    assert provider.requests == []
