"""The turns of this process: started from a door, kept while they run, closed when the process stops."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError

from apps.chat import abandoned, live, pipeline, turns
from apps.chat.database import in_database
from apps.chat.line import line
from apps.gateway import health, leases
from apps.gateway.refusals import PortalFull
from apps.ledger import clock, greenlets, hosts
from apps.ledger.records import LedgerUnavailable

logger = logging.getLogger(__name__)

SWEEP_SECONDS = 2.0
STOP_SECONDS = 10.0
DATABASE_THREADS = 16
SECONDS_UNTIL_ROOM = 10
FULL = "The portal answers as many questions at once as it can, so nothing was sent. Try again in a moment."


class NotStarted(RuntimeError):
    """A turn was to be answered in a process that has no event loop of its own running."""


class Runner:
    """Runs turns as tasks on one event loop, and sweeps up the turns of processes that died."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._under_way: dict[asyncio.Task[None], UUID] = {}
        self._coming: set[Future[None]] = set()
        self._sweeper: asyncio.Task[None] | None = None
        self._line = line

    async def start(self) -> None:
        """Take the running loop and begin to sweep."""
        self._loop = asyncio.get_running_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(DATABASE_THREADS, thread_name_prefix="database"))
        self._line.start()
        greenlets.keep_at_hand()
        self._sweeper = self._loop.create_task(self._sweep())

    async def stop(self) -> None:
        """Close every running turn honestly and stop; takes at most 10 seconds."""
        if self._sweeper:
            self._sweeper.cancel()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_SECONDS)
        greenlets.let_go()
        self._loop = None

    def launch(self, turn_id: UUID) -> None:
        """
        Begin to answer a turn, or let it stand in line; may be called from any thread.

        :raises NotStarted: if this process does not run turns.
        """
        if self._loop is None:
            raise NotStarted("Turns are answered by the web process; this process has not started its runner.")
        coming = asyncio.run_coroutine_threadsafe(self._keep(turn_id), self._loop)
        self._coming.add(coming)
        coming.add_done_callback(self._coming.discard)

    def require_room(self) -> None:
        """
        Ask whether this process may begin one more answer; may be called from any thread.

        :raises PortalFull: if it has as many under way as PORTCULLIS_TURNS_AT_ONCE allows.
        """
        if len(self._tasks) - len(self._line) + len(self._coming) >= settings.TURNS_AT_ONCE:
            raise PortalFull(FULL, retry_after=SECONDS_UNTIL_ROOM)

    def require_room_for_a_page(self) -> None:
        """
        Ask the same for an answer that a page will show, which costs several times as much and may wait in line.

        :raises PortalFull: also if PORTCULLIS_PAGE_TURNS_IN_LINE wait for one of PORTCULLIS_PAGE_TURNS_AT_ONCE places.
        """
        self.require_room()
        coming = len(self._coming)
        is_room = len(self._under_way) + coming < settings.PAGE_TURNS_AT_ONCE
        if not is_room and len(self._line) + coming >= settings.PAGE_TURNS_IN_LINE:
            raise PortalFull(FULL, retry_after=SECONDS_UNTIL_ROOM)

    def adopt(self, task: asyncio.Task[Any]) -> None:
        """Close this task with the turns when the process stops; call it on the event loop's thread."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def nudge(self, turn_id: UUID) -> None:
        """Make a turn of this process notice at once that it should stop; other processes notice within seconds."""
        if self._loop:
            self._loop.call_soon_threadsafe(self._hurry, turn_id)

    def _hurry(self, turn_id: UUID) -> None:
        self._line.let_ahead(turn_id)
        pipeline.nudge(turn_id)

    async def _keep(self, turn_id: UUID) -> None:
        if turn_id in self._under_way.values():  # a question that was sent twice
            return
        task = asyncio.ensure_future(self._answer(turn_id))
        self._under_way[task] = turn_id
        task.add_done_callback(self._under_way.pop)
        self.adopt(task)

    async def _answer(self, turn_id: UUID) -> None:
        async with self._line.place(turn_id):
            await pipeline.answer_turn(turn_id)

    async def _sweep(self) -> None:
        while True:
            try:
                swept = await in_database(_swept, list(self._under_way.values()), self._line.waiting)
            except (LedgerUnavailable, DatabaseError, InterfaceError) as error:
                logger.warning("The sweep for abandoned turns has to wait: %s", type(error).__name__)
                swept = Swept()
            except Exception as error:  # noqa: BLE001 - a sweeper that ends leaves turns open for ever
                logger.critical("The sweep for abandoned turns failed: %s", type(error).__name__)
                swept = Swept()
            for turn_id in swept.stopped:
                self._line.let_ahead(turn_id)
            for conversation_id, turn_id in swept.closed:
                await live.wake(conversation_id, turn_id)
            await asyncio.sleep(SWEEP_SECONDS)


class Swept(NamedTuple):
    """What a sweep found: (conversation, turn) of those that it closed, and turns in line that are to stop."""

    closed: Sequence[tuple[UUID, UUID]] = ()
    stopped: Sequence[UUID] = ()


def _swept(under_way: Sequence[UUID], in_line: Sequence[UUID] = ()) -> Swept:
    """
    Renew what this process answers, then close what a dead one left, and share what is known of models and of
    this host's clock: one crossing. Four statements where there is nothing to do, one more where questions wait.
    """
    now = clock.read()
    leases.renew(now=now)
    turns.renew(under_way, now=now)
    closed = abandoned.close_abandoned(now=now)
    abandoned.conclude_forgotten(now=now)
    health.share(now=clock.now())
    if hosts.is_news():
        hosts.tell(now=clock.now())
    return Swept(closed, turns.stopped_among(in_line) if in_line else ())


runner = Runner()
start = runner.start
stop = runner.stop
launch = runner.launch
require_room = runner.require_room
require_room_for_a_page = runner.require_room_for_a_page
nudge = runner.nudge
adopt = runner.adopt
