"""
The short way to servers that speak OpenAI's wire format: one HTTP request, server-sent events, no library between.

It tells what LiteLLM cannot: whether the provider itself stated the end and the count. Redirects are not followed, so
what is sent goes where it was meant to go and nowhere else. An answer that streams comes over a connection of
`apps.gateway.exchange_http`; through a company's proxy, and for all that is not streamed, over one of aiohttp's.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, Self
from weakref import WeakKeyDictionary

import aiohttp
from django.conf import settings

from apps.gateway import beats, departures, exchange_http
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


class Answer(Protocol):
    """What a stream needs of an answer, whichever way it came; see `exchange_http.Answer`."""

    @property
    def status(self) -> int: ...
    @property
    def content_type(self) -> str: ...
    @property
    def is_complete(self) -> bool: ...
    async def readany(self) -> bytes: ...
    def rest_until(self, moment: float) -> None: ...


_sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Manner, aiohttp.ClientSession]] = WeakKeyDictionary()
_connections: WeakKeyDictionary[asyncio.AbstractEventLoop, exchange_http.Connections] = WeakKeyDictionary()


async def stream(
    endpoint: Endpoint, messages: Sequence[Message], max_output_tokens: int, fields: Mapping[str, Any] = NO_FIELDS
) -> AsyncGenerator[Piece, None]:
    """
    Stream an answer.

    :raises Fault: by kind, without what the server said.
    """
    try:
        async with await _ask(endpoint, _body(endpoint, messages, max_output_tokens, fields)) as answer:
            await _require_stream(answer)
            with beats.counted():
                async for piece in _pieces(answer):
                    yield piece
    except exchange_http.NotReached:
        raise Fault(FaultKind.UNREACHABLE) from None
    except exchange_http.BrokeOff:
        raise Fault(FaultKind.BROKE_OFF) from None
    except aiohttp.ClientConnectionError as error:
        raise Fault(_connection_fault(error)) from None
    except TimeoutError:
        raise Fault(FaultKind.UNREACHABLE) from None
    except (aiohttp.ClientError, OSError):
        raise Fault(FaultKind.BROKE_OFF) from None


async def close() -> None:
    """Close this event loop's connections."""
    if connections := _connections.pop(asyncio.get_running_loop(), None):
        await connections.close()
    for session in _sessions.pop(asyncio.get_running_loop(), {}).values():
        await session.close()


async def get(endpoint: Endpoint, path: str) -> aiohttp.ClientResponse:
    """Ask the server about itself; nothing of anybody's is sent. Raises what aiohttp raises."""
    return await _open(endpoint, "GET", path)


async def post(endpoint: Endpoint, path: str, body: dict[str, Any]) -> aiohttp.ClientResponse:
    """Send a JSON body made of scrubbed texts by a module of this room. Raises what aiohttp raises."""
    return await _open(endpoint, "POST", path, json=body)


async def _ask(endpoint: Endpoint, body: dict[str, Any]) -> exchange_http.Answer | _ByAiohttp:
    address = _address(endpoint, "chat/completions")
    if _is_proxied(endpoint):
        return _ByAiohttp(await _open(endpoint, "POST", "chat/completions", json=body))
    loop = asyncio.get_running_loop()
    if (connections := _connections.get(loop)) is None:
        connections = _connections.setdefault(loop, exchange_http.Connections())
    return await connections.post(
        exchange_http.Target.of(address),
        bearer=endpoint.api_key,
        body=json.dumps(body).encode(),
        seconds_to_connect=settings.MODEL_CONNECT_SECONDS,
        seconds_kept=_seconds_kept(endpoint),
        on_sent=_note_a_departure,
    )


def _note_a_departure() -> None:
    departures.note(departures.OPENAI)


class _ByAiohttp:
    """An answer that aiohttp reads, as an `Answer`."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.status, self.content_type = response.status, response.content_type
        self._response, self._content = response, response.content
        self._rest: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._rest:
            self._rest.cancel()
        self._response.release()
        await self._response.wait_for_close()

    @property
    def is_complete(self) -> bool:
        return self._content.is_eof()

    async def readany(self) -> bytes:
        return await self._content.readany()

    def rest_until(self, moment: float) -> None:
        transport = self._response.connection.transport if self._response.connection else None
        if transport is not None and not transport.is_closing():
            transport.pause_reading()
            self._rest = asyncio.get_running_loop().call_at(moment, transport.resume_reading)


def _address(endpoint: Endpoint, path: str) -> str:
    address = (endpoint.base_url or OPENAI_ADDRESS).rstrip("/")
    if endpoint.kind == Kind.OLLAMA and not address.endswith("/v1"):
        address += "/v1"
    return f"{address}/{path}"


async def _open(endpoint: Endpoint, method: str, path: str, **content: Any) -> aiohttp.ClientResponse:
    headers = {"Authorization": f"Bearer {endpoint.api_key}"} if endpoint.api_key else {}
    return await _session(endpoint).request(
        method, _address(endpoint, path), headers=headers, allow_redirects=False, **content
    )


def _is_proxied(endpoint: Endpoint) -> bool:
    return endpoint.kind != Kind.EMBEDDED and _names_a_proxy()


@cache
def _names_a_proxy() -> bool:
    """Whether the environment names a proxy, which does not change while a process lives."""
    return any(name.lower().endswith("_proxy") for name in os.environ)


def _seconds_kept(endpoint: Endpoint) -> float:
    is_encrypted = endpoint.kind == Kind.OPENAI or endpoint.base_url.startswith("https://")
    return SECONDS_KEPT if is_encrypted else SECONDS_KEPT_IN_CLEAR


def _session(endpoint: Endpoint) -> aiohttp.ClientSession:
    """
    One pool of connections for each event loop and manner; no cookies, no time limits but the connection's.

    Where the environment names no proxy aiohttp does not search it for one at each request, in a thread. A connection
    is used again only for much less time than servers keep it: one that hangs up just as a message is on its way would
    fail the message, and nobody may send it twice.
    """
    manner = Manner(_is_proxied(endpoint), _seconds_kept(endpoint))
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
        trust_env=manner.is_proxied,
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


async def _require_stream(answer: Answer) -> None:
    if answer.status == 400:
        reason = (await answer.readany())[:LONGEST_REASON].lower()
        raise Fault(FaultKind.TOO_LONG if any(word in reason for word in TOO_LONG) else FaultKind.REQUEST_REFUSED)
    if answer.status != 200:
        raise Fault(fault_of_status(answer.status))
    if answer.content_type != "text/event-stream":
        raise Fault(FaultKind.BAD_ANSWER)


async def _pieces(answer: Answer) -> AsyncIterator[Piece]:
    """
    Cut the stream into events and give what each read brings in few pieces; the format's own end ends it.

    The first word is passed on at once. After it, reads wait for a moment, so that a fast model costs no more than
    twenty wake-ups a second, and less where many answer at once.
    """
    loop, events, has_begun = asyncio.get_running_loop(), Events(), False
    while data := await answer.readany():
        for piece in events.read(data):
            has_begun = has_begun or bool(piece.text or piece.calls)
            yield piece
        if events.are_over:
            await _let_end(answer)
            return
        if has_begun:
            answer.rest_until(beats.next_read(loop.time()))


async def _let_end(answer: Answer) -> None:
    """Read the few bytes after the last event, so that the connection can be used again."""
    if answer.is_complete:
        return
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_AFTER_THE_END):
            while await answer.readany():
                pass


def _connection_fault(error: aiohttp.ClientConnectionError) -> FaultKind:
    """A connection that was never made has carried nothing; one that ended may have."""
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return FaultKind.UNREACHABLE
    return FaultKind.BROKE_OFF
