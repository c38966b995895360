"""
The parser of requests, with an end to what it keeps: uvicorn's protocol over llhttp, which has none of its own.

llhttp is written in C and costs a tenth of the parser in Python. It hands on a name or a value when that is whole, and
keeps until then what has come: a request line, a header, a trailer, the extension of a chunk may have no end.
"""

from __future__ import annotations

from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_LIMIT_BYTES: Final = 32 * 1024
REFUSAL: Final = "Invalid HTTP request received."


class HeadTooLarge(Exception):
    """A request line, or headers and trailers together, of more bytes than anybody needs."""


class BoundedHttp(HttpToolsProtocol):
    """One connection. What is not a body may have 32 KiB for each request; a request with more is refused."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._taken = 0
        self._unfinished = 0
        self._has_moved = False

    def data_received(self, data: bytes) -> None:
        """Feed the parser; refuse where more and more comes and nothing of it is whole."""
        self._has_moved = False
        super().data_received(data)
        self._unfinished = 0 if self._has_moved else self._unfinished + len(data)
        if self._unfinished > HEAD_LIMIT_BYTES and not self.transport.is_closing():
            self.send_400_response(REFUSAL)

    def on_message_begin(self) -> None:
        """Begin to count anew."""
        self._taken = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Take a part of the address."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header or a trailer."""
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        """Take a part of the body, whose size is the application's concern."""
        self._has_moved = True
        super().on_body(body)

    def _count(self, size: int) -> None:
        # What is raised in here ends the parser's work, and uvicorn answers 400.
        self._has_moved = True
        self._taken += size
        if self._taken > HEAD_LIMIT_BYTES:
            raise HeadTooLarge
