"""Syslog over TLS: frames that no value can break, a server that is verified, and nothing lost whatever it does."""

from __future__ import annotations

import datetime as dt
import json
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.utils import timezone

from apps.audit.stream import delivering, outgoing, syslog
from apps.audit.stream.formats import WRITERS
from apps.audit.stream.models import Sink
from apps.audit.stream.record import Record
from apps.gateway.addresses import BadAddress
from apps.ledger.ids import new_id
from tests.audit.conftest import NOON, sign_in
from tests.audit.stream.test_formats import HOSTILE

pytestmark = pytest.mark.django_db(transaction=True)

MESSAGE = re.compile(
    r"<(?P<pri>\d{1,3})>1 (?P<at>\S+) (?P<host>[\x21-\x7e]{1,255}) portcullis - "
    r"(?P<word>[\x21-\x7e]{1,32}) "
    r'\[portcullis@32473 place="(?P<place>\d+)" id="(?P<id>[0-9a-f-]{36})" '
    r'action="(?P<action>[^"\\\]]+)"\] (?P<said>.*)'
)


def frames_in(octets: bytes) -> list[str]:
    """Read octet-counted frames as a receiver does; a count that does not lead to the next frame fails."""
    found = []
    while octets:
        length, _, rest = octets.partition(b" ")
        found.append(rest[: int(length)].decode())
        octets = rest[int(length) :]
    return found


@dataclass
class Server:
    """What came, and how each connection is met: ``good``, ``closes``, ``half``, ``early``, ``hangs``."""

    address: str = ""
    manners: list[str] = field(default_factory=list)
    came: list[bytes] = field(default_factory=list)

    @property
    def places(self) -> list[int]:
        return [int(MESSAGE.fullmatch(one)["place"]) for octets in self.came for one in frames_in(octets)]


def certified(folder: Path, name: str = "localhost", *, days: int = 1) -> tuple[Path, Path]:
    """A certificate of its own for a name; of negative days, one that has expired."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(days=9))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False).sign(key, hashes.SHA256())
    )  # fmt: skip
    paths = folder / f"{name}{days}.pem", folder / f"{name}{days}.key"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    paths[1].write_bytes(key.private_bytes(*plain))
    return paths


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Any]:
    """Run a syslog server on this machine; its certificate is trusted unless another one is."""
    settings.IS_EMBEDDED = True
    sockets: list[socket.socket] = []

    def run(paths: tuple[Path, Path] | None = None, *, trusts: Path | None = None) -> Server:
        cert, key = paths or certified(tmp_path)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        monkeypatch.setenv("SSL_CERT_FILE", str(trusts or cert))
        listening, server = socket.create_server(("127.0.0.1", 0)), Server()
        sockets.append(listening)
        server.address = f"tls://localhost:{listening.getsockname()[1]}"
        threading.Thread(target=_accept, args=(listening, context, server), daemon=True).start()
        return server

    yield run
    for each in sockets:
        each.close()


def _accept(listening: socket.socket, context: ssl.SSLContext, server: Server) -> None:
    with suppress(OSError):
        while True:
            raw, _ = listening.accept()
            threading.Thread(target=_meet, args=(raw, context, server), daemon=True).start()


def _meet(raw: socket.socket, context: ssl.SSLContext, server: Server) -> None:
    manner = server.manners.pop(0) if server.manners else "good"
    with suppress(OSError), raw:
        if manner == "plain":
            raw.sendall(b"220 not TLS at all\r\n")
            return
        if manner == "silent":
            time.sleep(2)
            return
        secure = context.wrap_socket(raw, server_side=True)
        if manner == "early":
            secure.setblocking(False)
            with suppress(OSError):
                secure.unwrap()
            time.sleep(0.3)  # what comes meanwhile is never read
            secure.close()
            return
        if manner == "half":
            secure.recv(10)
            secure.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            secure.close()
            return
        if manner == "hangs":
            time.sleep(2)
            secure.close()
            return
        octets = b""
        while part := secure.recv(65536):
            octets += part
        server.came.append(octets)
        if manner == "good":
            secure.unwrap()
        secure.close()


def run(sink: Sink) -> delivering.Delivered:
    Sink.objects.filter(pk=sink.pk).update(next_try_at=None)
    return delivering.deliver(sink.pk, clock=timezone.now)


def act(**fields: Any) -> Record:
    told = {"person_id": new_id(), "action": "TEAM_CREATED", "label": "Team created", "subject_kind": "team"} | fields
    return Record(7, new_id(), "ACT", at=NOON, **told)


@pytest.mark.parametrize("form", ["OCSF", "ECS", "CEF"])
def test_every_record_comes_once_in_a_frame_of_its_own_with_place_and_id(make_sink, grow, serve, form):
    server = serve()
    sink = make_sink("SYSLOG", address=server.address, format=form)
    size = grow()
    run(sink)
    more = grow()

    run(sink)

    assert server.places == list(range(more))
    assert size < more == Sink.objects.get().cursor
    message = MESSAGE.fullmatch(frames_in(server.came[0])[0])
    assert message["pri"] == str(13 * 8 + 6)
    assert dt.datetime.fromisoformat(message["at"])
    assert message["said"].startswith("CEF:0|" if form == "CEF" else "{")


@pytest.mark.parametrize("manner", ["good", "closes"])
def test_a_good_end_of_tls_or_of_tcp_counts_as_taken(make_sink, grow, serve, manner):
    server = serve()
    server.manners = [manner]
    sink = make_sink("SYSLOG", address=server.address)
    size = grow()

    assert run(sink).trouble == ""
    assert server.places == list(range(size))


@pytest.mark.parametrize("manner", ["early", "half", "hangs", "plain", "silent"])
def test_whatever_ends_badly_is_sent_again_whole_with_the_same_ids_and_is_given_up_in_time(
    make_sink, grow, serve, monkeypatch, manner
):
    monkeypatch.setattr(outgoing, "SECONDS", 0.6)
    monkeypatch.setattr(outgoing, "CONNECT_SECONDS", 0.6)
    server = serve()
    server.manners = [manner]
    sink = make_sink("SYSLOG", address=server.address)
    size = grow()
    began = time.monotonic()

    refused = run(sink)

    assert re.fullmatch(r"The receiver.*\.", refused.trouble)
    assert time.monotonic() - began < 4
    assert Sink.objects.get().cursor == 0
    assert run(sink).trouble == ""
    assert server.places == list(range(size))
    assert Sink.objects.get().failures == 0


@pytest.mark.parametrize("wrong", ["authority", "name", "expired"])
def test_a_server_that_is_not_the_one_that_is_meant_gets_nothing(make_sink, grow, serve, tmp_path, wrong):
    served = {
        "authority": lambda: serve(trusts=certified(tmp_path, "other.example")[0]),
        "name": lambda: serve(certified(tmp_path, "other.example")),
        "expired": lambda: serve(certified(tmp_path, days=-2)),
    }[wrong]()
    sink = make_sink("SYSLOG", address=served.address)
    grow()

    assert "not trusted" in run(sink).trouble
    assert served.came == []
    assert Sink.objects.get().cursor == 0


def test_nothing_older_than_tls_1_2_is_spoken():
    assert outgoing.tls().minimum_version >= ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("number", ["127.0.0.1", "169.254.169.254", "::ffff:127.0.0.1"])
def test_a_name_that_resolves_to_a_forbidden_number_is_not_called(make_sink, grow, monkeypatch, settings, number):
    settings.IS_EMBEDDED = False
    sink = make_sink("SYSLOG", address="tls://siem.example:6514")
    grow()
    resolved = [(2, 1, 6, "", ("8.8.8.8", 6514)), (2, 1, 6, "", (number, 6514))]
    monkeypatch.setattr(outgoing.socket, "getaddrinfo", lambda *_, **__: resolved)
    monkeypatch.setattr(outgoing.socket, "create_connection", lambda *_: pytest.fail("It was called."))

    assert run(sink).trouble


@pytest.mark.parametrize("label", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("form", ["OCSF", "ECS", "CEF"])
def test_no_value_breaks_a_frame(label, form):
    record = act(subject=label, team=label, person=label, details={"k": label})
    record = replace(record, subject_id=f"{label}\n12 <14>1 - - - - - forged")

    octets = syslog.frame(record, WRITERS[form](record)) + syslog.frame(act(), "{}")

    first, second = frames_in(octets)
    assert MESSAGE.fullmatch(first)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", first)
    said = MESSAGE.fullmatch(first)["said"]
    assert said.isascii() or said.startswith("\ufeff")
    if form != "CEF":
        json.loads(said)
    assert MESSAGE.fullmatch(second)["said"] == "{}"


def test_structured_data_and_header_words_are_escaped(settings):
    settings.BASE_URL = "https://portal ünï.example"
    record = act(action='A"] x\\', label="x")

    message = frames_in(syslog.frame(record, "é"))[0]

    assert r'action="A\"\] x\\"]' in message
    assert message.endswith("] \ufeffé")
    broken = syslog.frame(act(), "one\r\n<14>1 two\x00\u2028")
    assert frames_in(broken)[0].endswith("] one  <14>1 two  ")
    assert message.split(" ")[2].isascii()
    gone = frames_in(syslog.frame(Record(1, new_id(), "GONE"), "{}"))[0]
    assert gone.startswith("<105>1 - ")


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("siem.example", "tls://siem.example:6514"), ("siem.example:1514", "tls://siem.example:1514"),
        ("tls://siem.example", "tls://siem.example:6514"), ("[2001:db8::1]:99", "tls://[2001:db8::1]:99"),
    ],
)  # fmt: skip
def test_an_address_is_a_name_and_a_port(typed, plain):
    assert syslog.checked(typed) == plain


@pytest.mark.parametrize(
    "address",
    [
        "", "tcp://siem.example:514", "udp://siem.example", "https://siem.example", "169.254.169.254:6514", "[::]",
        "metadata", "siem.example:0", "siem.example:x", "siem.example/path", "me:secret@siem.example",
        "siem.example?x=1",
    ],
)  # fmt: skip
def test_an_address_that_no_server_can_have_is_refused_on_the_form(admin, address):
    with pytest.raises(BadAddress, match=r"[A-Z].*\."):
        syslog.checked(address)

    form = {"name": "S", "kind": "SYSLOG", "address": address, "format": "OCSF", "begin": "now"}
    assert sign_in(admin).post("/audit/stream/add", form).status_code == 422
    assert not Sink.objects.exists()


def test_a_syslog_server_is_set_up_and_tested_from_the_page(admin, serve):
    server, browser = serve(), sign_in(admin)
    form = {"name": "S", "kind": "SYSLOG", "address": server.address[6:], "format": "CEF", "begin": "now"}
    assert browser.post("/audit/stream/add", form).status_code == 302

    page = browser.post(f"/audit/stream/{Sink.objects.get().pk}/test", follow=True).content.decode()

    assert "took the test line" in page
    assert server.address in page
    assert "STREAM_TESTED" in frames_in(server.came[0])[0]
    assert browser.post(f"/audit/stream/{Sink.objects.get().pk}/secret").status_code == 404
