"""The log of the real web process under hundreds of failing requests: every failure a line, nobody's words in any."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from celery.app import trace

from portal.log_lines import TypeAndPlace
from tests.platform.processes import ROOT, status_of, web_process

CANARY = "Canary-Quintero-4711"


def line_of(logger: str, act: Any) -> str:
    """What one act of a logger writes."""
    kept: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: kept.append(TypeAndPlace().format(record))  # type: ignore[method-assign]
    place = logging.getLogger(logger)
    place.addHandler(handler)
    try:
        act(place)
    finally:
        place.removeHandler(handler)
    return "\n".join(kept)


def fail() -> None:
    raise ValueError(CANARY) from KeyError(CANARY)


def log_fault(logger: logging.Logger) -> None:
    try:
        fail()
    except ValueError:
        logger.exception("It failed: %s", CANARY)


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (lambda log: log.error("%s: %s", "Not Found", f"/search/{CANARY}"), "Not Found: …"),
        (
            lambda log: log.error("".join(["Invalid HTTP_HOST header: ", CANARY])),
            "said something at tests/",
        ),
        (lambda log: log.error(ValueError(CANARY)), "said something at"),
        (lambda log: log.error("%(name)s took %(runtime)s s", {"name": CANARY, "runtime": 0.5}), "… took 0.5 s"),
        (log_fault, "It failed: … [ValueError at tests/platform/test_log_lines.py:"),
        (lambda log: asyncio.new_event_loop().call_exception_handler({"message": "".join(["x", CANARY])}), "asyncio"),
    ],
)
def test_what_a_library_says_is_kept_without_what_it_quotes(act: Any, expected: str) -> None:
    line = line_of("asyncio", act)

    assert expected in line
    assert CANARY not in line
    assert "\n" not in line


def test_a_task_is_told_by_its_name_and_id_and_not_by_its_result() -> None:
    facts = {"id": "0190b0c0-0000-7000-8000-000000000000", "name": "rag.ingest", "runtime": 1.5, "return_value": CANARY}

    line = line_of("celery.app.trace", lambda log: trace.info(trace.LOG_SUCCESS, facts))

    assert "[0190b0c0-0000-7000-8000-000000000000] succeeded in 1.5s: …" in line


def test_a_line_break_in_a_message_makes_no_second_line() -> None:
    line = line_of("apps.x", lambda log: log.warning("One\n2026-01-01 CRITICAL forged"))

    assert line.endswith("One\\u000a2026-01-01 CRITICAL forged")


@pytest.fixture
def server(postgres: Any, django_db_setup: None, tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """`python -m portal.serve` as an operator starts it, with the database of this test run."""
    log = tmp_path / "web.log"
    with web_process(log) as (port, _):
        yield port, log


def hostile_requests(host: str) -> list[bytes]:
    """Requests that fail in the parser, in Django's own checks, in routing, in forms and in views."""
    body = f"csrfmiddlewaretoken=x&text={CANARY}&password={CANARY}"
    form = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    multipart = f"Content-Type: multipart/form-data; boundary={CANARY}\u00e9\r\nContent-Length: 5\r\n\r\nhello"
    heads = [
        f"GET /{CANARY} HTTP/1.1\r\nHost: {host}\r\n\r\n",
        f"GET /?q={CANARY}%00 HTTP/1.1\r\nHost: {host}\r\n\r\n",
        f"GET /c/{CANARY}/ HTTP/1.1\r\nHost: {host}\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: {CANARY}.example\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: {CANARY}_@@\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-Host: {CANARY}\r\nCookie: sessionid={CANARY}\r\n\r\n",
        f"{CANARY} / HTTP/1.1\r\nHost: {host}\r\n\r\n",
        f"GET /{CANARY} HTTP/9.9\r\n\r\n",
        f"GET /\x00{CANARY}\r\n\r\n",
        f"POST /accounts/sign-in/demo/ HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{CANARY}\r\n{form}",
        f"POST /c/ HTTP/1.1\r\nHost: {host}\r\nReferer: http://{CANARY}/\r\n{form}",
        f"POST /documents/ HTTP/1.1\r\nHost: {host}\r\n{multipart}",
        f"POST /accounts/sign-in/demo/ HTTP/1.1\r\nHost: {host}\r\n{multipart}",
        f"DELETE /accounts/sign-in/?{CANARY} HTTP/1.1\r\nHost: {host}\r\n\r\n",
        f"GET /static/{CANARY}.css HTTP/1.1\r\nHost: {host}\r\n\r\n",
        f"GET /ws/{CANARY} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {CANARY}\r\n\r\n",
    ]
    return [head.encode("latin-1") for head in heads]


@pytest.mark.journey
@pytest.mark.timeout(300)
def test_the_log_of_hundreds_of_failing_requests_quotes_none_of_them(server: tuple[int, Path]) -> None:
    port, log = server
    for _ in range(20):
        for request in hostile_requests(f"localhost:{port}"):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as visitor:
                visitor.sendall(request)
                visitor.settimeout(5)
                with suppress(TimeoutError, ConnectionResetError):
                    visitor.recv(2000)

    assert status_of(f"http://localhost:{port}/healthz") == 200
    told = log.read_text()
    assert "Exception in ASGI" not in told
    assert re.search(r"django\.(request|security)", told), told
    assert CANARY.lower() not in told.lower()
    assert "Quintero" not in told
    assert not [line for line in told.splitlines() if not re.match(r"\d{4}-\d\d-\d\d ", line)]


@pytest.mark.journey
def test_a_web_process_that_cannot_start_says_which_setting_to_cure() -> None:
    broken = {**os.environ, "PORTCULLIS_SHAPE": "production", "PORTCULLIS_DEMO_SIGN_IN": "yes"}

    done = subprocess.run([sys.executable, "-m", "portal.serve"], cwd=ROOT, env=broken, capture_output=True, text=True)

    assert done.returncode
    assert "PORTCULLIS_" in done.stderr
