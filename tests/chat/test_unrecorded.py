"""What cannot be put on the record is not sent, and the person reads so at once; it closes when the record is back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from apps.chat import abandoned, plain_turns, turns
from apps.chat.models import Turn
from apps.gateway.models import Reservation
from apps.ledger.models import Intent, Outcome
from tests.chat.conftest import wait_for
from tests.ledger.ways import unwritable

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 60
SENTENCE = "Nothing was sent: the audit record cannot be written at the moment."
WAYS_AFTER_THE_TURN_BEGAN = ["right taken", "trigger raises", "unknown form", "search rows refused"]


@pytest.fixture
def as_superuser(postgres: Any) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("way", WAYS_AFTER_THE_TURN_BEGAN)
def test_the_page_says_that_nothing_was_sent_and_the_turn_closes_once_it_can(
    maya: Any, provider: Any, as_superuser: Any, way: str
) -> None:
    with unwritable(as_superuser, way):
        maya.begin("Hello?")
        turn = maya.newest()
        wait_for(lambda: Turn.objects.filter(pk=turn.pk, step="NOT_SENT").exists(), PATIENCE)
        shown = maya.page(turn)

    closed = maya.closed(turn, PATIENCE)

    assert SENTENCE in shown
    assert (closed.outcome, closed.reason) == ("REFUSED", "LEDGER_UNAVAILABLE")
    assert provider.everything == b""
    assert Outcome.objects.get(intent__turn_id=turn.pk).kind == "REFUSED"
    assert not Reservation.objects.exists()


def test_a_question_that_cannot_even_be_kept_is_answered_with_not_ready(
    maya: Any, provider: Any, as_superuser: Any
) -> None:
    maya.client.raise_request_exception = False

    with unwritable(as_superuser, "pending gone"):
        response = maya.begin("Hello?")

    assert response.status_code == 503
    assert "cannot be reached or written" in response.content.decode()
    assert not Turn.objects.exists()


def test_an_answer_that_cannot_be_recorded_is_kept_open_with_a_sentence_and_then_closed(
    maya: Any, provider: Any, as_superuser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.will_answer("Yes.")
    close_turn = plain_turns.close_turn

    def close(*job: Any, **at: Any) -> Any:
        if Turn.objects.filter(pk=maya.newest().pk, step="NOT_CLOSED").exists():
            return close_turn(*job, **at)
        with unwritable(as_superuser, "search rows refused"):
            as_superuser.execute("REVOKE INSERT ON ledger_outcome FROM portcullis_app")
            try:
                return close_turn(*job, **at)
            finally:
                as_superuser.execute("GRANT INSERT ON ledger_outcome TO portcullis_app")

    monkeypatch.setattr(plain_turns, "close_turn", close)

    maya.begin("Hello?")
    turn = maya.closed(maya.newest(), PATIENCE)

    assert turn.outcome == "ANSWERED"
    assert turn.messages.filter(author="MODEL").count() == 1
    assert Intent.objects.get(turn_id=turn.pk).outcome.kind == "ANSWERED"


def test_a_turn_that_waits_for_the_record_is_not_taken_for_abandoned(
    maya: Any, provider: Any, as_superuser: Any
) -> None:
    with unwritable(as_superuser, "trigger raises"):
        maya.begin("Hello?")
        turn = maya.newest()
        wait_for(lambda: Turn.objects.filter(pk=turn.pk, step="NOT_SENT").exists(), PATIENCE)
        waiting = Turn.objects.get(pk=turn.pk)

        swept = abandoned.close_abandoned(now=waiting.lease_until - turns.LEASE / 2)

    assert swept == []
    assert maya.closed(turn, PATIENCE).reason == "LEDGER_UNAVAILABLE"


def test_a_conversation_can_be_read_while_the_record_of_looks_cannot(
    maya: Any, provider: Any, as_superuser: Any
) -> None:
    provider.will_answer("The answer stays.")
    turn = maya.ask("Hello?")

    with unwritable(as_superuser, "table gone"):
        response = maya.client.get(f"/c/{turn.conversation_id}/")
    page = response.content.decode()

    assert response.status_code == 200
    assert "The answer stays." in page
    assert "Who looked at this cannot be read at the moment." in page
    assert "cannot be read at the moment" not in maya.page(turn)
