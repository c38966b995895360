"""
Ask a provider for the vectors of texts: bytes leave here by the rules of `client`, only the answer is numbers.

It takes a `Scrubbed` prompt and nothing else; each of its messages is one text. Spoken to are servers with OpenAI's
wire format; other kinds of provider are refused at admission.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import time
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
from django.conf import settings

from apps.gateway import client, departures, health, openai_client, tokens
from apps.gateway.client import Call, ModelFailed
from apps.gateway.endpoints import IN_PROCESS, Endpoint
from apps.gateway.models import LanguageModel, Provider
from apps.gateway.upstream import Fault, FaultKind, Usage, fault_of_status
from apps.privacy.scrub import Scrubbed, is_genuine

logger = logging.getLogger(__name__)

KINDS: Final = openai_client.KINDS
AROUND_A_TEXT: Final = 2
"""Tokens that embedders put before and behind a text."""
LARGEST_ANSWER: Final = 96 * 1024 * 1024
"""Bytes: 512 texts of 4,096 numbers each as JSON take 45 MB."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """One vector for each text, in their order, and what it cost in tokens."""

    vectors: tuple[tuple[float, ...], ...] = field(repr=False)
    input_tokens: int
    is_estimated: bool = False


def is_on_this_machine(model: LanguageModel) -> bool:
    """Say whether this is the embedder that runs inside our own processes."""
    return model.provider.kind == Provider.Kind.EMBEDDED and model.upstream_id == IN_PROCESS


def is_in_process(endpoint: Endpoint) -> bool:
    """Say whether a call goes to the embedder inside our own processes."""
    return endpoint.is_in_process


def estimated_tokens(prompt: Scrubbed) -> int:
    """Estimate what the texts cost in tokens, rather too many."""
    return sum(tokens.about(message.text) + AROUND_A_TEXT for message in prompt.messages)


async def embed(call: Call, prompt: Scrubbed, *, dimensions: int | None = None) -> Embedded:
    """
    Send the texts of the prompt and give their vectors; `dimensions` is passed on for models that can shorten them.

    :raises TypeError: if the prompt was not made by the scrubber. Nothing is sent.
    :raises ModelFailed: with a sentence for the person.
    """
    if not is_genuine(prompt):
        raise TypeError("Only a prompt made by the scrubber may be sent to a model.")
    begun = time.monotonic()
    try:
        with departures.of_call(call.call_id):
            async with asyncio.timeout(settings.MODEL_FIRST_TOKEN_SECONDS):
                answer = await _ask(call, prompt, dimensions)
        embedded = _read(answer, prompt)
    except Fault as fault:
        raise _failure(fault.kind, call, prompt) from None
    except TimeoutError:
        raise _failure(FaultKind.NO_ANSWER_IN_TIME, call, prompt) from None
    health.note_answer(call.model_id, time.monotonic() - begun)
    return embedded


async def _ask(call: Call, prompt: Scrubbed, dimensions: int | None) -> Any:
    body: dict[str, Any] = {
        "model": call.endpoint.upstream_id,
        "input": [message.text for message in prompt.messages],
        "encoding_format": "float",
    }
    if dimensions is not None:
        body["dimensions"] = dimensions
    try:
        async with await openai_client.post(call.endpoint, "embeddings", body) as response:
            if response.status != 200:
                raise Fault(fault_of_status(response.status))
            content = await response.content.read(LARGEST_ANSWER + 1)
            while not response.content.at_eof() and len(content) <= LARGEST_ANSWER:
                content += await response.content.read(LARGEST_ANSWER + 1 - len(content))
    except aiohttp.ClientConnectionError:
        raise Fault(FaultKind.UNREACHABLE) from None
    except (aiohttp.ClientError, OSError) as error:
        if isinstance(error, TimeoutError):
            raise
        raise Fault(FaultKind.BROKE_OFF) from None
    if len(content) > LARGEST_ANSWER:
        raise Fault(FaultKind.BAD_ANSWER)
    return await asyncio.to_thread(_parsed, content)


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        raise Fault(FaultKind.BAD_ANSWER) from None


def _read(answer: Any, prompt: Scrubbed) -> Embedded:
    """Take the vectors in the order of the texts; an answer that lacks one or holds more is refused whole."""
    try:
        rows = sorted(answer["data"], key=lambda row: int(row["index"]))
        vectors = tuple(tuple(float(number) for number in row["embedding"]) for row in rows)
        indexes = [int(row["index"]) for row in rows]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Fault(FaultKind.BAD_ANSWER) from None
    lengths = {len(vector) for vector in vectors}
    is_finite = all(math.isfinite(number) for vector in vectors for number in vector)
    if indexes != list(range(len(prompt.messages))) or len(lengths) != 1 or 0 in lengths or not is_finite:
        raise Fault(FaultKind.BAD_ANSWER)
    stated = _stated_tokens(answer)
    if stated:
        return Embedded(vectors, stated)
    return Embedded(vectors, estimated_tokens(prompt), is_estimated=True)


def _stated_tokens(answer: Any) -> int:
    usage = answer.get("usage")
    stated = usage.get("prompt_tokens") if isinstance(usage, dict) else None
    return stated if isinstance(stated, int) and not isinstance(stated, bool) and stated > 0 else 0


def _failure(kind: FaultKind, call: Call, prompt: Scrubbed) -> ModelFailed:
    health.note_fault(call.model_id, kind)
    logger.warning("%s at %s failed: %s", call.model_label, call.provider_label, kind)
    is_free = kind in client.NEVER_BILLED or kind in client.NOT_BILLED_YET
    usage = Usage(0 if is_free else estimated_tokens(prompt), 0)
    return ModelFailed(kind, model_label=call.model_label, usage=usage)
