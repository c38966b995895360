"""The life of a message, told once: retrieve, compose, scrub, admit, record, send, restore, close."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import replace
from typing import Any, cast
from uuid import UUID

from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from apps.chat import composition, live, turns
from apps.chat.database import in_database
from apps.chat.models import Turn
from apps.chat.turns import Ending, Job, TurnAlreadyClosed
from apps.gateway import client
from apps.gateway.admission import Admission, Refused
from apps.gateway.client import Delta, Finish, ModelFailed
from apps.ledger.records import LedgerUnavailable
from apps.privacy import engine, policies, releases
from apps.privacy.engine import ScrubberUnavailable
from apps.privacy.policy import Policy
from apps.privacy.refusals import MessageHeld, PolicyStops
from apps.privacy.restore import Restorer
from apps.privacy.scrub import Draft, Scrubbed, scrub
from apps.privacy.vault import Vault, VaultMoved
from apps.rag import search
from apps.rag.search import SearchFailed

logger = logging.getLogger(__name__)

FRAME_SECONDS = 0.08
HEARTBEAT_SECONDS = 1.5
PROGRESS_SECONDS = 1.0
SCRUBBING_ATTEMPTS = 4
CLOSING_ATTEMPTS = 30
CLOSING_PAUSE_SECONDS = 1.0

_nudges: dict[UUID, asyncio.Event] = {}

SCRUBBED_IN_VAIN = (
    "Several messages of this conversation were prepared at the same moment, so nothing was sent. Send this one again."
)
LEDGER_FAILED = "The exchange could not be put on the record, so nothing was sent. Try again in a moment."
SEARCH_FAILED = (
    "The company documents could not be searched, so nothing was sent. Try again, or switch “Use documents” off."
)
PORTAL_FAILED = "Something went wrong on our side. Your question is kept; try again."
PORTAL_STOPPED = (
    "The portal was restarted while this was being answered. What had arrived is kept; ask again for the rest."
)
STOPPED = "Stopped. What had arrived is kept."


class Stopped(Exception):
    """The person asked to stop, or another process closed the turn."""


class Answer:
    """The answer while it arrives: words as received, words restored, and the numbered frames that were kept."""

    def __init__(self, job: Job, restorer: Restorer) -> None:
        self.job = job
        self.restorer = restorer
        self.as_received = ""
        self.text = ""
        self.frames = 0
        self.sent: Scrubbed | None = None
        self.vault: Vault | None = None
        self._kept = 0
        self._news = asyncio.Event()

    def receive(self, words: str) -> None:
        """Take words from the model; placeholders that are complete become what they stand for."""
        self.as_received += words
        self._grow(self.restorer.feed(words))

    def complete(self) -> None:
        """Take what the restorer still held back; nothing more will come."""
        self._grow(self.restorer.finish())

    def _grow(self, words: str) -> None:
        if words:
            self.text += words
            self._news.set()

    @property
    def on_record(self) -> str:
        """The words as received, with what left in clear masked all the same: officers read and search the record."""
        if self.vault is None or self.sent is None or not self.sent.in_clear:
            return self.as_received
        return turns.masked_again(self.as_received, self.vault)

    async def keep_arriving(self) -> None:
        """
        Write frames while words arrive, the first at once, later ones at most 12 a second.

        :raises Stopped: once the turn should not go on.
        """
        while True:
            await self._news.wait()
            self._news.clear()
            await self._keep_frame()
            await asyncio.sleep(FRAME_SECONDS)

    async def _keep_frame(self) -> None:
        """Write what has arrived since the last frame, and wake the readers. The closing message holds the rest."""
        words = self.text[self._kept :]
        number = self.frames + 1
        if not await in_database(turns.write_frame, self.job, number=number, text=words, now=timezone.now()):
            raise Stopped
        self.frames = number
        self._kept += len(words)
        await live.wake(self.job.conversation_id, self.job.turn_id, is_frame=True)


async def answer_turn(turn_id: UUID) -> None:
    """
    Answer one turn from start to close; every way out closes it, in one transaction, with a sentence for the person.

    A cancelled task (the portal is stopping) closes the turn before it lets go.
    """
    started = time.monotonic()
    if not await in_database(turns.claim, turn_id):
        return
    job = await in_database(turns.load_job, turn_id)
    answer = Answer(job, Restorer({}))
    try:
        async with _kept_alive(job):
            ending = await _ask(job, answer)
    except asyncio.CancelledError:
        await asyncio.shield(_close(job, _ended_early(answer, Turn.Outcome.FAILED, "PORTAL_STOPPED", PORTAL_STOPPED)))
        raise
    except (Stopped, TurnAlreadyClosed):
        ending = _ended_early(answer, Turn.Outcome.STOPPED, "STOPPED", STOPPED)
    except ModelFailed as failure:
        ending = replace(
            _ended_early(answer, Turn.Outcome.FAILED, failure.code, failure.sentence),
            input_tokens=failure.input_tokens,
            output_tokens=failure.output_tokens,
        )
    except Refused as refusal:
        ending = Ending(Turn.Outcome.REFUSED, refusal.code, refusal.sentence)
    except PolicyStops as stopped:
        ending = Ending(Turn.Outcome.REFUSED, stopped.code, stopped.sentence[: turns.SENTENCE_LENGTH])
    except ScrubberUnavailable as failure:
        ending = Ending(Turn.Outcome.REFUSED, "SCRUBBER_UNAVAILABLE", failure.sentence)
    except LedgerUnavailable:
        ending = Ending(Turn.Outcome.REFUSED, "LEDGER_UNAVAILABLE", LEDGER_FAILED)
    except SearchFailed:
        ending = Ending(Turn.Outcome.REFUSED, "SEARCH_FAILED", SEARCH_FAILED)
    except Exception as error:  # noqa: BLE001
        # The one place that catches everything: a turn must close. The error's text may hold somebody's words.
        logger.critical("Turn %s failed: %s at %s", turn_id, type(error).__name__, _place_of(error))
        ending = _ended_early(answer, Turn.Outcome.FAILED, "PORTAL_FAILED", PORTAL_FAILED)
    await _close(job, ending)
    logger.info("Turn %s closed as %s %s in %.2f s", turn_id, ending.outcome, ending.reason, time.monotonic() - started)


async def _ask(job: Job, answer: Answer) -> Ending:
    """The steps in their order. Everything before `_send` may refuse; nothing has left by then."""
    passages = await _retrieve(job)
    await _step(job, Turn.Step.SCRUBBING)
    drafts, passages = composition.compose(
        question=job.question, history=job.history, passages=passages, window_tokens=job.window_tokens
    )
    vault, policy = await in_database(_vault_and_policy, job)
    prompt = await _scrubbed(job, drafts, vault, policy)
    answer.vault = vault
    answer.restorer = Restorer(vault.placeholders)
    hits = [passage.hit for passage in passages]
    await in_database(turns.note_masked, job.turn_id, masked=len(prompt.masked), passages=hits)
    admission = await in_database(turns.admit_turn, job, prompt=prompt, now=timezone.now())
    labels = [turns.masked_again(passage.label, vault) for passage in passages]
    await in_database(
        turns.record_intent, job, admission=admission, prompt=prompt, passages=hits, labels=labels, now=timezone.now()
    )
    await _step(job, Turn.Step.ASKING)
    return _answered(answer, await _send(admission, prompt, answer))


def _vault_and_policy(job: Job) -> tuple[Vault, Policy]:
    policy = policies.in_force(team_id=job.team.pk, egress_class=job.egress_class)
    return Vault.open(job.conversation_id), releases.applied(policy, conversation_id=job.conversation_id)


async def _scrubbed(job: Job, drafts: Sequence[Draft], vault: Vault, policy: Policy) -> Scrubbed:
    """
    Scrub and keep the new placeholders; scrub again where another message of the conversation gave one away first.

    :raises ScrubberUnavailable: if that happens every time; nothing may be sent then.
    """
    for _ in range(SCRUBBING_ATTEMPTS):
        # After VaultMoved the vault has reloaded; what was masked with the old one names other people: thrown away.
        with suppress(VaultMoved):
            return await _scrubbed_once(job, drafts, vault, policy)
    raise ScrubberUnavailable(SCRUBBED_IN_VAIN)


async def _scrubbed_once(job: Job, drafts: Sequence[Draft], vault: Vault, policy: Policy) -> Scrubbed:
    """Scrub; a message that is held for a confirmation leaves behind which placeholders it is about."""
    try:
        async with _progress_shown(job) as note:
            prompt = await scrub(drafts, vault=vault, policy=policy, on_progress=note)
    except MessageHeld as held:
        await in_database(vault.save)
        placeholders = [concern.placeholder for concern in held.concerns]
        await in_database(turns.note_held, job, placeholders=placeholders)
        raise
    await in_database(vault.save)
    return prompt


@asynccontextmanager
async def _progress_shown(job: Job) -> AsyncIterator[Callable[[float], None]]:
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
                await in_database(turns.note_checked, job.turn_id, percent=shown)
                await live.wake(job.conversation_id, job.turn_id)

    async with _together(show()):
        yield note


async def _retrieve(job: Job) -> Sequence[composition.Passage]:
    if not job.uses_documents:
        return []
    await _step(job, Turn.Step.SEARCHING)
    hits = await in_database(search.search, job.person, job.question)
    labels = [composition.passage_label(hit) for hit in hits]
    findings = [await engine.detect_async(label) for label in labels]
    return [composition.Passage(*row) for row in zip(hits, labels, findings, strict=True)]


async def _send(admission: Admission, prompt: Scrubbed, answer: Answer) -> Finish:
    """Stream the answer; leaving early, for whatever reason, cancels the upstream call."""
    finish = Finish("unknown", 0, 0)
    answer.sent = prompt
    async with _together(answer.keep_arriving()), aclosing(client.stream(admission, prompt)) as pieces:
        async for piece in pieces:
            if isinstance(piece, Delta):
                answer.receive(piece.text)
            else:
                finish = piece
    answer.complete()
    return finish


def _answered(answer: Answer, finish: Finish) -> Ending:
    if not answer.text.strip():
        empty = "The model gave an empty answer. Try again, or choose another model."
        return replace(
            Ending(Turn.Outcome.FAILED, "EMPTY_ANSWER", empty),
            input_tokens=finish.input_tokens,
            output_tokens=finish.output_tokens,
        )
    too_long = "The answer reached its length limit. Ask the model to go on."
    return Ending(
        Turn.Outcome.ANSWERED,
        finish.reason.upper()[:40],
        too_long if finish.reason == "length" else "",
        answer=answer.text,
        answer_as_received=answer.on_record,
        input_tokens=finish.input_tokens,
        output_tokens=finish.output_tokens,
    )


def _ended_early(answer: Answer, outcome: Turn.Outcome, reason: str, sentence: str) -> Ending:
    """An end before the model finished: what arrived is kept, and paid for by an estimate if anything was sent."""
    answer.complete()
    if answer.sent is None:
        before_sending = Turn.Outcome.REFUSED if outcome == Turn.Outcome.FAILED else outcome
        return Ending(before_sending, reason, sentence)
    used = client.estimate(answer.sent, answer.as_received)
    return Ending(
        outcome,
        reason,
        sentence,
        answer=answer.text,
        answer_as_received=answer.on_record,
        input_tokens=used.input_tokens,
        output_tokens=used.output_tokens,
    )


async def _step(job: Job, step: Turn.Step) -> None:
    if not await in_database(turns.keep_alive, job.turn_id, now=timezone.now(), step=step):
        raise Stopped
    await live.wake(job.conversation_id, job.turn_id)


@asynccontextmanager
async def _kept_alive(job: Job) -> AsyncIterator[None]:
    """Renew the turn's lease while the body runs, and end the body with `Stopped` when the turn should not go on."""

    nudged = _nudges[job.turn_id] = asyncio.Event()

    async def beat() -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(nudged.wait(), HEARTBEAT_SECONDS)
            if not await in_database(turns.keep_alive, job.turn_id, now=timezone.now()):
                raise Stopped

    try:
        async with _together(beat()):
            yield
    finally:
        del _nudges[job.turn_id]


def nudge(turn_id: UUID) -> None:
    """Make a turn of this process look at once whether it should go on; call it on the event loop's thread."""
    if turn_id in _nudges:
        _nudges[turn_id].set()


@asynccontextmanager
async def _together(companion: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """
    Run a coroutine beside the body and cancel it when the body is done; its failure ends the body and is raised here.

    A cancellation of the body that comes from elsewhere stays a cancellation.
    """
    body = cast("asyncio.Task[Any]", asyncio.current_task())
    task: asyncio.Task[None] = asyncio.ensure_future(companion)
    failed = False

    def end_body(done: asyncio.Task[None]) -> None:
        nonlocal failed
        if not done.cancelled() and done.exception() is not None:
            failed = True
            body.cancel()

    task.add_done_callback(end_body)
    try:
        yield
    except asyncio.CancelledError:
        if not failed or body.uncancel() > 0:
            raise
        raise task.exception() or Stopped from None
    finally:
        task.remove_done_callback(end_body)
        task.cancel()
        await asyncio.wait([task])


async def _close(job: Job, ending: Ending) -> None:
    """
    Close the turn and wake its readers; while the database is away, try again every second.

    After that the sweeper of whichever process lives closes it by its lease.
    """
    for attempt in range(CLOSING_ATTEMPTS):
        try:
            await in_database(turns.close_turn, job, ending, now=timezone.now())
        except TurnAlreadyClosed:
            break
        except (LedgerUnavailable, DatabaseError, InterfaceError) as error:
            logger.warning(
                "Turn %s could not be closed yet (attempt %s): %s", job.turn_id, attempt + 1, type(error).__name__
            )
            await asyncio.sleep(CLOSING_PAUSE_SECONDS)
        else:
            break
    await live.wake(job.conversation_id, job.turn_id)


def _place_of(error: BaseException) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "unknown place"
