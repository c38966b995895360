"""The page's one socket: says what it has, receives the rest. Permission is asked again for every message sent."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.db import DatabaseError, InterfaceError
from django.db.models import Q, prefetch_related_objects
from django.template.loader import render_to_string

from apps.accounts.access import person_of_scope
from apps.accounts.models import User
from apps.accounts.sockets import BAD_MESSAGE, CalmSocket
from apps.chat import frames, live, reading, texts
from apps.chat.database import LONG, in_database, on_loop
from apps.chat.live import HandedFrame, Listener
from apps.chat.models import Conversation, Frame, Turn, may_chat
from apps.chat.reading import Reader
from apps.ledger.compiled import Compiled, an_id, is_one_of
from apps.privacy import keys
from apps.privacy.keys import ConversationKey, KeyDestroyed, KeyUnavailable, SealBroken

logger = logging.getLogger(__name__)

POLL_SECONDS = 2.0
FRAMES_AT_ONCE = 20
"""A page that is behind by more has much to render, however long they are."""
SIGNED_OUT = 4401
NOT_FOUND = 4404
ERASED = 4410
MOST_TURNS = 500
RENDERED_ON_THE_LOOP = 4_000
"""Characters of the block that grows; a longer one is rendered in a thread, so that nobody else's words wait."""
DATABASE_AWAY = (
    "The connection to the portal's database is interrupted. What has arrived is kept; this page catches up."
)

KEY_AWAY = "The texts of this conversation cannot be opened at the moment. Nothing is lost; this page catches up."


_VISIBLE = Compiled(lambda: Conversation.objects.owned_by(an_id("person")).filter(pk=an_id("conversation")))
_NEWS = Compiled(
    lambda: Turn.objects.filter(
        Q(is_one_of("pk", "waiting")) | ~Q(is_one_of("pk", "shown")), conversation_id=an_id("conversation")
    ).select_related("model")
)


class _Much(Exception):
    """There is more to render than the event loop has time for."""


class ChatConsumer(CalmSocket):
    """
    Streams the open turns of one conversation to one page.

    The layer and a slow poll only say "look"; what is sent is read from the database, starting at the number the page
    says it has, so reloads, lost wake-ups and second tabs all end with the same text. Only the next frame of an answer
    that this process keeps comes from memory; where it does not follow on what the page has, the database is read.
    """

    async def connect(self) -> None:
        self.conversation_id: UUID | None = None
        self.readers: dict[UUID, Reader] = {}
        self.shown: set[UUID] = set()
        self.statuses: dict[UUID, str] = {}
        self.look = asyncio.Event()
        self.looking: asyncio.Task[None] | None = None
        self.is_in_trouble = False
        self.is_only_a_frame = False
        self.handed: list[HandedFrame] = []
        self.newest_turn, self.newest_number = "", 0
        self.listener: Listener | None = None
        self.looked_closely_at = 0.0
        self.person_id: UUID | None = None
        if await on_loop(person_of_scope, self.scope) is None:
            await self.close(SIGNED_OUT)
            return
        await self.accept()

    async def disconnect(self, code: int) -> None:
        if self.conversation_id:
            self._stop_listening()
            await self.channel_layer.group_discard(live.group_of(self.conversation_id), self.channel_name)
        if self.looking:
            self.looking.cancel()

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        """Accept one message: which conversation the page shows, and the last number it has of each turn."""
        try:
            conversation_id, has = _subscription(content)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
            await self.close(BAD_MESSAGE)
            return
        if self.conversation_id is not None:
            await self.close(BAD_MESSAGE)
            return
        self.conversation_id = conversation_id
        self.shown = set(has)
        self.readers = {turn_id: Reader(number=number) for turn_id, number in has.items() if number >= 0}
        await self.channel_layer.group_add(live.group_of(conversation_id), self.channel_name)
        self.look.set()
        self.looking = asyncio.create_task(self._keep_looking())

    async def turn_news(self, event: dict[str, Any]) -> None:
        """Wake up: a turn of this conversation has news; not for a frame that was handed over."""
        frame = event["frame"]
        if frame is None or event["turn"] != self.newest_turn or frame > self.newest_number:
            self.is_only_a_frame = self.is_only_a_frame and frame is not None
            self.look.set()

    def take(self, frame: HandedFrame) -> None:
        """Take a frame that was kept in this process and that this session may read. Called on the event loop."""
        self.handed.append(frame)
        self.newest_turn, self.newest_number = str(frame.turn_id), frame.number
        self.look.set()

    def _listen(self) -> None:
        """Be handed frames from now on; the person was just found to be the conversation's owner."""
        session_key = getattr(self.scope.get("session"), "session_key", None)
        if self.listener is None and session_key and self.conversation_id and self.person_id and not self.is_closed:
            self.listener = Listener(session_key, self.take)
            live.listen(self.conversation_id, self.listener)

    def _stop_listening(self) -> None:
        if self.listener is not None and self.conversation_id:
            live.leave(self.conversation_id, self.listener)
            self.listener = None

    async def _keep_looking(self) -> None:
        while True:
            try:
                await asyncio.wait_for(self.look.wait(), POLL_SECONDS)
            except TimeoutError:
                self.is_only_a_frame = False
            self.look.clear()
            is_due = time.monotonic() - self.looked_closely_at > POLL_SECONDS
            reading_on = self._read_frames if self.is_only_a_frame and not is_due else self._read
            self.is_only_a_frame = True
            try:
                messages: list[dict[str, Any]] | None
                if reading_on == self._read_frames and self._follows():
                    messages = await self._advanced()
                else:
                    messages = await self._looked(reading_on)
            except KeyDestroyed:
                await self.close(ERASED)
                return
            except (DatabaseError, InterfaceError):
                await self._say_trouble(DATABASE_AWAY)
                continue
            except (KeyUnavailable, SealBroken) as error:
                logger.critical("Conversation %s does not open: %s", self.conversation_id, type(error).__name__)
                await self._say_trouble(KEY_AWAY)
                continue
            if self.is_in_trouble:
                self.is_in_trouble = False
                await self.send_json({"type": "recovered"})
            if messages is None:
                await self.close(SIGNED_OUT)
                return
            self._listen()
            for message in messages:
                await self.send_json(message)

    async def _looked(self, reading_on: Callable[[], list[dict[str, Any]] | None]) -> list[dict[str, Any]] | None:
        """Look on the event loop; where that finds much to render, again in a thread."""
        try:
            return await on_loop(reading_on)
        except _Much:
            return await in_database(partial(self._read, most=sys.maxsize))

    def _follows(self) -> bool:
        """Say whether the frames from memory, but for those the page has, begin right behind what it has."""
        handed, self.handed = self.handed, []
        reader = self.readers.get(handed[-1].turn_id) if handed else None
        if reader is None or reader.box is None or not reader.text:
            return False
        self.handed = [frame for frame in handed if frame.number > reader.number]
        numbers = [frame.number for frame in self.handed]
        return numbers == list(range(reader.number + 1, reader.number + 1 + len(numbers)))

    async def _advanced(self) -> list[dict[str, Any]]:
        """Render frames from memory; where that takes a while, in a thread."""
        handed, self.handed = self.handed, []
        if not handed:
            return []
        turn_id, number = handed[-1].turn_id, handed[-1].number
        reader = self.readers[turn_id]
        grown = reader.text + "".join(frame.words for frame in handed)
        if reader.blocks and len(reader.blocks[-1]) > RENDERED_ON_THE_LOOP:
            blocks = await asyncio.to_thread(reader.advance, grown, number=number)
        else:
            blocks = reader.advance(grown, number=number)
        return [_blocks(turn_id, reader, blocks)]

    async def _say_trouble(self, text: str) -> None:
        if not self.is_in_trouble:
            self.is_in_trouble = True
            await self.send_json({"type": "trouble", "text": text})

    def _read_frames(self) -> list[dict[str, Any]] | None:
        """Read how the answer has grown: one query that asks for permission too. Whatever else it is, look closely."""
        session_key = getattr(self.scope.get("session"), "session_key", None)
        growing = [(turn_id, reader) for turn_id, reader in self.readers.items() if reader.box]
        if len(growing) != 1 or not session_key or self.person_id is None:
            return self._read()
        turn_id, reader = growing[0]
        found = Frame.objects.growing(
            turn_id, after=reader.number, person_id=self.person_id, session_key=session_key
        ).values_list("number", "sealed_text")
        frames = list(found)
        if not frames or reader.box is None or not reader.text:
            return self._read()
        grown = reader.text + "".join(reader.box.unseal(bytes(sealed)).decode() for _, sealed in frames)
        blocks = reader.advance(grown, number=frames[-1][0])
        return [_blocks(turn_id, reader, blocks)]

    def _read(self, *, most: int = LONG) -> list[dict[str, Any]] | None:
        """
        Read what is new for this page; None when the person may no longer see it.

        :raises KeyDestroyed: once the conversation was erased, also where nothing is new.
        :raises _Much: if it has more than `most` characters; then nothing has changed.
        """
        person = person_of_scope(self.scope)
        if person is None or not may_chat(person):
            return None
        conversation = _VISIBLE.first(conversation=self.conversation_id, person=person.pk)
        if conversation is None:
            return None
        data_key = keys.open_key(conversation.pk)
        self.person_id = person.pk
        self.looked_closely_at = time.monotonic()
        waiting = [turn_id for turn_id in self.readers if turn_id in self.shown]
        found = _NEWS.rows(conversation=conversation.pk, waiting=waiting, shown=list(self.shown))
        whole = [turn for turn in found if turn.pk not in self.shown or not turn.is_open]
        prefetch_related_objects(whole, "messages", "citations", "retries")
        if self._characters(found, whole) > most:
            raise _Much
        return [message for turn in found for message in self._news_of(turn, person, data_key)]

    def _characters(self, found: Sequence[Turn], whole: Sequence[Turn]) -> int:
        """Bound from above how much there is to render: whole turns, and growing answers."""
        said = sum(len(message.sealed_text) for turn in whole for message in turn.messages.all())
        for turn in found:
            reader = self.readers.get(turn.pk) or Reader()
            if turn.is_open and turn.last_frame > reader.number + FRAMES_AT_ONCE:
                return sys.maxsize
            said += len(reader.text)
        return said

    def _news_of(self, turn: Turn, person: User, data_key: ConversationKey) -> list[dict[str, Any]]:
        if turn.pk not in self.shown:
            self.shown.add(turn.pk)
            if turn.is_open:
                self.readers[turn.pk] = _caught_up(turn, person, data_key)
            return [self._whole("turn", turn, person)]
        if not turn.is_open:
            del self.readers[turn.pk]
            return [self._whole("closed", turn, person)]
        return self._growth_of(turn, person, data_key)

    def _growth_of(self, turn: Turn, person: User, data_key: ConversationKey) -> list[dict[str, Any]]:
        messages = []
        reader = self.readers[turn.pk]
        if reader.box is None:
            self.readers[turn.pk] = reader = _caught_up(turn, person, data_key, up_to=reader.number)
        if turn.last_frame > reader.number:
            if not reader.text:  # what the question masked is in the vault by now, and was not before
                reader.renderer.verbatim = reading.verbatim_of(data_key)
            blocks = reader.advance(frames.arrived_text(turn, data_key), number=turn.last_frame)
            messages.append(_blocks(turn.pk, reader, blocks))
        status = render_to_string("chat/_status.html", {"turn": turn})
        if self.statuses.get(turn.pk) != status:
            self.statuses[turn.pk] = status
            messages.append({"type": "status", "turn": str(turn.pk), "html": status})
        return messages

    def _whole(self, kind: str, turn: Turn, person: User) -> dict[str, Any]:
        return {
            "type": kind,
            "turn": str(turn.pk),
            "outcome": turn.outcome,
            "html": render_turn(turn, person),
            "announcement": turn.sentence or turn.get_outcome_display(),
        }


def render_turn(turn: Turn, person: User) -> str:
    """The turn as a piece of page."""
    return render_to_string("chat/_turn.html", {"view": reading.turn_view(turn, person=person)})


def _caught_up(turn: Turn, person: User, data_key: ConversationKey, *, up_to: int | None = None) -> Reader:
    """A reader that stands where a page stands which shows the turn's first `up_to` frames (all, by default)."""
    reader = Reader(box=data_key.box(texts.FRAME))
    reader.renderer.verbatim = reading.verbatim_of(data_key)
    reader.renderer.citations = reading.addresses(reading.sources_of(turn, person=person))
    number = turn.last_frame if up_to is None else up_to
    reader.advance(frames.arrived_text(turn, data_key, up_to=number), number=number)
    return reader


def _blocks(turn_id: UUID, reader: Reader, blocks: list[tuple[int, str]]) -> dict[str, Any]:
    return {
        "type": "blocks",
        "turn": str(turn_id),
        "number": reader.number,
        "count": len(reader.blocks),
        "blocks": [{"index": index, "html": html} for index, html in blocks],
    }


def _subscription(content: Any) -> tuple[UUID, dict[UUID, int]]:
    """Read ``{"conversation": id, "turns": {id: number}}``; a number of -1 says that the turn is closed on the page."""
    turns_shown = content["turns"]
    if len(turns_shown) > MOST_TURNS:
        raise ValueError("too many turns")
    has = {UUID(turn_id): int(number) for turn_id, number in turns_shown.items()}
    return UUID(content["conversation"]), has
