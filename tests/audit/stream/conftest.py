"""A ledger with places, receivers, and an HTTPS server that takes, refuses, redirects, drips or hangs."""

from __future__ import annotations

import http.server
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import Role, User
from apps.audit.stream import keeping, outgoing
from apps.audit.stream.keeping import Wish
from apps.audit.stream.models import Sink
from apps.ledger import records
from apps.ledger.models import Entry
from apps.ledger.vocabulary import Action
from tests.audit.conftest import NOON
from tests.certificates import certificate
from tests.ledger.conftest import as_sequencer, evidence, sequencer

__all__ = ["as_sequencer", "certificate", "evidence", "sequencer"]


@dataclass
class Collector:
    """What a receiver was sent, and how it answers: a status, or ``hang`` or ``drip``."""

    address: str = ""
    answers: list[Any] = field(default_factory=list)
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        return [line for _, body in self.posts for line in body.decode().splitlines()]


@pytest.fixture
def collector(certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Collector]:
    """A receiver on this machine, whose certificate is trusted, in a shape that may send to this machine."""
    settings.IS_EMBEDDED = True
    found = Collector()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.posts.append((dict(self.headers), body))
            answer = found.answers.pop(0) if found.answers else 204
            if answer == "hang":
                time.sleep(5)
                return
            if answer == "drip":
                for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"y" * 50:
                    self.wfile.write(bytes([byte]))
                    time.sleep(0.1)
                return
            self.send_response(answer)
            self.send_header("Location", "https://127.0.0.1:1/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            return

    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(outgoing, "tls", lambda: ssl.create_default_context(cafile=str(certificate[0])))
    found.address = f"https://127.0.0.1:{server.server_port}/events"
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def admin(make_person: Callable[..., User]) -> User:
    return make_person("ada", roles=(Role.ADMIN,))


@pytest.fixture
def make_sink(admin: User, tmp_path: Path, settings: Any) -> Callable[..., Sink]:
    """Set a receiver up that gets everything from the first record on, as if an officer had consented to all that."""
    settings.STREAM_DIR = tmp_path / "stream"

    def make(kind: str = "FILE", *, has_names: bool = False, has_text: bool = False, **asked: Any) -> Sink:
        wish = {"name": "SIEM", "kind": kind, "format": "OCSF", "address": ""} | asked
        sink = keeping.add(Wish(**wish), by=admin, now=NOON)[0]
        Sink.objects.filter(pk=sink.pk).update(cursor=0, has_names=has_names, has_text=has_text)
        sink.refresh_from_db()
        return sink

    return make


@pytest.fixture
def grow(sequencer):
    """Record that many acts and give them their places."""

    def more(count: int = 3) -> int:
        for _ in range(count):
            records.record_event(Action.TEAM_CREATED, who=None, now=NOON)
        sequencer.round(now=timezone.now())
        return Entry.objects.count()

    return more
