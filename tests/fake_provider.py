"""
A real OpenAI-compatible server on this machine whose answers a test queues.

It speaks HTTP and server-sent events over a real socket from a thread of its own, so the product's client, its time
limits and its cancellations are met as they are. It is also the referee: what it received is what left, byte for byte.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

from tests.patience import PATIENCE_SECONDS

PAUSE = object()
"""Among the chunks of an answer: wait here until the test calls `go_on()`."""

Play = Callable[["Exchange"], Awaitable[web.StreamResponse]]


@dataclass
class Exchange:
    """One request in progress and the means to answer it."""

    provider: FakeProvider
    request: web.Request
    body: dict[str, Any]
    response: web.StreamResponse | None = None
    sent: list[str] = field(default_factory=list)

    async def open(self) -> None:
        self.response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await self.response.prepare(self.request)
        await self._event({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]})

    async def _event(self, extra: dict[str, Any]) -> None:
        event = {
            "id": "fake-1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": self.body.get("model"),
            **extra,
        }
        await self.line("data: " + json.dumps(event))

    async def line(self, text: str) -> None:
        assert self.response is not None
        await self.response.write(text.encode() + b"\n\n")

    async def say(self, chunks: Sequence[object], seconds_between: float = 0) -> None:
        for chunk in chunks:
            if chunk is PAUSE:
                await self.provider._gate.wait()
                self.provider._gate.clear()
                continue
            self.sent.append(str(chunk))
            await self._event({"choices": [{"index": 0, "delta": {"content": chunk}}]})
            if seconds_between:
                await asyncio.sleep(seconds_between)

    async def call(self, name: str, fragments: Sequence[str], call_id: str) -> None:
        first = {"id": call_id, "type": "function", "function": {"name": name, "arguments": ""}}
        for call in [first, *({"function": {"arguments": fragment}} for fragment in fragments)]:
            self.sent.append(json.dumps(call))
            await self._event({"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, **call}]}}]})

    async def close(self, *, finish: str, usage: tuple[int, int] | None) -> web.StreamResponse:
        assert self.response is not None
        await self._event({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
        if usage is not None:
            await self._event({"choices": [], "usage": _usage(usage)})
        await self.line("data: [DONE]")
        await self.response.write_eof()
        return self.response

    async def hang(self) -> None:
        """Do nothing until the client leaves or the server stops."""
        await asyncio.Event().wait()

    def cut(self) -> None:
        """Drop the connection without a word."""
        assert self.request.transport is not None
        self.request.transport.abort()


def _usage(usage: tuple[int, int]) -> dict[str, int]:
    return {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}


def vectors_of(body: dict[str, Any]) -> dict[str, Any]:
    """Two numbers for each text (its length, its words), given in reverse order as the format allows."""
    rows = [
        {"object": "embedding", "index": index, "embedding": [float(len(text)), float(len(text.split()))]}
        for index, text in enumerate(body["input"])
    ]
    return {
        "object": "list",
        "data": rows[::-1],
        "model": body["model"],
        "usage": {"prompt_tokens": 9, "total_tokens": 9},
    }


class FakeProvider:
    """Queue what the next requests get; read afterwards what was received."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.host = host
        self.requests: list[dict[str, Any]] = []
        """The JSON of each chat request, in order."""
        self.raw: list[bytes] = []
        """Each request as it came over the wire: request line, headers, body."""
        self.disconnects: list[int] = []
        """Numbers (from 0) of the chat requests whose client left before the answer was complete."""
        self.unexpected = 0
        """Chat requests for which the test had queued nothing (answered 500)."""
        self.open_requests = 0
        self.embedding_requests: list[dict[str, Any]] = []
        """The JSON of each embedding request, in order."""
        self.embeds: Callable[[dict[str, Any]], Any] = vectors_of
        """What an embedding request is answered with: the JSON, or a response."""
        self.models: list[dict[str, Any]] = [{"id": "fake", "object": "model"}]
        """What `GET /v1/models` lists."""
        self.peers: set[object] = set()
        self._queue: deque[Play] = deque()
        self._always: Play | None = None
        self._changed = threading.Condition()

    # What the test reads.

    @property
    def base_url(self) -> str:
        """Address to register as the provider's base URL."""
        return f"http://{self.host}:{self.port}/v1"

    @property
    def received(self) -> list[str]:
        """The last user message of each request: what left this house as the question."""
        return [_last_user_text(body) for body in self.requests]

    @property
    def everything(self) -> bytes:
        """All bytes received so far; assert that a secret is not in it."""
        return b"\n".join(self.raw)

    @property
    def connections(self) -> int:
        """How many connections the chat requests came over."""
        return len(self.peers)

    def wait_until(self, condition: Callable[[Self], bool], seconds: float = PATIENCE_SECONDS) -> None:
        """
        Block until `condition(provider)` holds; in async tests call it through `asyncio.to_thread`.

        :raises AssertionError: if it does not hold in time.
        """
        with self._changed:
            assert self._changed.wait_for(lambda: condition(self), seconds), "The provider waited in vain."

    def wait_for_requests(self, count: int = 1, seconds: float = PATIENCE_SECONDS) -> None:
        """Block until `count` chat requests have come."""
        self.wait_until(lambda me: len(me.requests) >= count, seconds)

    def wait_for_disconnects(self, count: int = 1, seconds: float = PATIENCE_SECONDS) -> None:
        """Block until `count` clients have left early."""
        self.wait_until(lambda me: len(me.disconnects) >= count, seconds)

    # What the test queues.

    def will_call(self, name: str, *fragments: str, call_id: str = "call_up", words: str = "") -> None:
        """Call a function, with its arguments in these fragments."""

        async def play(exchange: Exchange) -> web.StreamResponse:
            await exchange.open()
            if words:
                await exchange.say([words])
            await exchange.call(name, fragments, call_id)
            return await exchange.close(finish="tool_calls", usage=(11, 7))

        self._queue.append(play)

    def will_answer(
        self,
        *chunks: object,
        usage: tuple[int, int] | None = (11, 7),
        finish: str = "stop",
        seconds_between: float = 0,
        seconds_before: float = 0,
    ) -> None:
        """Stream `chunks` (PAUSE waits for `go_on()`); `usage` is (input, output) tokens, or None for no usage."""
        self._queue.append(_answer(chunks, usage, finish, seconds_between, seconds_before))

    def always_answers(
        self, *chunks: object, usage: tuple[int, int] | None = (11, 7), seconds_between: float = 0
    ) -> None:
        """Answer so whenever the queue is empty."""
        self._always = _answer(chunks, usage, "stop", seconds_between, 0)

    def always_says(self, say: Callable[[dict[str, Any]], str | None]) -> None:
        """Answer what `say` gives for the JSON of the request whenever the queue is empty; None breaks the answer."""

        async def play(exchange: Exchange) -> web.StreamResponse:
            words = say(exchange.body)
            if words is None:
                return web.json_response({"error": {"message": "It broke."}}, status=500)
            return await _answer([words], (11, 7), "stop", 0, 0)(exchange)

        self._always = play

    def go_on(self) -> None:
        """Let an answer that waits at PAUSE continue."""
        self._loop.call_soon_threadsafe(self._gate.set)

    def will_fail(
        self, status: int = 500, *, message: str = "It broke.", headers: dict[str, str] | None = None
    ) -> None:
        """Answer with an error status in OpenAI's shape."""

        async def play(exchange: Exchange) -> web.StreamResponse:
            error = {"error": {"message": message, "type": "fake", "code": str(status)}}
            return web.json_response(error, status=status, headers=headers)

        self._queue.append(play)

    def will_hang_before_headers(self) -> None:
        """Take the request and never say a word."""

        async def play(exchange: Exchange) -> web.StreamResponse:
            await exchange.hang()
            raise AssertionError

        self._queue.append(play)

    def will_hang_after(self, count: int, *chunks: object) -> None:
        """Send `count` of the chunks, then fall silent with the connection open."""

        async def play(exchange: Exchange) -> web.StreamResponse:
            await exchange.open()
            await exchange.say(_first(count, chunks))
            await exchange.hang()
            raise AssertionError

        self._queue.append(play)

    def will_die_after(self, count: int, *chunks: object) -> None:
        """Send `count` of the chunks, then drop the connection."""

        async def play(exchange: Exchange) -> web.StreamResponse:
            await exchange.open()
            await exchange.say(_first(count, chunks))
            await asyncio.sleep(0.02)  # so that what was written is on its way
            exchange.cut()
            assert exchange.response is not None
            return exchange.response

        self._queue.append(play)

    def will_end_early_after(self, count: int, *chunks: object) -> None:
        """Send `count` of the chunks, then end the response in good order, but without a finish or `[DONE]`."""

        async def play(exchange: Exchange) -> web.StreamResponse:
            await exchange.open()
            await exchange.say(_first(count, chunks))
            assert exchange.response is not None
            await exchange.response.write_eof()
            return exchange.response

        self._queue.append(play)

    def will_send_garbage(self, *, after: Sequence[str] = ()) -> None:
        """Send `after` as proper chunks, then events that are not JSON."""

        async def play(exchange: Exchange) -> web.StreamResponse:
            await exchange.open()
            await exchange.say(after)
            await exchange.line('data: {"choices": [{"delta": {"content": "brok')
            await exchange.line("data: \x00\x01 <html>")
            assert exchange.response is not None
            await exchange.response.write_eof()
            return exchange.response

        self._queue.append(play)

    def will_send_a_web_page(self) -> None:
        """Answer 200 with HTML, as a captive portal or a wrong address does."""

        async def play(exchange: Exchange) -> web.StreamResponse:
            return web.Response(text="<html><body>Please sign in</body></html>", content_type="text/html")

        self._queue.append(play)

    def will_redirect(self, location: str) -> None:
        """Answer with a redirect, which a client that guards what leaves must not follow."""

        async def play(exchange: Exchange) -> web.StreamResponse:
            return web.Response(status=307, headers={"Location": location})

        self._queue.append(play)

    # How it runs.

    def start(self) -> Self:
        """Listen on a free port of this machine, in a thread of its own."""
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), name="fake-provider", daemon=True)
        self._thread.start()
        assert started.wait(5)
        return self

    def stop(self) -> None:
        """Close the listener and every open connection; stopping twice is harmless."""
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(5)

    def _run(self, started: threading.Event) -> None:
        asyncio.run(self._serve(started))

    async def _serve(self, started: threading.Event) -> None:
        self._loop, self._stopping, self._gate = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
        application = web.Application(client_max_size=64 * 1024 * 1024)
        application.router.add_post("/v1/chat/completions", self._chat)
        application.router.add_post("/v1/embeddings", self._embeddings)
        application.router.add_get("/v1/models", self._models)
        runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, self.host, 0)
        await site.start()
        self.port: int = runner.addresses[0][1]
        started.set()
        await self._stopping.wait()
        await runner.cleanup()

    async def _models(self, request: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": self.models})

    async def _embeddings(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        body = json.loads(raw)
        self._change(lambda: (self.raw.append(raw), self.embedding_requests.append(body)))
        answer = self.embeds(body)
        return answer if isinstance(answer, web.StreamResponse) else web.json_response(answer)

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        number, body = self._note(request, await request.read())
        play = self._next()
        exchange = Exchange(self, request, body)
        try:
            return await (play(exchange) if body.get("stream") else _whole(play, exchange))
        except (asyncio.CancelledError, ConnectionResetError):
            if not self._stopping.is_set():
                self._change(lambda: self.disconnects.append(number))
            raise
        finally:
            self._change(lambda: setattr(self, "open_requests", self.open_requests - 1))

    def _note(self, request: web.Request, raw_body: bytes) -> tuple[int, dict[str, Any]]:
        headers = b"\r\n".join(name + b": " + value for name, value in request.raw_headers)
        raw = f"{request.method} {request.path_qs}\r\n".encode() + headers + b"\r\n\r\n" + raw_body
        body = json.loads(raw_body)
        number = len(self.requests)

        def note() -> None:
            self.raw.append(raw)
            self.requests.append(body)
            self.peers.add(request.transport.get_extra_info("peername") if request.transport else None)
            self.open_requests += 1

        self._change(note)
        return number, body

    def _change(self, change: Callable[[], None]) -> None:
        with self._changed:
            change()
            self._changed.notify_all()

    def _next(self) -> Play:
        if self._queue:
            return self._queue.popleft()
        if self._always:
            return self._always
        self.unexpected += 1
        self.will_fail(500, message="The test queued no answer for this request.")
        return self._queue.popleft()


def _answer(
    chunks: Sequence[object], usage: tuple[int, int] | None, finish: str, seconds_between: float, seconds_before: float
) -> Play:
    async def play(exchange: Exchange) -> web.StreamResponse:
        await asyncio.sleep(seconds_before)
        await exchange.open()
        await exchange.say(chunks, seconds_between)
        return await exchange.close(finish=finish, usage=usage)

    play.whole = ("".join(str(c) for c in chunks if c is not PAUSE), usage or (0, 0), finish)  # type: ignore[attr-defined]
    return play


async def _whole(play: Play, exchange: Exchange) -> web.StreamResponse:
    """Answer a request that did not ask for a stream."""
    if not hasattr(play, "whole"):
        return await play(exchange)
    text, usage, finish = play.whole
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}}
    answer = {"id": "fake-1", "object": "chat.completion", "created": int(time.time()), "model": exchange.body["model"]}
    return web.json_response({**answer, "choices": [choice], "usage": _usage(usage)})


def _first(count: int, chunks: Sequence[object]) -> Sequence[object]:
    return (chunks or [f"word{i} " for i in range(count)])[:count]


def _last_user_text(body: dict[str, Any]) -> str:
    texts = [message["content"] for message in body.get("messages", []) if message.get("role") == "user"]
    return str(texts[-1]) if texts else ""
