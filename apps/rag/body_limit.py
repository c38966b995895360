"""Refuse a request body that is too large before Django keeps it: Django would write all of it to disk first."""

from __future__ import annotations

from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.template.loader import render_to_string

MEGABYTE = 1024 * 1024
OTHER_MEGABYTES = 8
FILES_AT_ONCE = 4


class BodyTooLarge(Exception):
    """More arrived than a request may hold."""


class LimitedBody:
    """
    An ASGI application around another one: files may be sent four at a time, anything else stays under 8 MB.

    What is too much is read and forgotten, so that the browser gets to see the answer instead of a broken connection.
    """

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        headers = dict(scope["headers"])
        most = _most(headers.get(b"content-type", b""))
        announced = headers.get(b"content-length", b"")
        if announced.isdigit() and int(announced) > most:
            await _forget(receive)
            await _refuse(send)
            return
        await self._count(scope, receive, send, most)

    async def _count(self, scope: Any, receive: Any, send: Any, most: int) -> None:
        received = 0

        async def counted() -> Any:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise BodyTooLarge
            return message

        try:
            await self.application(scope, counted, send)
        except BodyTooLarge:  # only while the body is read, so nothing has been answered yet
            await _forget(receive)
            await _refuse(send)


def _most(content_type: bytes) -> int:
    if content_type.lower().startswith(b"multipart/form-data"):
        return (FILES_AT_ONCE * settings.UPLOAD_LIMIT_MEGABYTES + 1) * MEGABYTE
    return OTHER_MEGABYTES * MEGABYTE


async def _forget(receive: Any) -> None:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return


async def _refuse(send: Any) -> None:
    page = await sync_to_async(render_to_string)("rag/too_large.html", {"megabytes": settings.UPLOAD_LIMIT_MEGABYTES})
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-security-policy", b"default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:"),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": page.encode()})
