"""
A fast provider: OpenAI's wire format, a fixed number of tokens at a fixed distance, and as little CPU as Python allows.

    python -m bench.gateway.provider TOKENS SECONDS_BETWEEN

Prints its address. One timer and one write for each token; nothing is parsed but the length of the request's body.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from typing import Final, cast

import uvloop

WORD: Final = "word "
LENGTH: Final = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)
HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
MODELS: Final = json.dumps(
    {"object": "list", "data": [{"id": "bench", "object": "model", "owned_by": "bench"}]}
).encode()


def _event(**changes: object) -> bytes:
    common = {"id": "chatcmpl-bench", "object": "chat.completion.chunk", "created": 1, "model": "bench"}
    data = b"data: " + json.dumps(common | changes).encode() + b"\n\n"
    return b"%x\r\n%s\r\n" % (len(data), data)


def _choice(delta: dict[str, str], reason: str | None = None) -> list[dict[str, object]]:
    return [{"index": 0, "delta": delta, "finish_reason": reason}]


FIRST: Final = _event(choices=_choice({"role": "assistant", "content": ""}))
TOKEN: Final = _event(choices=_choice({"content": WORD}))


def _last(tokens: int) -> bytes:
    usage = {"prompt_tokens": 60, "completion_tokens": tokens, "total_tokens": 60 + tokens}
    ends = _event(choices=_choice({}, "stop")) + _event(choices=[], usage=usage)
    return ends + b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"


class Answering(asyncio.Protocol):
    """One connection: a request, then its answer, then the next request."""

    def __init__(self, tokens: int, seconds_between: float) -> None:
        self.tokens, self.seconds = tokens, seconds_between
        self.end = _last(tokens)
        self.received = b""
        self.loop = asyncio.get_running_loop()
        self.timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.Transport", transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Send nothing more."""
        if self.timer:
            self.timer.cancel()

    def data_received(self, data: bytes) -> None:
        """Answer once the whole request is there."""
        self.received += data
        head, separator, body = self.received.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not separator or len(body) < (int(length[1]) if length else 0):
            return
        self.received = b""
        if head.startswith(b"GET"):
            self.transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                % (len(MODELS), MODELS)
            )
            return
        self.transport.write(HEAD + FIRST)
        self._later(self.loop.time() + self.seconds, self.tokens)

    def _later(self, when: float, left: int) -> None:
        self.timer = self.loop.call_at(when, self._next, when, left)

    def _next(self, when: float, left: int) -> None:
        if left:
            self.transport.write(TOKEN)
            self._later(when + self.seconds, left - 1)
        else:
            self.transport.write(self.end)


async def main(tokens: int, seconds_between: float) -> None:
    """Listen on a free port of this machine until ended."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Answering(tokens, seconds_between), "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), float(sys.argv[2])))
