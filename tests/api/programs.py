"""A program that speaks to the door, as a server would hand its requests over."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from apps.api.door import ProgramsDoor
from apps.chat import lifecycle
from tests.patience import PATIENCE_SECONDS


@dataclass
class Reply:
    """What came back."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    pieces: list[bytes] = field(default_factory=list)
    is_complete: bool = False

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        found: dict[str, Any] = self.json["error"]
        return found

    @property
    def events(self) -> list[Any]:
        """The data of each server-sent event; `[DONE]` as text."""
        data = [line[6:] for line in self.body.decode().split("\n") if line.startswith("data: ")]
        return [each if each == "[DONE]" else json.loads(each) for each in data]

    @property
    def text(self) -> str:
        """The answer's words, streamed or whole."""
        if self.headers["content-type"].startswith("text/event-stream"):
            return "".join(choice["delta"].get("content") or "" for choice in self.choices)
        return str(self.json["choices"][0]["message"]["content"])

    @property
    def choices(self) -> list[Any]:
        return [choice for event in self.events if event != "[DONE]" for choice in event["choices"]]

    @property
    def arguments(self) -> str:
        """The arguments of the first tool call, streamed or whole."""
        if self.headers["content-type"].startswith("text/event-stream"):
            calls = [call for choice in self.choices for call in choice["delta"].get("tool_calls", [])]
            return "".join(call["function"].get("arguments", "") for call in calls)
        return str(self.json["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"])


class Exchange:
    """One request under way."""

    def __init__(self, scope: dict[str, Any], body: bytes) -> None:
        self.reply = Reply()
        self._scope, self._body = scope, body
        self._is_sent = False
        self._gone = asyncio.Event()
        self._heard = threading.Event()

    async def run(self) -> Reply:
        await ProgramsDoor(self._nothing_behind)(self._scope, self._receive, self._send)
        return self.reply

    def hang_up(self) -> None:
        """Leave without waiting for the rest; may be called from any thread."""
        _loop().call_soon_threadsafe(self._gone.set)

    def wait_for_a_piece(self) -> None:
        assert self._heard.wait(PATIENCE_SECONDS)

    async def _receive(self) -> dict[str, Any]:
        if not self._is_sent:
            self._is_sent = True
            return {"type": "http.request", "body": self._body, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.reply.status = message["status"]
            self.reply.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            return
        self.reply.pieces.append(message.get("body", b""))
        self.reply.is_complete = not message.get("more_body", False)
        self._heard.set()

    async def _nothing_behind(self, scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("Asked outside of /v1.")


@dataclass
class Program:
    """A program with a key."""

    secret: str
    model: str = "Fake Large"
    host: str = "localhost"

    def begin(
        self, path: str, body: Any = None, *, method: str = "POST", headers: Any = (), query: str = ""
    ) -> tuple[Exchange, Any]:
        """Send a request and do not wait; gives the exchange and the future of its reply."""
        shown = {"host": self.host, "authorization": f"Bearer {self.secret}", **dict(headers)}
        scope = {
            "type": "http", "method": method, "path": path, "query_string": query.encode(), "scheme": "http",
            "headers": [(name.encode(), value.encode()) for name, value in shown.items()],
        }  # fmt: skip
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        exchange = run(_made(scope, raw))
        return exchange, asyncio.run_coroutine_threadsafe(exchange.run(), _loop())

    def call(self, path: str, body: Any = None, *, method: str = "POST", headers: Any = (), query: str = "") -> Reply:
        """Send a request and wait for all of the answer."""
        reply: Reply = self.begin(path, body, method=method, headers=headers, query=query)[1].result(100)
        assert reply.is_complete
        return reply

    def get(self, path: str, headers: Any = ()) -> Reply:
        return self.call(path, b"", method="GET", headers=headers)

    def body(self, *messages: Any, **fields: Any) -> dict[str, Any]:
        listed = [{"role": "user", "content": one} if isinstance(one, str) else one for one in messages]
        return {"model": self.model, "messages": listed, **fields}

    def chat(self, *messages: Any, **fields: Any) -> Reply:
        """Ask for a chat completion; a text is a user's message."""
        return self.call("/v1/chat/completions", self.body(*messages, **fields))


async def _made(scope: dict[str, Any], body: bytes) -> Exchange:
    return Exchange(scope, body)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run something on the loop that answers exchanges, as in the web process."""
    return asyncio.run_coroutine_threadsafe(work, _loop()).result(100)


def _loop() -> asyncio.AbstractEventLoop:
    loop = lifecycle.runner._loop
    assert loop is not None
    return loop
