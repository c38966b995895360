"""The web process as it is served: what comes before any of our code."""

from __future__ import annotations

import io
import logging
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from unittest.mock import patch

import pytest
import uvicorn
from django.conf import settings
from django.test import override_settings
from django.utils.module_loading import import_string

from portal import serve
from portal.framing import OneLengthOnly
from tests.platform.processes import wait_until


async def calm(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def place() -> Iterator[tuple[str, int]]:
    """A server with the product's own options and its ways in, in front of an application that answers 200."""
    with patch.object(uvicorn, "run") as run:
        serve.main()
    options = {**run.call_args.kwargs, "port": 0, "lifespan": "off"}
    server = uvicorn.Server(uvicorn.Config(OneLengthOnly(calm), **options))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started, what="the server listens")
    yield server.servers[0].sockets[0].getsockname()
    server.should_exit = True
    thread.join(10)


def said_to(place: tuple[str, int], request: bytes) -> bytes:
    """Everything the server says to some bytes, until it closes or falls silent."""
    with socket.create_connection(place, timeout=10) as visitor:
        visitor.sendall(request)
        said = b""
        visitor.settimeout(1)
        with suppress(TimeoutError, ConnectionResetError):
            while piece := visitor.recv(4096):
                said += piece
        return said


def test_headers_without_end_are_refused(place: tuple[str, int]) -> None:
    start = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: "

    assert said_to(place, start + b"a" * 8_000 + b"\r\n\r\n").startswith(b"HTTP/1.1 200 OK")
    too_many = said_to(place, start + b"a" * 4 * serve.HEADER_LIMIT_BYTES + b"\r\n\r\n")
    assert too_many.startswith(b"HTTP/1.1 400 Bad Request")


@pytest.mark.parametrize(
    "lengths",
    [
        b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n",
        b"transfer-encoding: chunked\r\ncontent-length: 6\r\n",
        b"Content-Length: 6\r\nContent-Length: 7\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    ],
)
def test_a_request_with_two_ends_is_refused_and_what_follows_is_no_request(place: Any, lengths: bytes) -> None:
    smuggled = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"

    said = said_to(place, b"POST / HTTP/1.1\r\nHost: x\r\n" + lengths + b"\r\n0\r\n\r\n" + smuggled)

    assert re.match(rb"HTTP/1.1 (400|501) ", said)
    assert said.count(b"HTTP/1.1 ") == 1


def test_the_product_s_pages_refuse_it_too() -> None:
    with override_settings(BASE_URL="https://portal.example", ALLOWED_HOSTS=["portal.example"], WEB_PROCESSES=1):
        from portal import asgi

    assert isinstance(asgi.application.application_mapping["http"], OneLengthOnly)


def test_a_refused_request_costs_one_line_in_the_log_and_a_fault_its_place() -> None:
    told = io.StringIO()
    handler = logging.StreamHandler(told)
    for name in settings.LOGGING["handlers"]["stderr"]["filters"]:
        handler.addFilter(import_string(settings.LOGGING["filters"][name]["()"])())
    handler.setFormatter(import_string(settings.LOGGING["formatters"]["line"]["()"])())
    logger = logging.getLogger("portal.refusals")
    logger.addHandler(handler)

    for status in (403, 400, 500):
        logger.warning("Status %s", status, exc_info=PermissionError(), extra={"status_code": status})

    lines = told.getvalue().splitlines()
    assert [line.partition("portal.refusals ")[2] for line in lines[:2]] == ["Status 403", "Status 400"]
    assert lines[2].endswith("Status 500 [PermissionError at an unknown place]")
    assert len(lines) == 3
