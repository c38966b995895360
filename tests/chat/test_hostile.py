"""What an enemy or an unlucky moment does to the chat: presses a button ten times, dies in between, takes a role."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connections
from django.utils import timezone

from apps.chat import abandoned, choosing, lifecycle, plain_turns, turns
from apps.chat.forms import Question
from apps.chat.models import Conversation, Turn
from apps.gateway import budgets
from apps.gateway.models import Reservation, SpentDay
from apps.ledger import records
from apps.ledger.models import Intent, Outcome
from apps.privacy import destruction
from apps.privacy.scrub import Draft, scrub
from apps.privacy.vault import Vault
from tests.chat.conftest import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


def all_at_once(many: int, act) -> list:
    """Do the same in many threads at the same moment; return what each gave or raised."""
    gate, done = threading.Barrier(many), []

    def one() -> None:
        gate.wait()
        try:
            done.append(act())
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            done.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return done


def test_a_first_question_sent_ten_times_at_once_is_one_conversation(maya):
    team, key = maya.person.teams.get(), uuid4()
    question = Question("Hello?", key, maya.model.pk, uses_documents=False)

    for _ in range(3):
        all_at_once(10, lambda: turns.begin_conversation(maya.person, team=team, question=question, now=timezone.now()))

    assert Conversation.objects.count() == 1
    assert Turn.objects.count() == 1


def test_a_question_sent_ten_times_at_once_is_one_turn_and_no_error(maya, provider):
    provider.will_answer("Yes.")
    conversation = maya.ask("Hello?").conversation
    for _ in range(5):
        question = Question("Again?", uuid4(), maya.model.pk, uses_documents=False)

        given = all_at_once(10, lambda question=question: turns.start_turn(conversation, question, now=timezone.now()))

        assert len({turn.pk for turn in given}) == 1
        Turn.objects.open().update(outcome="FAILED", closed_at=timezone.now())


def test_a_record_whose_confirmation_got_lost_is_concluded_as_refused_and_pays_nothing(maya, provider, monkeypatch):
    durably_at_once = records.durably_at_once

    @contextmanager
    def without_confirmation():
        with durably_at_once():
            yield
        raise records.LedgerUnavailable("57P01")

    monkeypatch.setattr(records, "durably_at_once", without_confirmation)

    turn = maya.ask("Hello?")

    assert (turn.outcome, turn.reason, turn.cost) == ("REFUSED", "LEDGER_UNAVAILABLE", 0)
    assert Intent.objects.get(turn_id=turn.pk).outcome.kind == "REFUSED"
    assert not SpentDay.objects.exclude(reserved=0, spent=0).exists()
    assert not provider.requests


def test_what_was_held_is_paid_where_a_process_died_after_the_record(maya, provider, runner):
    question = Question("Hi", uuid4(), maya.model.pk, uses_documents=False)
    begun = timezone.now() - timedelta(minutes=5)
    turn = turns.begin_conversation(maya.person, team=maya.person.teams.get(), question=question, now=begun)
    prepare_to_send(turn)

    closed = maya.closed(turn, seconds=8)

    held = Reservation.objects.get()
    assert (closed.outcome, closed.reason, closed.cost) == ("FAILED", "INTERRUPTED", held.amount)
    assert (held.state, held.cost) == ("SETTLED", held.amount)
    assert Intent.objects.get(turn_id=turn.pk).outcome.cost == held.amount
    assert not SpentDay.objects.exclude(reserved=0, spent=held.amount).exists()


def test_a_turn_that_waited_long_is_nobody_s_to_close_once_it_is_taken(maya):
    question = Question("Hi", uuid4(), maya.model.pk, uses_documents=False)
    taken = timezone.now()
    turn = turns.begin_conversation(
        maya.person, team=maya.person.teams.get(), question=question, now=taken - timedelta(minutes=5)
    )

    given = all_at_once(5, lambda: turns.claim(turn.pk, now=taken))

    assert sorted(each is None for each in given) == [False, True, True, True, True]
    assert abandoned.close_abandoned(now=taken + turns.LEASE / 2) == []
    assert abandoned.close_abandoned(now=taken + turns.LEASE * 2) == [(turn.conversation_id, turn.pk)]


def test_a_process_that_dies_while_it_holds_money_for_a_turn_holds_none(maya, second, provider, monkeypatch):
    reserve = budgets.reserve

    def die_right_after(**terms):
        reserve(**terms)
        raise MemoryError

    monkeypatch.setattr(budgets, "reserve", die_right_after)

    turn = maya.ask("Hello?")

    assert turn.outcome == "REFUSED"
    assert not SpentDay.objects.exclude(reserved=0).exists()
    assert not Reservation.objects.exists()


def test_no_money_is_held_for_a_turn_that_was_closed_meanwhile(maya, provider, monkeypatch):
    send_off, close_turn = plain_turns.send_off, plain_turns.close_turn

    def after_the_turn_was_closed(*job, **terms):
        Turn.objects.open().update(outcome="REFUSED", closed_at=timezone.now())
        return send_off(*job, **terms)

    ended = []
    monkeypatch.setattr(plain_turns, "close_turn", lambda *job, **at: (ended.append(job), close_turn(*job, **at)))
    monkeypatch.setattr(plain_turns, "send_off", after_the_turn_was_closed)

    maya.begin("Hello?")

    wait_for(lambda: ended)
    assert not Reservation.objects.exists()
    assert not provider.requests


def test_the_sweep_goes_on_after_a_moment_without_the_ledger(maya, provider, monkeypatch):
    seen = []

    def fail_once(*, now):
        seen.append(now)
        if len(seen) == 1:
            raise records.LedgerUnavailable("57P01")
        return []

    monkeypatch.setattr(lifecycle, "SWEEP_SECONDS", 0.05)
    monkeypatch.setattr(abandoned, "close_abandoned", fail_once)

    wait_for(lambda: len(seen) > 2)


def test_one_turn_that_cannot_be_closed_does_not_keep_the_others_open(maya, provider, monkeypatch):
    monkeypatch.setattr(lifecycle, "launch", lambda turn_id: None)
    team = maya.person.teams.get()
    first, second = (
        turns.begin_conversation(
            maya.person, team=team, question=Question("Hi", uuid4(), maya.model.pk, uses_documents=False),
            now=timezone.now() - timedelta(minutes=minutes),
        )
        for minutes in (60, 50)
    )  # fmt: skip
    load_job = turns.load_job

    def broken(turn_id):
        if turn_id == first.pk:
            raise turns.keys.SealBroken("altered")
        return load_job(turn_id)

    monkeypatch.setattr(turns, "load_job", broken)

    maya.closed(second, seconds=8)


def test_a_person_who_may_not_chat_any_more_is_sent_no_more_frames(maya, provider, monkeypatch):
    from apps.chat.models import Frame

    provider.will_answer("Yes.")
    turn = maya.ask("Hello?")
    Turn.objects.filter(pk=turn.pk).update(outcome="OPEN", closed_at=None, lease_until=timezone.now() + timedelta(1))
    Frame.objects.create(turn=turn, number=7, sealed_text=b"")
    key = maya.client.cookies[settings.SESSION_COOKIE_NAME].value
    growing = Frame.objects.growing(turn.pk, after=0, person_id=maya.person.pk, session_key=key)
    assert growing.exists()

    maya.person.role_assignments.all().delete()

    assert not growing.all().exists()


def test_a_model_of_another_team_is_refused_without_its_name(maya, provider, make_team, make_model):
    secret = make_model(make_team("Research"), provider=provider, label="Project Falcon tuned")

    turn = maya.ask("Hello?", model=secret.pk)

    assert (turn.outcome, turn.reason) == ("REFUSED", "MODEL_NOT_ALLOWED")
    assert "Falcon" not in maya.page(turn)
    assert "Falcon" not in Intent.objects.get(turn_id=turn.pk).model_label
    assert not provider.requests


@pytest.mark.parametrize("is_sent", [True, False])
def test_a_conversation_erased_while_it_is_answered_closes_and_frees_its_money(maya, provider, monkeypatch, is_sent):
    monkeypatch.setattr(lifecycle, "launch", lambda turn_id: None)
    question = Question("Hi", uuid4(), maya.model.pk, uses_documents=False)
    begun = timezone.now() - timedelta(minutes=5)
    turn = turns.begin_conversation(maya.person, team=maya.person.teams.get(), question=question, now=begun)
    if is_sent:
        prepare_to_send(turn)
    destruction.destroy_one(turn.conversation_id)

    closed = maya.closed(turn, seconds=8)

    assert closed.reason == "ERASED"
    assert "erased" in closed.sentence
    assert not SpentDay.objects.exclude(reserved=0).exists()
    assert Outcome.objects.filter(intent__turn_id=turn.pk, sealed_answer=b"").count() == 1


def prepare_to_send(turn: Turn) -> None:
    """Do what the pipeline does up to the record, as a process did that has died since."""
    job = choosing.load_job(turn.pk, now=timezone.now())
    vault = Vault.open(turn.conversation_id)
    prompt = asyncio.run(scrub([Draft("user", job.question)], vault=vault))
    turns.send_off(job, prompt=prompt, passages=[], labels=[], now=timezone.now())
    Turn.objects.filter(pk=turn.pk).update(lease_until=turn.started_at)
