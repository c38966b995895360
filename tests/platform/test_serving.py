"""The web process as it is served: what comes before any of our code."""

from __future__ import annotations

import io
import logging
import socket
import threading
from typing import Any
from unittest.mock import patch

import uvicorn
from django.conf import settings
from django.utils.module_loading import import_string

from portal import serve
from tests.platform.processes import wait_until


async def calm(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


def test_headers_without_end_are_refused() -> None:
    with patch.object(uvicorn, "run") as run:
        serve.main()
    options = {**run.call_args.kwargs, "port": 0, "lifespan": "off"}
    server = uvicorn.Server(uvicorn.Config(calm, **options))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started, what="the server listens")
    place = server.servers[0].sockets[0].getsockname()

    def answer_to(header_bytes: int) -> bytes:
        with socket.create_connection(place, timeout=10) as visitor:
            visitor.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: " + b"a" * header_bytes)
            visitor.sendall(b"\r\n\r\n")
            return visitor.recv(100).partition(b"\r\n")[0]

    small, large = answer_to(8_000), answer_to(4 * serve.HEADER_LIMIT_BYTES)
    server.should_exit = True
    thread.join(10)

    assert small == b"HTTP/1.1 200 OK"
    assert large == b"HTTP/1.1 400 Bad Request"


def test_a_refused_request_costs_one_line_in_the_log_and_a_fault_its_place() -> None:
    told = io.StringIO()
    handler = logging.StreamHandler(told)
    for name in settings.LOGGING["handlers"]["stderr"]["filters"]:
        handler.addFilter(import_string(settings.LOGGING["filters"][name]["()"])())
    logger = logging.getLogger("tests.refusals")
    logger.addHandler(handler)

    for status in (403, 400, 500):
        logger.warning("Status %s", status, exc_info=PermissionError(), extra={"status_code": status})

    assert told.getvalue().count("PermissionError") == 1
    assert told.getvalue().startswith("Status 403\nStatus 400\nStatus 500\nPermissionError")
