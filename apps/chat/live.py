"""
Waking readers up, in every process; in this one, handing them what was just kept.

Where all pages hang on this process they are called, where not, the layer wakes them: it carries ids only. Whoever is
woken reads the database, so losing it loses nothing. A frame that was kept in this process is handed to its pages from
memory: the statement that kept it has just asked who may read it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias
from uuid import UUID

from channels.layers import InMemoryChannelLayer, get_channel_layer

from apps.chat.models import Turn


class Opening(NamedTuple):
    """What a page has to know with an answer's first words: how much was masked, and the values of the conversation."""

    masked: int
    values: Sequence[str]


class HandedFrame(NamedTuple):
    """A frame as it was kept: its number within the turn, its words, and, with the first, how the answer opens."""

    turn_id: UUID
    number: int
    words: str
    opening: Opening | None = None


class HandedEnd(NamedTuple):
    """A turn as it was closed, to which no passages went along: its row, and what was said in it."""

    turn: Turn
    question: str
    answer: str
    values: Sequence[str]


@dataclass(frozen=True, slots=True, eq=False)
class Listener:
    """One page of this process: the session it belongs to, and the functions that take news, on the event loop."""

    session_key: str
    take: Callable[[HandedFrame], None]
    take_end: Callable[[HandedEnd], None]


Waker: TypeAlias = Callable[[str, int | None], None]
"""Takes news on the event loop: of which turn, and by which frame its answer has grown, None for anything else."""

_listeners: dict[UUID, set[Listener]] = {}
_wakers: dict[UUID, set[Waker]] = {}


def listen(conversation_id: UUID, listener: Listener) -> None:
    """Hand a page the frames of a conversation, as long as its session may read them."""
    _listeners.setdefault(conversation_id, set()).add(listener)


def leave(conversation_id: UUID, listener: Listener) -> None:
    """Hand it nothing more; harmless when it does not listen."""
    pages = _listeners.get(conversation_id, set())
    pages.discard(listener)
    if not pages:
        _listeners.pop(conversation_id, None)


def sessions_of(conversation_id: UUID) -> list[str]:
    """The sessions whose pages in this process listen to a conversation."""
    return sorted({listener.session_key for listener in _listeners.get(conversation_id, ())})


def hand(conversation_id: UUID, frame: HandedFrame, *, sessions: Collection[str]) -> None:
    """Give a frame to the pages of those sessions, which were asked for permission as the frame was kept."""
    for listener in tuple(_listeners.get(conversation_id, ())):
        if listener.session_key in sessions:
            listener.take(frame)


def hand_end(conversation_id: UUID, end: HandedEnd, *, sessions: Collection[str]) -> None:
    """Give a turn's end to the pages of those sessions, which were asked for permission as the turn was closed."""
    for listener in tuple(_listeners.get(conversation_id, ())):
        if listener.session_key in sessions:
            listener.take_end(end)


def group_of(conversation_id: UUID) -> str:
    """The group of every socket that shows this conversation."""
    return f"conversation.{conversation_id.hex}"


def is_alone() -> bool:
    """
    Say whether no other process has pages, so that nobody needs the layer.

    The one in memory goes through all its channels for each message that is sent or received.
    """
    return isinstance(get_channel_layer(), InMemoryChannelLayer)


def watch(conversation_id: UUID, waker: Waker) -> None:
    """Wake a page of this process when a turn of the conversation has news; where the layer does not."""
    _wakers.setdefault(conversation_id, set()).add(waker)


def unwatch(conversation_id: UUID, waker: Waker) -> None:
    """Wake it no more; harmless when it was not woken."""
    pages = _wakers.get(conversation_id, set())
    pages.discard(waker)
    if not pages:
        _wakers.pop(conversation_id, None)


async def wake(conversation_id: UUID, turn_id: UUID, *, frame: int | None = None) -> None:
    """Tell every socket of a conversation that a turn has news; `frame` says that the answer has grown by that one."""
    if is_alone():
        for waker in tuple(_wakers.get(conversation_id, ())):
            waker(str(turn_id), frame)
        return
    news = {"type": "turn.news", "turn": str(turn_id), "frame": frame}
    await get_channel_layer().group_send(group_of(conversation_id), news)
