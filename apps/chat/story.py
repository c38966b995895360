"""
The life of a message, told once for every door: compose, scrub, admit, record, send, restore, close.

What differs between a browser's turn and a program's exchange is a `Keeper`: where the question comes from, where the
answer is kept and who is woken. The steps, their order and every way they can end are here.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, suppress
from dataclasses import dataclass, replace
from typing import Protocol
from uuid import UUID

from apps.chat import endings, ways
from apps.chat.answers import Answer
from apps.chat.companions import Stopped
from apps.chat.endings import Ending
from apps.chat.turns import TurnAlreadyClosed
from apps.chat.ways import Wanted
from apps.gateway import client
from apps.gateway.admission import Admission, Refused
from apps.gateway.client import Delta, Finish, ModelFailed
from apps.gateway.embeddings import Embedded
from apps.gateway.upstream import CallPiece, Usage
from apps.gateway.wire import AS_IT_LIKES
from apps.ledger.records import LedgerUnavailable
from apps.ledger.vocabulary import OutcomeKind
from apps.privacy.engine import ScrubberUnavailable
from apps.privacy.policy import Policy
from apps.privacy.positions import NOTHING_ELSE, Surroundings
from apps.privacy.refusals import MessageHeld, PolicyStops
from apps.privacy.scrub import Draft, Scrubbed, scrub
from apps.privacy.vault import Vault, VaultMoved
from apps.rag.search import SearchFailed

logger = logging.getLogger(__name__)

SCRUBBING_ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class Composed:
    """What is to be asked, before scrubbing, and what it is scrubbed with."""

    drafts: Sequence[Draft]
    vault: Vault
    policy: Policy
    surroundings: Surroundings = NOTHING_ELSE
    wanted: Wanted = AS_IT_LIKES


class Keeper(Protocol):
    """What one door does at the steps of the story."""

    @property
    def key(self) -> UUID:
        """Name the exchange in the log."""
        ...

    def kept_alive(self) -> AbstractAsyncContextManager[None]:
        """Tell the other processes that this one still answers, while the body runs; end it with `Stopped`."""
        ...

    async def compose(self) -> Composed:
        """Read what is asked and what it is scrubbed with."""
        ...

    def progress_shown(self) -> AbstractAsyncContextManager[Callable[[float], None] | None]:
        """Give the function to tell how much has been looked through, from 0 to 1; None where nobody watches."""
        ...

    async def hold(self, held: MessageHeld, vault: Vault) -> None:
        """Keep what the person is asked about: nothing is sent."""
        ...

    async def send_off(self, prompt: Scrubbed, vault: Vault) -> Admission:
        """
        Keep the vault, hold the money and put the exchange on the record. When this returns, the record is on disk.

        :raises VaultMoved: if a placeholder was given away meanwhile; then nothing is held or recorded.
        :raises Refused: with a sentence for the person; then nothing is held.
        :raises LedgerUnavailable: if the record cannot be written.
        """
        ...

    async def fall_back(self, failure: ModelFailed, prompt: Scrubbed) -> Admission | None:
        """
        Give the next model that may be asked in place of one that failed before its first word; None if there is none.

        Each call has an intent and an outcome of its own: the failed one is concluded and paid here, and the next one
        admitted and recorded, before this returns.
        """
        ...

    def arriving(self) -> AbstractAsyncContextManager[None]:
        """Pass on what `hear` takes, while the body runs."""
        ...

    def hear(self, words: str) -> None:
        """Take some more of the answer, restored. Called on the event loop for each piece: cheap, never waits."""
        ...

    def hear_call(self, piece: CallPiece) -> None:
        """Take some more of a tool call, restored, in the same way. Only where tools were offered."""
        ...

    async def close(self, ending: Ending) -> None:
        """Keep the answer, settle the money and conclude the record: all or none, exactly once."""
        ...


async def tell(keeper: Keeper) -> Ending:
    """
    Answer from start to close; every way out closes the exchange, with a sentence for the person.

    A cancelled task (the portal is stopping) closes the exchange before it lets go.
    """
    started = time.monotonic()
    answer = Answer(keeper.hear, keeper.hear_call)
    try:
        async with keeper.kept_alive():
            ending = await _steps(keeper, answer)
    except asyncio.CancelledError:
        stopped = _ended_early(answer, OutcomeKind.FAILED, endings.STOPPING, endings.PORTAL_STOPPED)
        await asyncio.shield(keeper.close(stopped))
        raise
    except Exception as error:  # noqa: BLE001
        # The one place that catches everything: an exchange must close. The error's text may hold somebody's words.
        ending = _ending_after(error, answer)
        if ending.reason == "PORTAL_FAILED":
            logger.critical("Exchange %s failed: %s at %s", keeper.key, type(error).__name__, _place_of(error))
    await keeper.close(ending)
    seconds = time.monotonic() - started
    logger.info("Exchange %s closed as %s %s in %.2f s", keeper.key, ending.outcome, ending.reason, seconds)
    return ending


async def _steps(keeper: Keeper, answer: Answer) -> Ending:
    """The steps in their order. Everything before `_send` may refuse; nothing has left by then."""
    composed = await keeper.compose()
    prompt, admission = await _made_ready(keeper, composed, answer)
    answer.expect(prompt, composed.vault)
    while True:
        try:
            return _answered(answer, await _send(keeper, admission, prompt, composed.wanted, answer))
        except ModelFailed as failure:
            other = None if answer.has_begun else await keeper.fall_back(failure, prompt)
            if other is None:
                raise
            admission = other


async def _made_ready(keeper: Keeper, composed: Composed, answer: Answer) -> tuple[Scrubbed, Admission]:
    """
    Scrub, admit and record; scrub again where another message of the conversation gave a placeholder away first.

    :raises ScrubberUnavailable: if that happens every time; nothing may be sent then.
    """
    for _ in range(SCRUBBING_ATTEMPTS):
        prompt = answer.prepared = await _scrubbed(keeper, composed)
        # After VaultMoved the vault has reloaded; what was masked with the old one names other people: thrown away.
        with suppress(VaultMoved):
            return prompt, await keeper.send_off(prompt, composed.vault)
    raise ScrubberUnavailable(endings.SCRUBBED_IN_VAIN)


async def _scrubbed(keeper: Keeper, composed: Composed) -> Scrubbed:
    """Scrub; a message that is held for a confirmation leaves behind which placeholders it is about."""
    try:
        async with keeper.progress_shown() as note:
            return await scrub(
                composed.drafts,
                vault=composed.vault,
                policy=composed.policy,
                on_progress=note,
                surroundings=composed.surroundings,
            )
    except MessageHeld as held:
        await keeper.hold(held, composed.vault)
        raise


async def _send(keeper: Keeper, admission: Admission, prompt: Scrubbed, wanted: Wanted, answer: Answer) -> Finish:
    """Stream the answer; leaving early, for whatever reason, cancels the upstream call."""
    finish = Finish("unknown", 0, 0)
    async with keeper.arriving(), aclosing(ways.open_way(admission, prompt, wanted)) as pieces:
        async for piece in pieces:
            if isinstance(piece, Delta):
                answer.receive(piece.text)
            elif isinstance(piece, CallPiece):
                answer.receive_call(piece)
            elif isinstance(piece, Embedded):
                answer.vectors = piece.vectors
            else:
                finish = piece
    answer.complete()
    return finish


def _answered(answer: Answer, finish: Finish) -> Ending:
    usage = Usage(finish.input_tokens, finish.output_tokens)
    if answer.is_empty:
        return Ending(OutcomeKind.FAILED, "EMPTY_ANSWER", endings.EMPTY).used(usage)
    return Ending(
        OutcomeKind.ANSWERED,
        finish.reason.upper()[:40],
        endings.TOO_LONG if finish.reason == "length" else "",
        answer=answer.text,
        answer_as_received=answer.on_record,
        vectors=answer.vectors,
    ).used(usage)


def _ending_after(error: Exception, answer: Answer) -> Ending:
    """Say how an exchange ended that an exception ended."""
    match error:
        case Stopped() | TurnAlreadyClosed():
            return _ended_early(answer, OutcomeKind.STOPPED, "STOPPED", endings.STOPPED)
        case ModelFailed():
            early = _ended_early(answer, OutcomeKind.FAILED, error.code, error.sentence)
            return early.used(endings.usage_of(error))
        case PolicyStops():
            return replace(_refused(answer, error.code, error.sentence), stopped_for=error.spans)
        case Refused():
            return _refused(answer, error.code, error.sentence, retry_after=getattr(error, "retry_after", None))
        case ScrubberUnavailable():
            return _refused(answer, endings.UNSCRUBBED, error.sentence)
        case LedgerUnavailable():
            return _refused(answer, endings.UNRECORDED, endings.LEDGER_FAILED)
        case SearchFailed():
            return _refused(answer, "SEARCH_FAILED", endings.SEARCH_FAILED)
    return _ended_early(answer, OutcomeKind.FAILED, "PORTAL_FAILED", endings.PORTAL_FAILED)


def _refused(answer: Answer, reason: str, sentence: str, *, retry_after: int | None = None) -> Ending:
    """A refusal; of the second model of an exchange it is a failure, since the first was sent something."""
    if answer.sent is not None:
        return _ended_early(answer, OutcomeKind.FAILED, reason, sentence[: endings.SENTENCE_LENGTH])
    return replace(endings.refused(reason, sentence, retry_after=retry_after), prepared=answer.prepared)


def _ended_early(answer: Answer, outcome: OutcomeKind, reason: str, sentence: str) -> Ending:
    """An end before the model finished: what arrived is kept, and paid for by an estimate if anything was sent."""
    answer.complete()
    if answer.sent is None:
        before_sending = OutcomeKind.REFUSED if outcome == OutcomeKind.FAILED else outcome
        return Ending(before_sending, reason, sentence, prepared=answer.prepared)
    ending = Ending(outcome, reason, sentence, answer=answer.text, answer_as_received=answer.on_record)
    return ending.used(client.estimate(answer.sent, answer.as_received))


def _place_of(error: BaseException) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "unknown place"
