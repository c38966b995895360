"""The doors of the whole portal: sockets from our own pages alone, static files, health."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from asgiref.testing import ApplicationCommunicator

from portal.origins import SameOriginOnly, allowed_origins
from portal.static_files import StaticFiles

OURS = "https://portcullis.example"


async def accepting(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """A socket that accepts everybody who reaches it."""
    await receive()
    await send({"type": "websocket.accept"})


async def is_let_in(*origins: str) -> bool:
    """Try the socket with these Origin headers."""
    door = SameOriginOnly(accepting, allowed_origins(OURS, ["portcullis.example", "www.portcullis.example"]))
    headers = [(b"origin", origin.encode()) for origin in origins]
    scope = {"type": "websocket", "path": "/ws/chat", "headers": headers, "subprotocols": []}
    socket = ApplicationCommunicator(door, scope)
    await socket.send_input({"type": "websocket.connect"})
    answer = await socket.receive_output()
    socket.stop()
    return bool(answer["type"] == "websocket.accept")


@pytest.mark.parametrize(
    "origin", [OURS, f"{OURS}:443", "https://www.portcullis.example", "https://PORTCULLIS.example"]
)
async def test_our_own_pages_may_open_a_socket(origin: str) -> None:
    assert await is_let_in(origin)


@pytest.mark.parametrize(
    "origins",
    [
        (),
        ("null",),
        ("",),
        ("https://evil.example",),
        ("http://portcullis.example",),
        (f"{OURS}:8443",),
        (f"{OURS}:port",),
        ("https://portcullis.example.evil.example",),
        ("https://evilportcullis.example",),
        ("https://sub.portcullis.example",),
        ("https://portcullis.example@evil.example",),
        (OURS, OURS),
        (OURS, "https://evil.example"),
    ],
)
@pytest.mark.django_db  # Channels tidies up database connections after every socket, refused ones too
async def test_every_other_page_is_refused_before_the_socket_opens(origins: tuple[str, ...]) -> None:
    assert not await is_let_in(*origins)


def test_a_wildcard_host_never_opens_the_sockets() -> None:
    assert allowed_origins(OURS, ["*"]) == [OURS]


async def ask(door: StaticFiles, path: str) -> dict[str, Any]:
    """The start of the answer to GET."""
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []}
    browser = ApplicationCommunicator(door, scope)
    await browser.send_input({"type": "http.request"})
    answer: dict[str, Any] = await browser.receive_output()
    return answer


async def not_static(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def test_hashed_files_are_kept_for_ever_and_others_for_a_minute(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "page.css").write_text("a{}")
    (tmp_path / "page.0123456789ab.css").write_text("a{}")
    (tmp_path / "page.ba9876543210.css").write_text("a{}")
    settings.STATIC_ROOT = tmp_path
    with patch("portal.static_files._hashed_names", return_value=["page.0123456789ab.css"]):
        door = StaticFiles(not_static)

    async def cached(path: str) -> str:
        answer = await ask(door, path)
        assert answer["status"] == 200
        headers = dict(answer["headers"])
        assert headers[b"x-content-type-options"] == b"nosniff"
        assert b"access-control-allow-origin" not in headers
        return str(headers[b"cache-control"])

    assert "immutable" in await cached("/static/page.0123456789ab.css")
    assert "max-age=60" in await cached("/static/page.css")
    assert "immutable" not in await cached("/static/page.ba9876543210.css")
    assert (await ask(door, "/static/absent.css"))["status"] == 418


@pytest.mark.django_db
def test_health_says_alive_without_the_database_and_ready_with_it(client: Any) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}
    assert client.get("/readyz").json() == {"ledger": "writable", "tree": "not yet signed", "alarms": []}
