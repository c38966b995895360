"""
The only file that knows LiteLLM: it speaks to providers whose wire format is not OpenAI's.

LiteLLM is imported on first use, because that takes seconds and some 120 MB. Everything in it that retries, caches,
logs, counts or calls home is off; its price map is the copy that it ships.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from functools import lru_cache
from types import ModuleType
from typing import Any, Final
from weakref import WeakKeyDictionary

import httpx
from django.conf import settings

from apps.gateway import departures
from apps.gateway.endpoints import Endpoint
from apps.gateway.models import Provider
from apps.gateway.upstream import NO_FIELDS, Fault, FaultKind, Message, Piece, Usage, call_pieces, fault_of_status

Kind = Provider.Kind

LITELLM_NAMES: Final[dict[str, str]] = {
    Kind.EMBEDDED: "openai",
    Kind.OPENAI: "openai",
    Kind.OPENAI_COMPATIBLE: "openai",
    Kind.OLLAMA: "openai",
    Kind.AZURE: "azure",
    Kind.BEDROCK: "bedrock",
    Kind.VERTEX: "vertex_ai",
    Kind.ANTHROPIC: "anthropic",
    Kind.MISTRAL: "mistral",
}
EMBEDDING_KINDS: Final = frozenset({Kind.AZURE, Kind.BEDROCK, Kind.VERTEX})
"""Kinds that are asked for vectors through LiteLLM. Anthropic offers none; Mistral's are in OpenAI's format."""
CONNECTIONS = 200

_pools: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient] = WeakKeyDictionary()


@lru_cache(maxsize=1)
def load() -> ModuleType:
    """Import LiteLLM and switch off all that is not the call itself. Takes seconds the first time."""
    for name in ("MODEL_COST_MAP", "ANTHROPIC_BETA_HEADERS", "BLOG_POSTS", "POLICY_TEMPLATES", "AUTOROUTER_PRESETS"):
        os.environ[f"LITELLM_LOCAL_{name}"] = "True"
    os.environ["LITELLM_MODE"] = "PRODUCTION"  # without it, LiteLLM reads .env files
    import litellm  # noqa: TID251  this is the file

    litellm.telemetry = False
    litellm.suppress_debug_info = True
    litellm.turn_off_message_logging = True
    litellm.disable_streaming_logging = True
    litellm.drop_params = True
    litellm.num_retries = 0
    litellm.cache = None
    for callbacks in ("callbacks", "input_callback", "success_callback", "failure_callback"):
        setattr(litellm, callbacks, [])
    for logger in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
        logging.getLogger(logger).disabled = True  # its error lines may repeat what was sent
    _leave_other_loggers_alone()
    return litellm


def _leave_other_loggers_alone() -> None:
    """
    Take LiteLLM's filters off the loggers of asyncio, httpx and the web server.

    They write out what a record would quote before our formatter, which withholds it, can take the record apart.
    """
    for logger in list(logging.Logger.manager.loggerDict.values()):
        for each in list(getattr(logger, "filters", ())):
            if type(each).__module__.partition(".")[0] == "litellm" and isinstance(logger, logging.Logger):
                logger.removeFilter(each)


async def stream(
    endpoint: Endpoint, messages: Sequence[Message], max_output_tokens: int, fields: Mapping[str, Any] = NO_FIELDS
) -> AsyncGenerator[Piece, None]:
    """
    Stream an answer through LiteLLM.

    :raises Fault: by kind, without LiteLLM's own message.
    """
    litellm = await asyncio.to_thread(load)
    # LiteLLM opens its connections itself: a request counts from the moment it is handed over.
    departures.note(departures.LITELLM)
    try:
        wrapper = await litellm.acompletion(**_request(endpoint, messages, max_output_tokens, fields))
    except Exception as error:  # noqa: BLE001  LiteLLM raises classes of five libraries; each becomes a Fault here
        raise Fault(_kind(error)) from None
    try:
        async for piece in _pieces(wrapper):
            yield piece
    finally:
        await wrapper.aclose()


async def embed(endpoint: Endpoint, texts: Sequence[str], dimensions: int | None) -> Any:
    """
    Ask for the vectors of texts through LiteLLM; gives the answer in OpenAI's shape.

    :raises Fault: by kind, without LiteLLM's own message.
    """
    litellm = await asyncio.to_thread(load)
    fields = {} if dimensions is None else {"dimensions": dimensions}
    departures.note(departures.LITELLM)
    try:
        answer = await litellm.aembedding(input=list(texts), **fields, **_connected(endpoint))
    except Exception as error:  # noqa: BLE001  as above
        raise Fault(_kind(error)) from None
    return answer.model_dump()


async def close() -> None:
    """Close this event loop's connections."""
    pool = _pools.pop(asyncio.get_running_loop(), None)
    if pool is not None:
        await pool.aclose()


async def _pieces(wrapper: Any) -> AsyncGenerator[Piece, None]:
    """
    Pass on the text; then the end and the count, but only as the provider itself stated them.

    LiteLLM makes up a count, and in some cases an end, where the provider gave none: its own notes tell the difference.
    """
    try:
        async for chunk in wrapper:
            delta = chunk.choices[0].delta if chunk.choices else None
            if delta is None:
                continue
            text, calls = delta.content or "", getattr(delta, "tool_calls", None) or ()
            if text or calls:
                yield Piece(text, calls=call_pieces(call.model_dump() for call in calls))
    except Exception as error:  # noqa: BLE001  as above
        raise Fault(_kind(error, has_begun=True)) from None
    usage = next((chunk.usage for chunk in reversed(wrapper.chunks) if getattr(chunk, "usage", None)), None)
    stated = Usage(usage.prompt_tokens or 0, usage.completion_tokens or 0) if usage else None
    yield Piece(finish_reason=wrapper.received_finish_reason or "", usage=stated)


def _request(
    endpoint: Endpoint, messages: Sequence[Message], max_output_tokens: int, fields: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        **fields,
        "messages": list(messages),
        "max_tokens": max_output_tokens,
        "stream": True,
        "stream_options": {"include_usage": True},
        **_connected(endpoint),
    }


def _connected(endpoint: Endpoint) -> dict[str, Any]:
    """Say which model, where, with which key; once and no more."""
    return {
        "model": endpoint.upstream_id,
        "custom_llm_provider": LITELLM_NAMES[endpoint.kind],
        "num_retries": 0,
        "max_retries": 0,
        "timeout": _time_limits(),
        "api_key": endpoint.api_key or None,
        "api_base": endpoint.base_url or None,
        **dict(endpoint.options),
        **_connection(endpoint),
    }


def _connection(endpoint: Endpoint) -> Mapping[str, Any]:
    if LITELLM_NAMES[endpoint.kind] != "openai":
        return {}
    from openai import AsyncOpenAI

    return {
        "client": AsyncOpenAI(
            api_key=endpoint.api_key or "none",
            base_url=endpoint.base_url or None,
            http_client=_pool(),
            max_retries=0,
        )
    }


def _pool() -> httpx.AsyncClient:
    """One connection pool for each event loop; redirects are not followed, so what is sent stays where it was sent."""
    loop = asyncio.get_running_loop()
    if loop not in _pools:
        _pools[loop] = httpx.AsyncClient(
            follow_redirects=False,
            timeout=_time_limits(),
            limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
        )
    return _pools[loop]


def _time_limits() -> httpx.Timeout:
    """Only the connection is limited here; the client limits the first word and every gap."""
    return httpx.Timeout(None, connect=settings.MODEL_CONNECT_SECONDS)


def _kind(error: Exception, *, has_begun: bool = False) -> FaultKind:
    litellm = load()
    if isinstance(error, litellm.ContextWindowExceededError):
        return FaultKind.TOO_LONG
    if _any_cause_is(error, ValueError, UnicodeDecodeError):
        return FaultKind.BAD_ANSWER
    if has_begun:
        return FaultKind.BROKE_OFF
    if isinstance(error, litellm.APIConnectionError | OSError) or _any_cause_is(error, httpx.ConnectTimeout, OSError):
        return FaultKind.UNREACHABLE
    status = getattr(error, "status_code", None)
    return fault_of_status(status) if isinstance(status, int) else FaultKind.BAD_ANSWER


def _any_cause_is(error: BaseException | None, *classes: type[BaseException]) -> bool:
    while error is not None:
        if isinstance(error, classes):
            return True
        error = error.__cause__ or error.__context__
    return False
