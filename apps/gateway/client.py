"""
Call a model and stream its answer: the one place that bytes leave by.

It takes a `Scrubbed` prompt and nothing else, keeps the time limits, and says in one sentence how a call failed.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias
from uuid import UUID

from django.conf import settings

from apps.gateway import departures, health, litellm_client, openai_client, tokens, wire
from apps.gateway.endpoints import Endpoint
from apps.gateway.meter import Meter
from apps.gateway.models import Provider
from apps.gateway.patience import Patience, TooLate
from apps.gateway.upstream import CallPiece, Fault, FaultKind, Piece, Usage, Way
from apps.gateway.wire import AS_IT_LIKES, Sampling
from apps.privacy.scrub import Scrubbed, is_genuine

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Delta:
    """Some more text of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Finish:
    """
    The end of a whole answer: `reason` is stop, length, tool_calls or content_filter.

    `is_estimated` says that the provider gave no count and the tokens are our estimate.
    """

    reason: str
    input_tokens: int
    output_tokens: int
    is_estimated: bool = False


Event: TypeAlias = Delta | CallPiece | Finish


class Call(Protocol):
    """What the client needs to know of a call; an `Admission` is one."""

    @property
    def model_id(self) -> UUID | None: ...
    @property
    def call_id(self) -> UUID | None: ...
    @property
    def endpoint(self) -> Endpoint: ...
    @property
    def model_label(self) -> str: ...
    @property
    def provider_label(self) -> str: ...
    @property
    def max_output_tokens(self) -> int: ...
    @property
    def first_word_seconds(self) -> float | None: ...
    @property
    def delay_seconds(self) -> float: ...


SENTENCES: Final[dict[FaultKind, str]] = {
    FaultKind.UNREACHABLE: "{model} cannot be reached. Try again in a moment, or choose another model.",
    FaultKind.NO_ANSWER_IN_TIME: "{model} did not answer in time. Try again, or choose another model.",
    FaultKind.FELL_SILENT: "{model} stopped in the middle of its answer. What arrived is kept; try again.",
    FaultKind.BROKE_OFF: "The connection to {model} broke during its answer. What arrived is kept; try again.",
    FaultKind.NO_ANSWER: "{model} closed the connection without an answer. Try again, or choose another model.",
    FaultKind.KEY_REFUSED: "{model} refused the company's key. Choose another model and tell an administrator.",
    FaultKind.RATE_LIMITED: "{model} has too many requests at the moment. Wait a minute, or choose another model.",
    FaultKind.TOO_LONG: "This conversation is too long for {model}. Shorten the message or start a new conversation.",
    FaultKind.NOT_FOUND: "{model} is not known at its provider. Choose another model and tell an administrator.",
    FaultKind.REQUEST_REFUSED: "{model} refused this message. Change it, or choose another model.",
    FaultKind.PROVIDER_ERROR: "{model} has a fault at the moment. Try again, or choose another model.",
    FaultKind.BAD_ANSWER: "{model} sent an answer that cannot be read. Try again, or choose another model.",
    FaultKind.CUT_AT_LIMIT: (
        "{model} went on past the length that was paid for, so it was cut off. What arrived is kept; ask it to go on."
    ),
}
NEVER_BILLED: Final = {
    FaultKind.UNREACHABLE,
    FaultKind.KEY_REFUSED,
    FaultKind.RATE_LIMITED,
    FaultKind.TOO_LONG,
    FaultKind.NOT_FOUND,
    FaultKind.REQUEST_REFUSED,
}
NOT_BILLED_YET: Final = {FaultKind.PROVIDER_ERROR, FaultKind.BAD_ANSWER}
"""Not billed as long as no word of an answer has come."""


class ModelFailed(Exception):
    """
    A call that did not end in a whole answer.

    `sentence` is for the person and `code` for the record. `input_tokens` and `output_tokens` are what to settle: our
    estimate of what the provider will bill, zero where it refused before it began.
    """

    def __init__(self, kind: FaultKind, *, model_label: str, usage: Usage) -> None:
        self.kind = kind
        self.code = kind.value
        self.sentence = SENTENCES[kind].format(model=model_label)
        self.input_tokens = usage.input_tokens
        self.output_tokens = usage.output_tokens
        super().__init__(self.sentence)


def stream(admission: Call, prompt: Scrubbed, sampling: Sampling = AS_IT_LIKES) -> AsyncGenerator[Event, None]:
    """
    Send the prompt and give the answer as it comes: `Delta`s and `CallPiece`s, then one `Finish`.

    Close the generator (`contextlib.aclosing`) to stop the call; the connection to the provider is closed with it. An
    answer that goes on past `max_output_tokens` is cut. Whoever the guard slows waits here before anything leaves.

    :raises TypeError: if the prompt was not made by the scrubber. Nothing is sent.
    :raises ModelFailed: while iterating.
    """
    if not is_genuine(prompt):
        raise TypeError("Only a prompt made by the scrubber may be sent to a model.")
    return _stream(admission, prompt, sampling, way_to(admission.endpoint.kind))


def way_to(kind: str) -> Way:
    """Choose how a kind of provider is spoken to: the short way where it speaks OpenAI's format, else LiteLLM."""
    return openai_client.stream if kind in openai_client.KINDS else litellm_client.stream


def warm_up() -> None:
    """
    Load what the first call would otherwise wait for: LiteLLM, if a provider that is on needs it.

    Takes seconds and one query: run it at start, off the event loop.
    """
    if Provider.objects.filter(is_on=True).exclude(kind__in=openai_client.KINDS).exists():
        litellm_client.load()


async def close() -> None:
    """Close the connections kept open to providers. Call it when the process stops, after the last answer."""
    await openai_client.close()
    await litellm_client.close()


async def _stream(call: Call, prompt: Scrubbed, sampling: Sampling, way: Way) -> AsyncGenerator[Event, None]:
    messages, fields = wire.messages_of(prompt), wire.fields_of(prompt, sampling)
    heard: list[str] = []
    end = Piece()
    late = FaultKind.NO_ANSWER_IN_TIME
    meter = Meter(call.max_output_tokens)
    await asyncio.sleep(call.delay_seconds)
    begun, first_word = time.monotonic(), 0.0
    first_patience = Patience(call.first_word_seconds or settings.MODEL_FIRST_TOKEN_SECONDS)
    try:
        with departures.of_call(call.call_id), first_patience as patience:
            async with aclosing(way(call.endpoint, messages, call.max_output_tokens, fields)) as pieces:
                # Pieces without text count as signs of life; the first word has one limit, every next piece another.
                while (piece := await _next(patience, pieces, late)) is not None:
                    meter.take(piece)
                    if (piece.text or piece.calls) and not first_word:
                        first_word = time.monotonic() - begun
                        late = FaultKind.FELL_SILENT
                        patience.limit(settings.MODEL_GAP_SECONDS)
                    if piece.text:
                        heard.append(piece.text)
                        yield Delta(piece.text)
                    for part in piece.calls:
                        heard.append(part.name + part.arguments)
                        yield part
                    end = _end_so_far(end, piece)
        _require_an_end(end)
    except Fault as fault:
        raise _failure(fault, call, prompt, "".join(heard), at_least=meter.tokens) from None
    health.note_answer(call.model_id, first_word or None)
    yield _finish(end, prompt, "".join(heard))


async def _next(patience: Patience, pieces: AsyncGenerator[Piece, None], late: FaultKind) -> Piece | None:
    """Give the next piece, or None at the end."""
    try:
        return await patience.next(pieces)
    except StopAsyncIteration:
        return None
    except TooLate:
        raise Fault(late) from None


def _end_so_far(end: Piece, piece: Piece) -> Piece:
    if not piece.finish_reason and not piece.usage:
        return end
    return Piece(finish_reason=piece.finish_reason or end.finish_reason, usage=piece.usage or end.usage)


def _require_an_end(end: Piece) -> None:
    """Refuse to call an answer whole that merely stopped coming: nothing is cut off silently."""
    if not end.finish_reason:
        raise Fault(FaultKind.BROKE_OFF)


def _failure(fault: Fault, call: Call, prompt: Scrubbed, heard: str, *, at_least: int) -> ModelFailed:
    kind = FaultKind.NO_ANSWER if fault.kind == FaultKind.BROKE_OFF and not heard else fault.kind
    health.note_fault(call.model_id, kind)
    logger.warning("%s at %s failed: %s", call.model_label, call.provider_label, kind)
    usage = Usage(0, 0) if kind in NEVER_BILLED or (not heard and kind in NOT_BILLED_YET) else estimate(prompt, heard)
    if kind == FaultKind.CUT_AT_LIMIT:
        usage = Usage(usage.input_tokens, max(call.max_output_tokens, at_least))
    return ModelFailed(kind, model_label=call.model_label, usage=usage)


def estimate(prompt: Scrubbed, answer: str) -> Usage:
    """Estimate what a call cost in tokens, rather too many, where the provider did not say (stopped, broken off)."""
    return Usage(tokens.prompt_about(prompt), tokens.about(answer))


def _finish(end: Piece, prompt: Scrubbed, answer: str) -> Finish:
    usage = end.usage
    is_stated = usage is not None and usage.input_tokens > 0 and (usage.output_tokens > 0 or not answer)
    if usage is None or not is_stated:
        usage = estimate(prompt, answer)
    return Finish(end.finish_reason, usage.input_tokens, usage.output_tokens, is_estimated=not is_stated)
