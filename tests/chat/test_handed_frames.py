"""Frames that a page is handed from memory: only to sessions that may read them, and each word once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from apps.accounts.models import RoleAssignment, Team, User
from apps.chat import frames, texts, turns
from apps.chat.forms import Question
from apps.chat.live import HandedFrame
from apps.chat.models import Conversation, Turn
from apps.chat.reading import Reader
from apps.chat.shown import Shown
from apps.ledger.ids import new_id
from apps.privacy import keys

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def turn(make_person: Any, make_team: Callable[[str], Team]) -> Turn:
    team = make_team("Sales")
    return turns.begin_conversation(
        make_person("maya", teams=[team]), team=team, question=Question("Hello", new_id(), None, False, False), now=NOW
    )


def session(until: datetime) -> str:
    key = new_id().hex
    Session.objects.create(session_key=key, session_data="", expire_date=until)
    return key


def keep(turn: Turn, number: int, words: str, sessions: list[str] | None = None) -> Any:
    return frames.write_frame(turns.load_job(turn.pk), number=number, text=words, now=NOW, sessions=sessions or [])


def owner_leaves(turn: Turn) -> None:
    User.objects.filter(pk=turn.conversation.owner_id).update(is_active=False)


def owner_loses_the_role(turn: Turn) -> None:
    RoleAssignment.objects.filter(person_id=turn.conversation.owner_id).delete()


def conversation_is_deleted(turn: Turn) -> None:
    Conversation.objects.filter(pk=turn.conversation_id).update(deleted_at=NOW)


def test_a_frame_goes_to_the_sessions_that_live_and_to_no_others(turn: Turn) -> None:
    living, ended = session(NOW + timedelta(hours=1)), session(NOW - timedelta(seconds=1))

    assert keep(turn, 1, "Dear", [living, ended, "signed out"]) == {living}


@pytest.mark.parametrize("changed", [owner_leaves, owner_loses_the_role, conversation_is_deleted])
def test_a_frame_is_kept_and_handed_to_nobody_once_its_owner_may_not_read_it(
    turn: Turn, changed: Callable[[Turn], None]
) -> None:
    living = session(NOW + timedelta(hours=1))
    assert keep(turn, 1, "Dear", [living]) == {living}

    changed(turn)

    assert keep(turn, 2, " Grace", [living]) == frozenset()
    assert turn.frames.count() == 2


def test_a_turn_that_should_not_go_on_keeps_no_frame(turn: Turn) -> None:
    turns.request_stop(turn, now=NOW)

    assert keep(turn, 1, "Dear", [session(NOW + timedelta(hours=1))]) is None
    assert turn.frames.count() == 0


def test_a_frame_that_comes_while_a_page_is_read_is_not_shown_twice(turn: Turn) -> None:
    keep(turn, 1, "Dear ")
    as_read = Turn.objects.get(pk=turn.pk)
    keep(turn, 2, "Grace")
    data_key, shown = keys.open_key(turn.conversation_id), Shown({turn.pk: 0})
    shown.readers = {turn.pk: Reader(box=data_key.box(texts.FRAME))}

    shown.growth_of(as_read, turn.conversation.owner, data_key)

    reader = shown.readers[turn.pk]
    assert (reader.number, reader.text) == (1, "Dear ")


def test_only_frames_that_follow_on_what_the_page_has_come_from_memory(turn: Turn) -> None:
    shown = Shown({turn.pk: 0})
    box = keys.open_key(turn.conversation_id).box(texts.FRAME)

    def follows(has: int, *numbers: int, of: UUID = turn.pk, text: str = "Dear ") -> bool:
        shown.readers = {turn.pk: Reader(number=has, text=text, box=box)}
        return shown.following([HandedFrame(of, number, "word") for number in numbers]) is not None

    assert follows(1, 2, 3)
    assert follows(2, 1, 2, 3)
    assert not follows(1, 3)
    assert not follows(1, 2, of=new_id())
    assert not follows(0, 1, text="")
