"""Refuse requests whose end is told in two ways, before anything reads their body."""

from __future__ import annotations

from typing import Any

ANSWER = b"The length of this request is given twice. Send it with Content-Length or in chunks, not both.\n"


class OneLengthOnly:
    """
    Answer 400 and close the connection where Content-Length and Transfer-Encoding come together (RFC 9112, 6.3).

    A proxy in front may believe the one and this server the other; what one takes for the end of a body would be the
    start of the next request for the other.
    """

    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        names = {name.lower() for name, _ in scope["headers"]}
        if not {b"content-length", b"transfer-encoding"} <= names:
            await self._application(scope, receive, send)
            return
        headers = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(ANSWER)).encode()),
            (b"connection", b"close"),
        ]
        await send({"type": "http.response.start", "status": 400, "headers": headers})
        await send({"type": "http.response.body", "body": ANSWER})
