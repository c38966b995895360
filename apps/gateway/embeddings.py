"""
Ask a provider for the vectors of texts: bytes leave here by the rules of `client`, only the answer is numbers.

It takes a `Scrubbed` prompt and nothing else; each of its messages is one text. Servers with OpenAI's wire format are
spoken to the short way, the others through LiteLLM; a kind that has no embeddings is refused at admission.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from typing import Any, Final

import aiohttp
from django.conf import settings

from apps.gateway import client, departures, health, litellm_client, openai_client, tokens
from apps.gateway.client import Call, Finish, ModelFailed
from apps.gateway.endpoints import IN_PROCESS, Endpoint
from apps.gateway.models import LanguageModel, Provider
from apps.gateway.upstream import Fault, FaultKind, Usage, fault_of_status
from apps.gateway.wire import AsVectors
from apps.privacy.scrub import Scrubbed, is_genuine

logger = logging.getLogger(__name__)

MISTRAL_ADDRESS: Final = "https://api.mistral.ai/v1"
SHORT_WAY: Final = openai_client.KINDS | {Provider.Kind.MISTRAL}
"""Kinds whose embeddings are in OpenAI's format. LiteLLM asks Mistral three times where it fails; here it is once."""
KINDS: Final = SHORT_WAY | litellm_client.EMBEDDING_KINDS
DIMENSIONS_HERE: Final = 384
"""Numbers of a vector of the embedder inside our own processes."""
AROUND_A_TEXT: Final = 2
"""Tokens that embedders put before and behind a text."""
LARGEST_ANSWER: Final = 96 * 1024 * 1024
"""Bytes: 512 texts of 4,096 numbers each as JSON take 45 MB."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """One vector for each text, in their order."""

    vectors: tuple[tuple[float, ...], ...] = field(repr=False)


def is_on_this_machine(model: LanguageModel) -> bool:
    """Say whether this is the embedder that runs inside our own processes."""
    return model.provider.kind == Provider.Kind.EMBEDDED and model.upstream_id == IN_PROCESS


def is_in_process(endpoint: Endpoint) -> bool:
    """Say whether a call goes to the embedder inside our own processes."""
    return endpoint.is_in_process


def estimated_tokens(prompt: Scrubbed) -> int:
    """Estimate what the texts cost in tokens, rather too many."""
    return sum(tokens.about(message.text) + AROUND_A_TEXT for message in prompt.messages)


async def stream(call: Call, prompt: Scrubbed, wanted: AsVectors) -> AsyncGenerator[Embedded | Finish, None]:
    """
    Send the texts of the prompt and give their vectors, then the end; in the manner of `client.stream`.

    :raises TypeError: if the prompt was not made by the scrubber. Nothing is sent.
    :raises ModelFailed: while iterating, with a sentence for the person.
    """
    require_genuine(prompt)
    begun = time.monotonic()
    try:
        with departures.of_call(call.call_id):
            async with asyncio.timeout(settings.MODEL_FIRST_TOKEN_SECONDS):
                answer = await _ask(call, prompt, wanted)
        embedded = _read(answer, prompt)
    except Fault as fault:
        raise _failure(fault.kind, call, prompt) from None
    except TimeoutError:
        raise _failure(FaultKind.NO_ANSWER_IN_TIME, call, prompt) from None
    health.note_answer(call.model_id, time.monotonic() - begun)
    yield embedded
    yield ended(prompt, _stated_tokens(answer))


def require_genuine(prompt: Scrubbed) -> None:
    """:raises TypeError: if the prompt was not made by the scrubber."""
    if not is_genuine(prompt):
        raise TypeError("Only a prompt made by the scrubber may be sent to a model.")


def ended(prompt: Scrubbed, stated_tokens: int) -> Finish:
    """Give the end of a whole answer, with our estimate of the tokens where the model stated none."""
    return Finish("stop", stated_tokens or estimated_tokens(prompt), 0, is_estimated=not stated_tokens)


async def _ask(call: Call, prompt: Scrubbed, wanted: AsVectors) -> Any:
    texts = [message.text for message in prompt.messages]
    if call.endpoint.kind in SHORT_WAY:
        return await _ask_the_short_way(call.endpoint, texts, wanted)
    return await litellm_client.embed(call.endpoint, texts, wanted.dimensions)


async def _ask_the_short_way(endpoint: Endpoint, texts: list[str], wanted: AsVectors) -> Any:
    body: dict[str, Any] = {"model": endpoint.upstream_id, "input": texts, "encoding_format": "float"}
    is_mistral = endpoint.kind == Provider.Kind.MISTRAL
    if is_mistral and not endpoint.base_url:
        endpoint = replace(endpoint, base_url=MISTRAL_ADDRESS)
    if wanted.dimensions is not None:
        body["output_dimension" if is_mistral else "dimensions"] = wanted.dimensions
    try:
        async with await openai_client.post(endpoint, "embeddings", body) as response:
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
    return Embedded(vectors)


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
