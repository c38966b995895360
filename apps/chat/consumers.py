"""The page's one socket: says what it has, receives the rest. Permission is asked again for every message sent."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from channels import DEFAULT_CHANNEL_LAYER
from django.db import DatabaseError, InterfaceError

from apps.accounts.access import person_of_scope
from apps.accounts.sockets import BAD_MESSAGE, CalmSocket
from apps.chat import live, reading, watching
from apps.chat.database import LONG, in_database, on_loop
from apps.chat.live import HandedEnd, HandedFrame, Listener
from apps.chat.shown import Message, Much, Shown
from apps.privacy.keys import KeyDestroyed, KeyUnavailable, SealBroken

logger = logging.getLogger(__name__)

POLL_SECONDS = 2.0
NO_LAYER = "none"
SIGNED_OUT = 4401
NOT_FOUND = 4404
ERASED = 4410
MOST_TURNS = 500
DATABASE_AWAY = (
    "The connection to the portal's database is interrupted. What has arrived is kept; this page catches up."
)
KEY_AWAY = "The texts of this conversation cannot be opened at the moment. Nothing is lost; this page catches up."


class ChatConsumer(CalmSocket):
    """
    Streams the open turns of one conversation to one page.

    The layer and a slow poll only say "look"; what is sent is read from the database, starting at the number the page
    says it has, so reloads, lost wake-ups and second tabs all end with the same text. Only the next frame of an answer
    that this process keeps, and its end, come from memory; where they do not follow on what the page has, or the last
    look at the database is two seconds old, the database is read.
    """

    @property
    def channel_layer_alias(self) -> str:
        """Name the layer to listen to; none where this process wakes its pages itself."""
        return NO_LAYER if live.is_alone() else DEFAULT_CHANNEL_LAYER

    async def connect(self) -> None:
        self.conversation_id: UUID | None = None
        self.shown = Shown({})
        self.look = asyncio.Event()
        self.looking: asyncio.Task[None] | None = None
        self.is_in_trouble = False
        self.is_only_a_frame = False
        self.handed: list[HandedFrame] = []
        self.handed_end: HandedEnd | None = None
        self.newest_turn, self.newest_number = "", 0
        self.listener: Listener | None = None
        self.looked_closely_at = 0.0
        self.person_id: UUID | None = None
        self.session_key: str = getattr(self.scope.get("session"), "session_key", None) or ""
        person = await on_loop(person_of_scope, self.scope)
        if person is None:
            await self.close(SIGNED_OUT)
            return
        self.person_id = person.pk
        await self.accept()

    async def disconnect(self, code: int) -> None:
        if self.conversation_id:
            self._stop_listening()
            live.unwatch(self.conversation_id, self.wake)
            if self.channel_layer is not None:
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
        self.shown = Shown(has)
        if self.channel_layer is None:
            live.watch(conversation_id, self.wake)
        else:
            await self.channel_layer.group_add(live.group_of(conversation_id), self.channel_name)
        self.look.set()
        self.looking = asyncio.create_task(self._keep_looking())

    async def turn_news(self, event: dict[str, Any]) -> None:
        """Be woken by the layer."""
        self.wake(event["turn"], event["frame"])

    def wake(self, turn: str, frame: int | None) -> None:
        """Wake up: a turn of this conversation has news; not for a frame that was handed over."""
        if frame is None or turn != self.newest_turn or frame > self.newest_number:
            self.is_only_a_frame = self.is_only_a_frame and frame is not None
            self.look.set()

    def take(self, frame: HandedFrame) -> None:
        """Take a frame that was kept in this process and that this session may read. Called on the event loop."""
        self.handed.append(frame)
        self.newest_turn, self.newest_number = str(frame.turn_id), frame.number
        self.look.set()

    def take_end(self, end: HandedEnd) -> None:
        """Take the end of a turn that was closed in this process and that this session may read, in the same way."""
        self.handed_end = end
        self.newest_turn, self.newest_number = str(end.turn.pk), end.turn.last_frame
        self.look.set()

    def _listen(self) -> None:
        """Be handed what comes from now on; the session was just found to be that of the conversation's owner."""
        if self.listener is None and self.conversation_id and not self.is_closed:
            self.listener = Listener(self.session_key, self.take, self.take_end)
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
                messages = await self._from_memory(reading_on == self._read_frames, is_due=is_due)
                if messages is None:
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

    async def _from_memory(self, is_only_a_frame: bool, *, is_due: bool) -> list[Message] | None:
        """Render what was handed over; None where the database has to be read instead."""
        (handed, self.handed), (end, self.handed_end) = (self.handed, []), (self.handed_end, None)
        if is_due:
            return None
        if end is not None:
            return self.shown.ended_by(end) if len(end.answer) <= LONG else None
        new = self.shown.following(handed) if is_only_a_frame else None
        if new is None:
            return None
        if not new or self.shown.is_quick(new[0].turn_id):
            return self.shown.grown_by(new)
        return await asyncio.to_thread(self.shown.grown_by, new)

    async def _looked(self, reading_on: Callable[[], list[Message] | None]) -> list[Message] | None:
        """Look on the event loop; where that finds much to render, again in a thread."""
        try:
            return await on_loop(reading_on)
        except Much:
            return await in_database(partial(self._read, most=sys.maxsize))

    async def _say_trouble(self, text: str) -> None:
        if not self.is_in_trouble:
            self.is_in_trouble = True
            await self.send_json({"type": "trouble", "text": text})

    def _read_frames(self) -> list[Message] | None:
        """Read how the answer has grown: one query that asks for permission too. Whatever else it is, look closely."""
        growing = self.shown.growing
        if growing is None or self.person_id is None:
            return self._read()
        turn_id, number, box = growing
        rows = watching.growth(turn_id, after=number, person_id=self.person_id, session_key=self.session_key)
        return self.shown.grown_by_rows(turn_id, box, rows) if rows else self._read()

    def _read(self, *, most: int = LONG) -> list[Message] | None:
        """
        Read what is new for this page; None when the person may no longer see it. Two queries, where nothing is.

        :raises KeyDestroyed: once the conversation was erased, also where nothing is new.
        :raises Much: if it has more than `most` characters; then nothing has changed.
        """
        if self.conversation_id is None or self.person_id is None:
            return None
        watched = watching.watched(self.conversation_id, person_id=self.person_id, session_key=self.session_key)
        if watched is None:
            return None
        self.looked_closely_at = time.monotonic()
        found = watching.news(self.conversation_id, waiting=self.shown.waiting, shown=self.shown.turns)
        whole = [turn.pk for turn in found if self.shown.is_whole(turn)]
        return self.shown.caught_up(found, reading.wholes(whole) if whole else {}, watched, most=most)


def _subscription(content: Any) -> tuple[UUID, dict[UUID, int]]:
    """Read ``{"conversation": id, "turns": {id: number}}``; a number of -1 says that the turn is closed on the page."""
    turns_shown = content["turns"]
    if len(turns_shown) > MOST_TURNS:
        raise ValueError("too many turns")
    has = {UUID(turn_id): int(number) for turn_id, number in turns_shown.items()}
    return UUID(content["conversation"]), has
