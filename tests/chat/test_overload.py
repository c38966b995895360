"""A web process that answers as many questions as it may lets the next stand in line, or tells them at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import override_settings
from django.utils import timezone

from apps.chat import lifecycle
from apps.chat.line import Line, line
from apps.chat.models import Conversation, Turn
from apps.ledger.models import Outcome
from tests.api.conftest import make_key
from tests.api.programs import Program
from tests.chat.conftest import wait_for
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
        provider.wait_for_requests()

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
    with override_settings(PAGE_TURNS_AT_ONCE=0, PAGE_TURNS_IN_LINE=0):
        page = maya.begin("Hello?")
        reply = program.call("/v1/chat/completions", program.body("Hi", max_tokens=100))

    assert (page.status_code, reply.status) == (422, 200)
    assert FULL in page.content.decode()


@pytest.fixture
def one_place() -> Iterator[None]:
    with override_settings(PAGE_TURNS_AT_ONCE=1):
        yield


@pytest.fixture
def first(maya, provider, one_place) -> Turn:
    """A turn that takes the only place, until the provider goes on."""
    provider.will_answer("Dear ", PAUSE, "you.")
    maya.begin("First")
    turn = maya.newest()
    provider.wait_for_requests()
    return turn


def begun(maya: Any, text: str) -> Turn:
    """Ask where there is no place, and stand in line."""
    length = len(line)
    assert maya.begin(text).status_code == 302
    wait_for(lambda: len(line) == length + 1)
    return maya.newest()


def test_questions_beyond_the_places_stand_in_line_and_are_answered_in_their_order(maya, provider, first):
    second, third = begun(maya, "Second"), begun(maya, "Third")

    assert (line.ahead_of(second.pk), line.ahead_of(third.pk)) == (0, 1)
    assert {one.outcome for one in Turn.objects.all()} == {"OPEN"}
    assert len(provider.requests) == 1

    provider.will_answer("Two.")
    provider.will_answer("Three.")
    provider.go_on()

    assert [maya.closed(turn).outcome for turn in (first, second, third)] == ["ANSWERED"] * 3
    assert provider.received == ["First", "Second", "Third"]


def test_a_question_that_waits_in_line_is_not_taken_for_abandoned(maya, provider, first):
    second = begun(maya, "Second")
    Turn.objects.filter(pk=second.pk).update(lease_until=timezone.now() + timedelta(seconds=2.5))
    time.sleep(5)

    assert Turn.objects.get(pk=second.pk).is_open
    provider.will_answer("Two.")
    provider.go_on()
    assert maya.closed(second).outcome == "ANSWERED"


@pytest.mark.parametrize("is_told", [True, False])
def test_a_question_that_is_stopped_in_line_ends_and_is_not_sent(maya, provider, first, is_told):
    second = begun(maya, "Second")

    if is_told:
        maya.client.post(f"/turns/{second.pk}/stop")
    else:  # as by another web process
        Turn.objects.filter(pk=second.pk).update(stop_requested_at=timezone.now())

    assert maya.closed(second, seconds=8).outcome == "STOPPED"
    assert len(provider.requests) == 1
    provider.go_on()
    assert maya.closed(first).outcome == "ANSWERED"


def test_where_the_line_is_as_long_as_it_may_be_a_question_is_refused_at_once(maya, provider, first):
    with override_settings(PAGE_TURNS_IN_LINE=1):
        second = begun(maya, "Second")
        page = maya.begin("Third question")

    assert page.status_code == 422
    assert FULL in page.content.decode()
    assert "Third question</textarea>" in page.content.decode()
    provider.will_answer("Two.")
    provider.go_on()
    assert maya.closed(second).outcome == "ANSWERED"


def test_a_question_that_is_sent_twice_stands_in_line_once(maya, provider, first):
    fields = maya.form("Second", team=maya.person.teams.get().pk)
    for _ in range(2):
        maya.client.post("/c/", fields)
    wait_for(lambda: len(line) == 1)
    second = maya.newest()
    provider.will_answer("Two.")
    provider.go_on()

    assert maya.closed(second).outcome == "ANSWERED"
    assert len(provider.requests) == 2
    wait_for(lambda: not lifecycle.runner._under_way)


async def test_whoever_leaves_the_line_or_is_called_as_they_leave_keeps_no_place():
    here, ids = Line(lambda: 1), [uuid4() for _ in range(3)]
    go_on = asyncio.Event()

    async def stay(turn_id: UUID) -> None:
        async with here.place(turn_id):
            await go_on.wait()

    one, two, three = tasks = [asyncio.ensure_future(stay(turn_id)) for turn_id in ids]
    await asyncio.sleep(0)
    assert here.waiting == ids[1:]

    two.cancel()
    await asyncio.sleep(0)
    assert here.waiting == ids[2:]
    one.cancel()  # calls the third one
    await asyncio.sleep(0)
    three.cancel()
    await asyncio.wait(tasks)

    assert here.is_at_hand
    assert all(task.cancelled() for task in tasks)


def test_a_process_does_not_close_what_it_has_under_way_itself_however_late_it_is(maya, provider):
    provider.will_answer("Dear ", PAUSE, "you.")
    maya.begin("First")
    turn = maya.newest()
    provider.wait_for_requests()
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
