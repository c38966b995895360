"""
The short way to servers that speak OpenAI's wire format: one HTTP request, server-sent events, no library between.

It tells what LiteLLM cannot: whether the provider itself stated the end and the count. Redirects are not followed, so
what is sent goes where it was meant to go and nowhere else.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from weakref import WeakKeyDictionary

import aiohttp
from django.conf import settings

from apps.gateway import beats, departures
from apps.gateway.endpoints import Endpoint
from apps.gateway.models import Provider
from apps.gateway.openai_events import Events
from apps.gateway.upstream import NO_FIELDS, Fault, FaultKind, Message, Piece, fault_of_status

if TYPE_CHECKING:
    from aiohttp.client_reqrep import ConnectionKey
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

Kind = Provider.Kind

KINDS: Final = frozenset({Kind.EMBEDDED, Kind.OPENAI, Kind.OPENAI_COMPATIBLE, Kind.OLLAMA})
OPENAI_ADDRESS: Final = "https://api.openai.com/v1"
CONNECTIONS: Final = 400
LONGEST_REASON: Final = 4096
TOO_LONG: Final = (b"context_length_exceeded", b"exceed_context_size", b"maximum context length")
"""How OpenAI, llama.cpp and vLLM say that a prompt does not fit the window."""

PATIENCE_AFTER_THE_END: Final = 0.2
"""Seconds to wait for a connection to come free after the answer's end; then it is closed instead."""

SECONDS_KEPT: Final = 4.0
"""Servers under uvicorn, such as vLLM's, hang up after five."""
SECONDS_KEPT_IN_CLEAR: Final = 1.0
"""Without TLS a connection is cheap, so it is kept only where calls follow one another closely."""


class Manner(NamedTuple):
    """How connections are made: through the company's proxy (HTTPS_PROXY, NO_PROXY); and how long they are kept."""

    is_proxied: bool
    seconds_kept: float


class Connections(aiohttp.TCPConnector):
    """
    Gives no connection out again on which something came that nobody had asked for.

    aiohttp asks that when a connection is given back and not when it is taken: what came between would be read as the
    answer to the next call, which may be somebody else's.
    """

    async def _get(self, key: ConnectionKey, traces: list[Trace]) -> Connection | None:
        while (kept := await super()._get(key, traces)) is not None:
            if kept.protocol is not None and not kept.protocol.should_close:
                return kept
            kept.close()
        return None


_sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Manner, aiohttp.ClientSession]] = WeakKeyDictionary()


async def stream(
    endpoint: Endpoint, messages: Sequence[Message], max_output_tokens: int, fields: Mapping[str, Any] = NO_FIELDS
) -> AsyncGenerator[Piece, None]:
    """
    Stream an answer.

    :raises Fault: by kind, without what the server said.
    """
    try:
        async with await _post(endpoint, _body(endpoint, messages, max_output_tokens, fields)) as response:
            await _require_stream(response)
            with beats.counted():
                async for piece in _pieces(response):
                    yield piece
    except aiohttp.ClientConnectionError as error:
        raise Fault(_connection_fault(error)) from None
    except TimeoutError:
        raise Fault(FaultKind.UNREACHABLE) from None
    except (aiohttp.ClientError, OSError):
        raise Fault(FaultKind.BROKE_OFF) from None


async def close() -> None:
    """Close this event loop's connections."""
    for session in _sessions.pop(asyncio.get_running_loop(), {}).values():
        await session.close()


async def get(endpoint: Endpoint, path: str) -> aiohttp.ClientResponse:
    """Ask the server about itself; nothing of anybody's is sent. Raises what aiohttp raises."""
    return await _open(endpoint, "GET", path)


async def post(endpoint: Endpoint, path: str, body: dict[str, Any]) -> aiohttp.ClientResponse:
    """Send a JSON body made of scrubbed texts by a module of this room. Raises what aiohttp raises."""
    return await _open(endpoint, "POST", path, json=body)


async def _post(endpoint: Endpoint, body: dict[str, Any]) -> aiohttp.ClientResponse:
    return await _open(endpoint, "POST", "chat/completions", json=body)


async def _open(endpoint: Endpoint, method: str, path: str, **content: Any) -> aiohttp.ClientResponse:
    address = (endpoint.base_url or OPENAI_ADDRESS).rstrip("/")
    if endpoint.kind == Kind.OLLAMA and not address.endswith("/v1"):
        address += "/v1"
    headers = {"Authorization": f"Bearer {endpoint.api_key}"} if endpoint.api_key else {}
    return await _session(endpoint).request(
        method, f"{address}/{path}", headers=headers, allow_redirects=False, **content
    )


def _session(endpoint: Endpoint) -> aiohttp.ClientSession:
    """
    One pool of connections for each event loop and manner; no cookies, no time limits but the connection's.

    Where the environment names no proxy it is not searched for one at each request, which aiohttp does in a thread. A
    connection is used again only for much less time than servers keep it: one that hangs up just as a message is on
    its way would fail the message, and nobody may send it twice.
    """
    is_encrypted = endpoint.kind == Kind.OPENAI or endpoint.base_url.startswith("https://")
    manner = Manner(
        is_proxied=endpoint.kind != Kind.EMBEDDED,
        seconds_kept=SECONDS_KEPT if is_encrypted else SECONDS_KEPT_IN_CLEAR,
    )
    sessions = _sessions.setdefault(asyncio.get_running_loop(), {})
    if manner not in sessions:
        sessions[manner] = _new_session(manner)
    return sessions[manner]


def _new_session(manner: Manner) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=Connections(limit=CONNECTIONS, keepalive_timeout=manner.seconds_kept),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, connect=settings.MODEL_CONNECT_SECONDS),
        headers={"User-Agent": "portcullis"},
        trust_env=manner.is_proxied and any(name.lower().endswith("_proxy") for name in os.environ),
        trace_configs=[_counting()],
    )


def _counting() -> aiohttp.TraceConfig:
    """Count each request with a body when its head has been handed to the socket, whoever asked for it."""

    async def count(_: object, __: object, sent: aiohttp.TraceRequestHeadersSentParams) -> None:
        if sent.method == "POST":
            departures.note(departures.OPENAI)

    tracing = aiohttp.TraceConfig()
    tracing.on_request_headers_sent.append(count)
    return tracing


def _body(
    endpoint: Endpoint, messages: Sequence[Message], max_output_tokens: int, fields: Mapping[str, Any]
) -> dict[str, Any]:
    limit = "max_completion_tokens" if endpoint.kind == Kind.OPENAI else "max_tokens"
    return {
        **fields,
        "model": endpoint.upstream_id,
        "messages": list(messages),
        limit: max_output_tokens,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


async def _require_stream(response: aiohttp.ClientResponse) -> None:
    if response.status == 400:
        reason = (await response.content.read(LONGEST_REASON)).lower()
        raise Fault(FaultKind.TOO_LONG if any(word in reason for word in TOO_LONG) else FaultKind.REQUEST_REFUSED)
    if response.status != 200:
        raise Fault(fault_of_status(response.status))
    if response.content_type != "text/event-stream":
        raise Fault(FaultKind.BAD_ANSWER)


async def _pieces(response: aiohttp.ClientResponse) -> AsyncIterator[Piece]:
    """
    Cut the stream into events and give what each read brings in few pieces; the format's own end ends it.

    The first word is passed on at once. After it, reads wait for a moment, so that a fast model costs no more than
    twenty wake-ups a second, and less where many answer at once.
    """
    content, events, has_begun = response.content, Events(), False
    rest: asyncio.TimerHandle | None = None
    try:
        while data := await content.readany():
            for piece in events.read(data):
                has_begun = has_begun or bool(piece.text or piece.calls)
                yield piece
            if events.are_over:
                await _let_end(content)
                return
            if has_begun:
                rest = _leave_to_the_kernel(response)
    finally:
        if rest:
            rest.cancel()


def _leave_to_the_kernel(response: aiohttp.ClientResponse) -> asyncio.TimerHandle | None:
    """Read nothing until the next beat: nobody is woken for each token that comes meanwhile."""
    transport = response.connection.transport if response.connection else None
    if transport is None or transport.is_closing():
        return None
    transport.pause_reading()
    loop = asyncio.get_running_loop()
    return loop.call_at(beats.next_read(loop.time()), transport.resume_reading)


async def _let_end(content: aiohttp.StreamReader) -> None:
    """Read the few bytes after the last event, so that the connection can be used again."""
    if content.is_eof():
        return
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_AFTER_THE_END):
            await content.read()


def _connection_fault(error: aiohttp.ClientConnectionError) -> FaultKind:
    """A connection that was never made has carried nothing; one that ended may have."""
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return FaultKind.UNREACHABLE
    return FaultKind.BROKE_OFF
