"""Django's pages behind ASGI: one crossing to a thread for each request."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any, Final, cast

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

PAGES_AT_ONCE: Final = 32
"""More than the pool has connections: a page that renders needs none. Whoever comes later waits in line."""


class Pages(ASGIHandler):
    """
    Do as Django's own handler does, but for the crossings: every middleware and view of ours is sync.

    Django's makes a thread for each request and changes to it and back some twenty times: for each middleware's way in
    and out, for the view, for signals. Here all of that is one function. A person who goes away does not stop a page
    that is being made; a download that is being sent ends.
    """

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        self._threads = ThreadPoolExecutor(PAGES_AT_ONCE, thread_name_prefix="pages")

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """
        Answer one request.

        :raises ValueError: for anything that is no HTTP request.
        """
        if scope["type"] != "http":
            raise ValueError(f"Pages answer HTTP requests, not {scope['type']}.")
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        loop = asyncio.get_running_loop()
        with closing(body):
            response = await loop.run_in_executor(self._threads, self._answer, scope, body)
            if not response.streaming:
                await self.send_response(response, send)
                return
            async with ThreadSensitiveContext():
                await self._send_while_wanted(response, receive, send)
                await sync_to_async(response.close)()

    def _answer(self, scope: dict[str, Any], body: Any) -> HttpResponseBase:
        """Make the response, on a thread; unless it is a download, it is closed and gives its connection back."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        request, refusal = self.create_request(scope, body)
        response = cast(HttpResponseBase, refusal) if request is None else self.get_response(request)
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        if not response.streaming:
            response.close()
        return response

    async def _send_while_wanted(self, response: HttpResponseBase, receive: Any, send: Any) -> None:
        """Send a download piece by piece; end it when the person has gone."""
        sending = asyncio.ensure_future(self.send_response(response, send))
        leaving = asyncio.ensure_future(receive())
        await asyncio.wait([sending, leaving], return_when=asyncio.FIRST_COMPLETED)
        leaving.cancel()
        if not sending.done():
            sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        if sending.done() and not sending.cancelled() and (error := sending.exception()):
            raise error
