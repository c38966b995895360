"""A browser's turn as the story's keeper: the question from its row, the answer in numbered frames, readers woken."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from uuid import UUID

from django.db import DatabaseError, InterfaceError

from apps.chat import choosing, composition, frames, live, plain_turns, recording, story, turns
from apps.chat.companions import Stopped, together
from apps.chat.database import by_length, in_database, on_loop
from apps.chat.endings import UNRECORDED, Ending
from apps.chat.jobs import Job
from apps.chat.models import Turn
from apps.chat.plain_turns import Call
from apps.chat.story import Composed
from apps.chat.turns import TurnAlreadyClosed
from apps.gateway import beats
from apps.gateway.admission import Admission
from apps.gateway.client import ModelFailed
from apps.gateway.upstream import CallPiece
from apps.ledger import clock
from apps.ledger.records import LedgerUnavailable
from apps.ledger.vocabulary import OutcomeKind
from apps.privacy import engine, policies, releases
from apps.privacy.policy import Policy
from apps.privacy.refusals import MessageHeld
from apps.privacy.scrub import Scrubbed
from apps.privacy.vault import Vault
from apps.rag import search

logger = logging.getLogger(__name__)

SHORTEST_FRAME, LONGEST_FRAME, FRAME_FOR_EACH_TURN = 0.08, 0.2, 0.004
"""Seconds between two frames of one answer: twelve a second, five where fifty or more answers arrive at once."""
HEARTBEAT_SECONDS = 1.5
PROGRESS_SECONDS = 1.0
STEP_SECONDS = 0.15
CLOSING_ATTEMPTS = 30
CLOSING_PAUSE_SECONDS = 1.0

_nudges: dict[UUID, asyncio.Event] = {}
"""Of every turn that this process answers."""


async def answer_turn(turn_id: UUID) -> None:
    """Answer one turn from start to close, unless somebody does so already."""
    characters = await on_loop(turns.claim, turn_id, now=clock.now())
    if characters is not None:
        await story.tell(TurnKeeper(await by_length(characters, choosing.load_job, turn_id, now=clock.now())))


class TurnKeeper:
    """Keeps one turn: the answer in numbered frames while it arrives, then as the turn's message."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.text = ""
        self.frames = 0
        self._passages: Sequence[composition.Passage] = ()
        self._labels: Sequence[str] = ()
        self._call: Call | None = None
        self._opening = live.Opening(0, ())
        self._kept = 0
        self._characters = len(job.question) + sum(len(one.question) + len(one.answer) for one in job.history)
        self._news = asyncio.Event()
        self._stepped = asyncio.Event()

    @property
    def key(self) -> UUID:
        """Name the turn in the log."""
        return self.job.turn_id

    @asynccontextmanager
    async def kept_alive(self) -> AsyncIterator[None]:
        """Renew the turn's lease while the body runs, and end the body with `Stopped` when it should not go on."""
        nudged = _nudges[self.key] = asyncio.Event()

        async def beat() -> None:
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(nudged.wait(), HEARTBEAT_SECONDS)
                if not await on_loop(turns.keep_alive, self.key, now=clock.now()):
                    raise Stopped

        try:
            async with together(beat()), together(self._show_steps()):
                yield
        finally:
            del _nudges[self.key]

    async def compose(self) -> Composed:
        """Retrieve passages, fit the prompt to the model's window, and open the conversation's vault."""
        job = self.job
        passages = await self._retrieved() if job.uses_documents else ()
        drafts, self._passages = composition.compose(
            question=job.question, history=job.history, passages=passages, window_tokens=job.window_tokens
        )
        vault, policy = await by_length(self._characters, _vault_and_policy, job)
        return Composed(drafts, vault, policy)

    async def _retrieved(self) -> Sequence[composition.Passage]:
        await self._step(Turn.Step.SEARCHING)
        hits = await in_database(search.search, self.job.person, self.job.question)
        labels = [composition.passage_label(hit) for hit in hits]
        findings = [await engine.detect_async(label) for label in labels]
        await self._step(Turn.Step.SCRUBBING)
        return [composition.Passage(*row) for row in zip(hits, labels, findings, strict=True)]

    @asynccontextmanager
    async def progress_shown(self) -> AsyncIterator[Callable[[float], None]]:
        """Give the function to tell how much has been looked through; the page shows it where that takes a second."""
        told = 0

        def note(part: float) -> None:
            nonlocal told
            told = int(part * 100)

        async def show() -> None:
            shown = 0
            while True:
                await asyncio.sleep(PROGRESS_SECONDS)
                if told != shown:
                    shown = told
                    await on_loop(turns.note_checked, self.key, percent=shown)
                    await self._wake()

        async with together(show()):
            yield note

    async def hold(self, held: MessageHeld, vault: Vault) -> None:
        """Keep what the person is asked to confirm."""
        await in_database(vault.save)
        placeholders = [concern.placeholder for concern in held.concerns]
        await in_database(turns.note_held, self.job, placeholders=placeholders)

    async def send_off(self, prompt: Scrubbed, vault: Vault) -> Admission:
        """Keep the vault, note what goes along, hold the money, record: one crossing."""
        self._labels = [recording.masked_again(passage.label, vault) for passage in self._passages]
        admission = await by_length(self._characters, self._kept_and_recorded, prompt, vault)
        self._opening = live.Opening(len(prompt.masked), tuple(vault.placeholders.values()))
        self._stepped.set()
        return admission

    def _kept_and_recorded(self, prompt: Scrubbed, vault: Vault) -> Admission:
        """Do what must be on disk before a byte leaves."""
        sent = None if self._passages else plain_turns.send_off(self.job, prompt=prompt, vault=vault, now=clock.now())
        if sent is not None:
            admission, self._call = sent
            return admission
        vault.save()
        turns.note_masked(self.job.turn_id, masked=len(prompt.masked), passages=self._hits)
        return turns.send_off(self.job, prompt=prompt, passages=self._hits, labels=self._labels, now=clock.now())

    @property
    def _hits(self) -> Sequence[search.Hit]:
        return [passage.hit for passage in self._passages]

    async def fall_back(self, failure: ModelFailed, prompt: Scrubbed) -> Admission | None:
        """Conclude the failed call, and admit and record one to the next model of the turn's route."""
        if self.job.route is None or not self.job.route.has_alternates:
            return None
        await self._step(Turn.Step.ASKING)
        admission = await in_database(
            choosing.fall_back,
            self.job,
            failure,
            prompt=prompt,
            passages=self._hits,
            labels=self._labels,
            now=clock.now(),
        )
        if admission is not None:
            await self._wake()
        return admission

    @asynccontextmanager
    async def arriving(self) -> AsyncIterator[None]:
        """Write frames while words arrive, which are read as often as frames are written."""
        with beats.shown_in_frames():
            async with together(self._keep_arriving()):
                yield

    def hear(self, words: str) -> None:
        """Take words; the next frame holds them."""
        self.text += words
        self._news.set()

    def hear_call(self, piece: CallPiece) -> None:
        """Never called: a turn offers no tools."""
        raise AssertionError("A turn offers no tools.")

    async def _keep_arriving(self) -> None:
        """
        Write frames while words arrive, the first at once, later ones at most 12 a second.

        :raises Stopped: once the turn should not go on.
        """
        while True:
            await self._news.wait()
            self._news.clear()
            await self._keep_frame()
            await asyncio.sleep(min(LONGEST_FRAME, max(SHORTEST_FRAME, FRAME_FOR_EACH_TURN * len(_nudges))))

    async def _keep_frame(self) -> None:
        """
        Write what has arrived since the last frame; hand it to this process's pages and wake the others.

        The closing message holds the rest.
        """
        words = self.text[self._kept :]
        frame = live.HandedFrame(self.key, self.frames + 1, words, None if self.frames else self._opening)
        conversation = self.job.conversation_id
        sessions = live.sessions_of(conversation)
        readers = await by_length(
            len(words),
            frames.write_frame,
            self.job,
            number=frame.number,
            text=words,
            now=clock.now(),
            sessions=sessions,
        )
        if readers is None:
            raise Stopped
        self.frames = frame.number
        self._kept += len(words)
        live.hand(conversation, frame, sessions=readers)
        await self._wake(frame=frame.number)

    async def close(self, ending: Ending) -> None:
        """
        Close the turn and wake its readers; while it cannot be recorded, say so and try again every second.

        After that the sweeper of whichever process lives closes it by its lease.
        """
        if ending.reason == UNRECORDED:
            await self._say_that_it_waits(ending)
        for attempt in range(CLOSING_ATTEMPTS):
            try:
                await self._close_rows(ending)
            except TurnAlreadyClosed:
                break
            except (LedgerUnavailable, DatabaseError, InterfaceError) as error:
                logger.warning(
                    "Turn %s could not be closed yet (attempt %s): %s", self.key, attempt + 1, type(error).__name__
                )
                await self._say_that_it_waits(ending)
                await asyncio.sleep(CLOSING_PAUSE_SECONDS)
            else:
                return
        await self._wake()

    async def _close_rows(self, ending: Ending) -> None:
        """Close the turn, hand its end to this process's pages and wake the others; a refusal is closed in a thread."""
        conversation = self.job.conversation_id
        closing = partial(
            plain_turns.close_turn,
            self.job,
            self._call,
            ending,
            sessions=live.sessions_of(conversation),
            now=clock.now(),
        )
        is_refusal = ending.outcome == OutcomeKind.REFUSED  # which is rare and takes many statements
        length = self._characters + len(ending.answer_as_received)
        closed = await (in_database(closing) if is_refusal else by_length(length, closing))
        if closed is not None:
            end = live.HandedEnd(closed.turn, self.job.question, ending.answer, self._opening.values)
            live.hand_end(conversation, end, sessions=closed.sessions)
        await self._wake(frame=closed.turn.last_frame if closed else None)

    async def _say_that_it_waits(self, ending: Ending) -> None:
        """Tell the person what keeps the turn open, and the other processes that it is not abandoned."""
        step = Turn.Step.NOT_SENT if ending.outcome == OutcomeKind.REFUSED else Turn.Step.NOT_CLOSED
        with suppress(DatabaseError, InterfaceError):
            await on_loop(turns.keep_alive, self.key, now=clock.now(), step=step)
            await self._wake()

    async def _step(self, step: Turn.Step) -> None:
        if not await on_loop(turns.keep_alive, self.key, now=clock.now(), step=step):
            raise Stopped
        self._stepped.set()

    async def _show_steps(self) -> None:
        """Wake the readers for a step that lasts; what comes sooner wakes them itself."""
        while True:
            await self._stepped.wait()
            await asyncio.sleep(STEP_SECONDS)
            if self._stepped.is_set():
                await self._wake()

    async def _wake(self, *, frame: int | None = None) -> None:
        self._stepped.clear()
        await live.wake(self.job.conversation_id, self.key, frame=frame)


def nudge(turn_id: UUID) -> None:
    """Make a turn of this process look at once whether it should go on; call it on the event loop's thread."""
    if turn_id in _nudges:
        _nudges[turn_id].set()


def _vault_and_policy(job: Job) -> tuple[Vault, Policy]:
    policy = policies.in_force(team_id=job.team.pk, egress_class=job.egress_class)
    return Vault.open(job.conversation_id), releases.applied(policy, conversation_id=job.conversation_id)
