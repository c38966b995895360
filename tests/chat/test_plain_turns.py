"""A plain turn in two statements: all or nothing, for those who still wait, told to those who may read it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone

from apps.accounts.models import Role, RoleAssignment, User
from apps.chat import choosing, plain_turns, turns, watching
from apps.chat.endings import Ending
from apps.chat.forms import Question
from apps.chat.jobs import Job
from apps.chat.models import Conversation, Turn
from apps.chat.plain_turns import Call
from apps.gateway.models import Reservation
from apps.gateway.upstream import Usage
from apps.ledger import prepared
from apps.ledger.models import Intent, Outcome
from apps.ledger.vocabulary import OutcomeKind
from apps.privacy import destruction
from apps.privacy.models import VaultEntry
from apps.privacy.scrub import Draft, Scrubbed, scrub
from apps.privacy.vault import Vault

pytestmark = pytest.mark.django_db(transaction=True)
ANSWER = Ending(OutcomeKind.ANSWERED, "STOP", answer="Dear Grace.", answer_as_received="Dear <PERSON_1>.")


@pytest.fixture
def person(model: Any, make_person: Any) -> User:
    return make_person("maya", teams=("Sales",))


@pytest.fixture
def session(person: User, sign_in: Any) -> str:
    """The key of the session in which Maya is signed in."""
    key: str = sign_in(person).cookies[settings.SESSION_COOKIE_NAME].value
    return key


@pytest.fixture
def job(person: User, model: Any) -> Job:
    """Maya's question, about to be sent."""
    question = Question("Please greet Grace Hopper", uuid4(), model.pk, uses_documents=False)
    turn = turns.begin_conversation(person, team=person.teams.get(), question=question, now=timezone.now())
    return choosing.load_job(turn.pk, now=timezone.now())


def made_ready(job: Job) -> tuple[Scrubbed, Vault]:
    vault = Vault.open(job.conversation_id)
    return asyncio.run(scrub([Draft("user", job.question)], vault=vault)), vault


def sent(job: Job) -> Call:
    prompt, vault = made_ready(job)
    found = plain_turns.send_off(job, prompt=prompt, vault=vault, now=timezone.now())
    assert found is not None
    return found[1]


def close(job: Job, call: Call | None, *sessions: str, ending: Ending = ANSWER) -> plain_turns.Closed | None:
    return plain_turns.close_turn(job, call, ending, sessions=sessions, now=timezone.now())


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that are prepared from now on."""
    texts: list[str] = []
    rows = prepared.rows

    def noted(text: str, *values: Any, **named: Any) -> Any:
        texts.append(text)
        return rows(text, *values, **named)

    monkeypatch.setattr(prepared, "rows", noted)
    return texts


def test_a_turn_is_sent_off_with_its_placeholders_its_money_and_its_record(job: Job) -> None:
    call = sent(job)

    turn = Turn.objects.get(pk=job.turn_id)
    assert (turn.intent_id, turn.reservation_id, turn.step, turn.masked) == (*call, "ASKING", 1)
    assert Intent.objects.get(pk=call.intent_id).turn_id == job.turn_id
    assert Reservation.objects.get(pk=call.reservation_id).state == "HELD"
    assert VaultEntry.objects.get(conversation_id=job.conversation_id).placeholder == "<PERSON_1>"


def stopped(job: Job) -> None:
    turns.request_stop(Turn.objects.get(pk=job.turn_id), now=timezone.now())


def closed_elsewhere(job: Job) -> None:
    Turn.objects.filter(pk=job.turn_id).update(outcome="FAILED", closed_at=timezone.now())


def erased(job: Job) -> None:
    destruction.destroy_one(job.conversation_id)


@pytest.mark.parametrize("happens", [stopped, closed_elsewhere, erased])
def test_nothing_is_held_recorded_or_kept_for_a_turn_that_nobody_waits_for(
    job: Job, happens: Callable[[Job], None]
) -> None:
    prompt, vault = made_ready(job)
    happens(job)

    assert plain_turns.send_off(job, prompt=prompt, vault=vault, now=timezone.now()) is None
    assert not Reservation.objects.exists()
    assert not Intent.objects.exists()
    assert not VaultEntry.objects.exists()


def test_a_placeholder_that_another_message_gave_away_first_holds_and_records_nothing(job: Job) -> None:
    prompt, vault = made_ready(job)
    other = Vault.open(job.conversation_id)
    other.placeholder_for("PERSON", "Ada Lovelace")
    other.save()

    assert plain_turns.send_off(job, prompt=prompt, vault=vault, now=timezone.now()) is None
    assert not Reservation.objects.exists()
    assert not Intent.objects.exists()


def test_a_turn_is_closed_with_its_answer_its_cost_and_its_outcome_by_one_statement(
    job: Job, session: str, statements: list[str]
) -> None:
    call = sent(job)
    statements.clear()

    closed = close(job, call, session, ending=ANSWER.used(Usage(1000, 500)))

    assert len(statements) == 1
    kept = Turn.objects.get(pk=job.turn_id)
    assert closed is not None
    for name in plain_turns.NAMES:
        assert getattr(closed.turn, name) == getattr(kept, name), name
    assert (kept.outcome, kept.cost) == ("ANSWERED", Outcome.objects.get(intent_id=call.intent_id).cost)
    assert kept.cost > 0
    assert kept.messages.filter(author="MODEL").count() == 1
    assert Reservation.objects.get(pk=call.reservation_id).state == "SETTLED"


def leaves(person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_active=False)


def loses_the_role(person: User) -> None:
    RoleAssignment.objects.filter(person=person).update(role=Role.ADMIN)


def deletes_the_conversation(person: User) -> None:
    Conversation.objects.filter(owner=person).update(deleted_at=timezone.now())


@pytest.mark.parametrize("happens", [leaves, loses_the_role, deletes_the_conversation])
def test_the_end_is_kept_and_told_to_nobody_once_its_owner_may_not_read_it(
    job: Job, person: User, session: str, happens: Callable[[User], None]
) -> None:
    call = sent(job)
    happens(person)

    closed = close(job, call, session, "signed out")

    assert closed is not None
    assert closed.sessions == frozenset()
    assert Turn.objects.get(pk=job.turn_id).outcome == "ANSWERED"


def test_the_end_is_told_to_sessions_that_live(job: Job, session: str) -> None:
    closed = close(job, sent(job), session, "signed out")

    assert closed is not None
    assert closed.sessions == {session}


def test_of_a_conversation_that_was_erased_meanwhile_no_answer_is_kept_or_told(job: Job, session: str) -> None:
    call = sent(job)
    erased(job)

    assert close(job, call, session) is None
    assert not Turn.objects.get(pk=job.turn_id).messages.filter(author="MODEL").exists()
    assert bytes(Outcome.objects.get(intent_id=call.intent_id).sealed_answer) == b""


def test_a_turn_is_closed_once(job: Job) -> None:
    call = sent(job)
    close(job, call)

    with pytest.raises(turns.TurnAlreadyClosed):
        close(job, call)
    assert Outcome.objects.count() == 1


def test_a_page_looks_in_two_statements_and_no_more_once_it_may_not_read(
    job: Job, person: User, session: str, statements: list[str]
) -> None:
    def looked() -> watching.Watched | None:
        return watching.watched(job.conversation_id, person_id=person.pk, session_key=session)

    assert looked() is not None
    watching.news(job.conversation_id, waiting=[job.turn_id], shown=[job.turn_id])
    assert len(statements) == 2

    person.end_sessions()
    person.save()

    assert looked() is None


def test_a_strangers_session_looks_at_nothing(job: Job, person: User, make_person: Any, sign_in: Any) -> None:
    tom = make_person("tom", teams=("Sales",))
    key = sign_in(tom).cookies[settings.SESSION_COOKIE_NAME].value

    for person_id in (tom.pk, person.pk):
        assert watching.watched(job.conversation_id, person_id=person_id, session_key=key) is None


def test_a_session_that_is_over_looks_at_nothing(job: Job, person: User, session: str) -> None:
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))

    assert watching.watched(job.conversation_id, person_id=person.pk, session_key=session) is None
