"""Pages behind ASGI: made on a thread in one crossing, downloads ended when nobody takes them any more."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from portal import pages

pytestmark = pytest.mark.urls(__name__)
endings: list[str] = []


def where(request: HttpRequest) -> HttpResponse:
    return HttpResponse(threading.current_thread().name)


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a fault of ours")


def endless(request: HttpRequest) -> StreamingHttpResponse:
    async def pieces() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"piece"
                await asyncio.sleep(0.01)
        finally:
            endings.append("ended")

    return StreamingHttpResponse(pieces())


urlpatterns = [path("where", where), path("broken", broken), path("endless", endless)]


class Visitor:
    """Asks for one page, and goes away once `patience` pieces have come."""

    def __init__(self, address: str, *, patience: int = 1_000_000) -> None:
        self.scope = {
            "type": "http",
            "method": "GET",
            "path": address,
            "query_string": b"",
            "headers": [(b"host", b"localhost")],
        }
        self.sent: list[dict[str, Any]] = []
        self._patience, self._gone = patience, asyncio.Event()
        self._requests: Iterator[dict[str, Any]] = iter([{"type": "http.request"}])

    async def receive(self) -> dict[str, Any]:
        for message in self._requests:
            return message
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)
        if len(self.sent) > self._patience:
            self._gone.set()


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Answer a visitor; the handler's crossings are counted in `answered.crossings`."""
    crossings: list[str] = []
    handler = pages.Pages()
    submit = handler._threads.submit
    monkeypatch.setattr(handler._threads, "submit", lambda *work: (crossings.append("once"), submit(*work))[1])

    async def answer(visitor: Visitor) -> list[dict[str, Any]]:
        await asyncio.wait_for(handler(visitor.scope, visitor.receive, visitor.send), 10)
        return visitor.sent

    answer.crossings = crossings  # type: ignore[attr-defined]
    return answer


async def test_a_page_is_made_in_one_crossing_and_not_on_the_event_loop(answered: Any) -> None:
    start, body = await answered(Visitor("/where"))

    assert start["status"] == 200
    assert body["body"].startswith(b"pages")
    assert answered.crossings == ["once"]


async def test_a_fault_in_a_page_is_one_calm_answer(answered: Any, settings: Any) -> None:
    settings.DEBUG_PROPAGATE_EXCEPTIONS = False

    start = (await answered(Visitor("/broken")))[0]

    assert start["status"] == 500


async def test_a_download_ends_when_the_person_goes_away(answered: Any) -> None:
    endings.clear()

    sent = await answered(Visitor("/endless", patience=3))

    assert endings == ["ended"]
    assert b"piece" in [message.get("body") for message in sent]
