"""How a model is asked: for words, or for the vectors of texts; the latter perhaps inside our own processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Final, TypeAlias

from apps.gateway import client, embeddings
from apps.gateway.admission import Admission
from apps.gateway.client import Event, Finish
from apps.gateway.embeddings import Embedded
from apps.gateway.wire import AsVectors, Sampling
from apps.privacy.scrub import Scrubbed
from apps.rag import embedding as on_this_machine

Wanted: TypeAlias = Sampling | AsVectors

_one_at_a_time: Final = asyncio.Semaphore(1)
"""Embedding here takes one core for 12 to 40 ms a text; more at once would only make everybody else wait."""


def open_way(admission: Admission, prompt: Scrubbed, wanted: Wanted) -> AsyncGenerator[Event | Embedded, None]:
    """
    Send the prompt and give the answer as it comes; closing the generator ends the call.

    :raises TypeError: if the prompt was not made by the scrubber. Nothing is sent.
    :raises ModelFailed: while iterating.
    """
    if isinstance(wanted, Sampling):
        return client.stream(admission, prompt, wanted)
    if embeddings.is_in_process(admission.endpoint):
        return _vectors_here(prompt)
    return embeddings.stream(admission, prompt, wanted)


async def _vectors_here(prompt: Scrubbed) -> AsyncGenerator[Embedded | Finish, None]:
    embeddings.require_genuine(prompt)
    async with _one_at_a_time:
        vectors = await asyncio.to_thread(_embed_all, prompt)
    yield Embedded(vectors)
    yield embeddings.ended(prompt, 0)


def _embed_all(prompt: Scrubbed) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(on_this_machine.embed(message.text).tolist()) for message in prompt.messages)
