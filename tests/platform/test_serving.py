"""The web process as it is served: what comes before any of our code."""

from __future__ import annotations

import io
import logging
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from unittest.mock import patch

import pytest
import uvicorn
from django.conf import settings
from django.test import override_settings
from django.utils.module_loading import import_string

from portal import front, serve
from portal.framing import OneLengthOnly
from tests.platform.processes import wait_until


async def calm(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        while (await receive()).get("more_body"):
            continue
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


@pytest.mark.thorough
def test_headers_of_the_usual_size_are_taken(place: tuple[str, int]) -> None:
    request = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: " + b"a" * 8_000 + b"\r\n\r\n"

    assert said_to(place, request).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("start", "each"),
    [
        (b"GET /", b"a" * 1_000),
        (b"GET / HTTP/1.1\r\nHost: x\r\nCookie: ", b"a" * 1_000),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-", b"a" * 1_000),
        (b"GET / HTTP/1.1\r\nHost: x\r\n", b"x-a: " + b"a" * 990 + b"\r\n"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"x-a: " + b"a" * 990 + b"\r\n"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nx-a: ", b"a" * 1_000),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;", b"a" * 1_000),
    ],
    ids=["address", "value", "name", "headers", "trailers", "trailer", "extension"],
)
@pytest.mark.parametrize("is_slow", [False, True])
def test_what_is_no_body_and_has_no_end_is_refused(
    place: tuple[str, int], start: bytes, each: bytes, is_slow: bool
) -> None:
    with socket.create_connection(place, timeout=5) as visitor:
        visitor.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        said = b""
        with suppress(ConnectionError):
            visitor.sendall(start)
            for _ in range(4 * front.HEAD_LIMIT_BYTES // 1_000):
                visitor.sendall(each)
                if is_slow:
                    time.sleep(0.002)
            said = visitor.recv(4096)

    # A server that waited for more would have kept the visitor waiting, too.
    assert said == b"" or said.startswith(b"HTTP/1.1 400 Bad Request")


@pytest.mark.thorough
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
