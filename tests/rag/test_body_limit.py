"""What is too large is refused while it arrives and is kept nowhere, in memory or on disk."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from apps.rag.body_limit import MEGABYTE, LimitedBody

CHUNK = b"x" * MEGABYTE


class Sender:
    """A browser that sends `megabytes`, one at a time, and keeps what it is answered."""

    def __init__(self, megabytes: int) -> None:
        self.left = megabytes
        self.answers: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        if self.left == 0:
            return {"type": "http.disconnect"}
        self.left -= 1
        return {"type": "http.request", "body": CHUNK, "more_body": self.left > 0}

    async def send(self, message: dict[str, Any]) -> None:
        self.answers.append(message)

    @property
    def status(self) -> int:
        return int(self.answers[0]["status"])


def scope(content_type: str, announced: int | None = None) -> dict[str, Any]:
    headers = [(b"content-type", content_type.encode())]
    if announced is not None:
        headers.append((b"content-length", str(announced * MEGABYTE).encode()))
    return {"type": "http", "method": "POST", "path": "/documents/", "headers": headers}


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Read everything, as Django does, and say how much it was."""
    size = 0
    while True:
        message = await receive()
        size += len(message.get("body", b""))
        if not message.get("more_body", False):
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


@pytest.mark.parametrize("announced", [300, None])
async def test_300_megabytes_are_refused_without_being_kept(announced: int | None):
    browser = Sender(300)
    tracemalloc.start()

    await LimitedBody(application)(scope("multipart/form-data; boundary=x", announced), browser.receive, browser.send)

    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert browser.status == 413
    assert "too much at once" in browser.answers[1]["body"].decode()
    assert browser.left == 0  # read to its end, so that the browser shows the answer
    assert most < 20 * MEGABYTE


async def test_other_bodies_have_a_smaller_limit():
    browser = Sender(9)

    await LimitedBody(application)(scope("application/json"), browser.receive, browser.send)

    assert browser.status == 413


@pytest.mark.parametrize(("content_type", "megabytes"), [("multipart/form-data; boundary=x", 200), ("text/plain", 8)])
async def test_what_fits_passes_through_untouched(content_type: str, megabytes: int):
    browser = Sender(megabytes)

    await LimitedBody(application)(scope(content_type, megabytes), browser.receive, browser.send)

    assert browser.status == 200
    assert browser.answers[1]["body"] == str(megabytes * MEGABYTE).encode()


async def test_a_length_that_was_announced_too_small_helps_nobody():
    browser = Sender(300)

    await LimitedBody(application)(scope("multipart/form-data", 1), browser.receive, browser.send)

    assert browser.status == 413
