"""Time-stamps of others on checkpoints: asked of a real authority (OpenSSL's), kept, and missed when they are gone."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from apps.ledger import records, verify
from apps.ledger.facts import Who
from apps.ledger.notes import VerifierKey
from apps.ledger.standing import standing
from apps.ledger.timestamps import Authority, AuthorityAway, Notary, certificates_in, stamp
from apps.ledger.vocabulary import Action

pytestmark = pytest.mark.django_db(transaction=True)

CONFIGURATION = """
[tsa]
default_tsa = it
[it]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
[extensions]
extendedKeyUsage = critical, timeStamping
keyUsage = critical, digitalSignature
"""


class OpenSslAuthority:
    """An authority of its own root: certificates and answers are made by OpenSSL."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.status = 200
        self.replaced: bytes | None = None
        (folder / "serial").write_text("01\n")
        (folder / "it.cnf").write_text(CONFIGURATION.format(folder=folder))
        new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        self._run("req", "-x509", *new, "-keyout", "root.key", "-out", "root.pem", "-subj", "/CN=Root", "-days", "9")
        self._run("req", *new, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Authority")
        self._run(
            "x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key", "-out", "tsa.pem", "-days", "9",
            "-extfile", "it.cnf", "-extensions", "extensions",
        )  # fmt: skip

    def _run(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    @property
    def root(self) -> Path:
        """Its root certificate."""
        return self.folder / "root.pem"

    def answer(self, query: bytes) -> bytes:
        """Answer a query as OpenSSL does, or with what the test puts in its place."""
        (self.folder / "query.tsq").write_bytes(query)
        self._run("ts", "-reply", "-config", "it.cnf", "-queryfile", "query.tsq", "-out", "answer.tsr")
        return self.replaced or (self.folder / "answer.tsr").read_bytes()


@pytest.fixture
def authority(tmp_path: Path) -> OpenSslAuthority:
    assert shutil.which("openssl"), "These tests need openssl. On Debian and Ubuntu: sudo apt-get install openssl"
    return OpenSslAuthority(tmp_path / "authority")


@pytest.fixture
def address(authority: OpenSslAuthority) -> Iterator[str]:
    """Where the authority listens."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/timestamp-query"
            answer = authority.answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(authority.status)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/tsr"
    server.shutdown()


@pytest.fixture
def notary(as_sequencer, evidence, authority: OpenSslAuthority, address: str) -> Notary:
    return Notary(as_sequencer(), Authority.parse(f"{address} {authority.root}"), evidence)


def now() -> datetime:
    return datetime.now(tz=UTC)


def found(evidence, roots: Path | None) -> list[str]:
    """The codes of what a whole check finds."""
    key = VerifierKey.parse((evidence.folder / "verifier.key").read_text())
    outside = list(evidence.journalled())
    with connection.cursor() as cursor:
        trust = verify.Trust([key], outside=outside, authorities=certificates_in(roots) if roots else ())
        return [each.code for each in verify.check(cursor, trust, now=now()).findings]


def a_signed_record(sequencer, maya: Who) -> None:
    records.record_event(Action.GRANT_TAKEN, who=maya, subject_kind="model", now=now())
    sequencer.round(now=now())


def test_a_checkpoint_is_stamped_once_an_hour_and_anybody_can_check_the_stamp(
    sequencer, evidence, notary, authority, maya, tmp_path
):
    a_signed_record(sequencer, maya)

    assert notary.carry(now=now())
    a_signed_record(sequencer, maya)
    assert not notary.carry(now=now())
    assert notary.carry(now=now() + timedelta(hours=2))
    sequencer.round(now=now())

    assert found(evidence, authority.root) == []
    with connection.cursor() as cursor:
        (stamp,) = standing(cursor, now=now()).stamps
    assert now() - stamp.at < timedelta(minutes=1)
    call_command("ledger", "stamps", str(tmp_path / "kept"))
    for number in (1, 2):
        subprocess.run(
            ["openssl", "ts", "-verify", "-in", f"{number}.tsr", "-data", f"{number}.note", "-CAfile", authority.root],
            cwd=tmp_path / "kept", check=True, capture_output=True,
        )  # fmt: skip
    (journal,) = evidence.folder.glob("timestamps-*.jsonl")
    assert json.loads(journal.read_text().splitlines()[0])["note"] == (tmp_path / "kept" / "1.note").read_text()


@pytest.mark.parametrize(
    ("deed", "codes"),
    [
        ("DELETE FROM ledger_timestamp", {"TIMESTAMP_MISSING"}),
        ("UPDATE ledger_timestamp SET stamped_at = stamped_at - interval '1 day'", {"TIMESTAMP_DIFFERS"}),
        ("UPDATE ledger_timestamp SET token = '\\x3000'", {"TIMESTAMP_DIFFERS", "TIMESTAMP_MISSING"}),
        ("UPDATE ledger_timestamp SET size = 2", {"TIMESTAMP_DIFFERS"}),
        (
            "INSERT INTO ledger_event (id, form, happened_at, action, actor_label, team_label, subject_kind, "
            "subject_id, subject_label, details) VALUES (gen_random_uuid(), 1, now(), 'LEDGER_STAMPED', '', '', '', "
            """'', '', '{"size": "x\\u0031", "digest": null}')""",
            {"TIMESTAMP_MISSING", "RECORD_ADDED"},
        ),
    ],
    ids=["stamps removed", "moment changed", "stamp replaced", "moved to another size", "event put in by hand"],
)
def test_a_stamp_that_was_removed_or_changed_is_found(
    sequencer, evidence, notary, authority, maya, as_forger, deed, codes
):
    a_signed_record(sequencer, maya)
    notary.carry(now=now())
    sequencer.round(now=now())

    as_forger.execute(deed)

    assert set(found(evidence, authority.root)) == codes


def test_a_stamp_by_somebody_else_does_not_hold(sequencer, evidence, notary, authority, maya, tmp_path):
    a_signed_record(sequencer, maya)
    notary.carry(now=now())
    sequencer.round(now=now())

    assert found(evidence, OpenSslAuthority(tmp_path / "other").root) == ["TIMESTAMP_DIFFERS"]
    assert found(evidence, None) == []


def test_a_stamp_put_on_another_checkpoint_is_found_without_any_certificate(
    sequencer, evidence, notary, maya, as_forger
):
    for later in (timedelta(0), timedelta(hours=2)):
        a_signed_record(sequencer, maya)
        notary.carry(now=now() + later)
    sequencer.round(now=now())

    as_forger.execute(
        "UPDATE ledger_timestamp SET (token, stamped_at) = "
        "(SELECT token, stamped_at FROM ledger_timestamp ORDER BY size DESC LIMIT 1)"
    )

    assert found(evidence, None) == ["TIMESTAMP_DIFFERS", "TIMESTAMP_MISSING"]


def test_an_earlier_answer_on_the_same_checkpoint_is_no_answer(sequencer, evidence, authority, address, maya):
    a_signed_record(sequencer, maya)
    note, believed = str(next(evidence.journalled())), Authority.parse(f"{address} {authority.root}")
    authority.replaced = stamp(note, believed).token

    with pytest.raises(AuthorityAway):
        stamp(note, believed)


def test_an_authority_whose_own_certificate_is_known_is_asked_for_none(
    sequencer, evidence, as_sequencer, authority, address, maya
):
    known = authority.folder / "known.pem"
    known.write_text(authority.root.read_text() + (authority.folder / "tsa.pem").read_text())
    a_signed_record(sequencer, maya)

    assert Notary(as_sequencer(), Authority.parse(f"{address} {known}"), evidence).carry(now=now())

    sequencer.round(now=now())
    assert found(evidence, known) == []
    assert found(evidence, authority.root) == ["TIMESTAMP_DIFFERS"]
    assert b"Authority" not in (authority.folder / "answer.tsr").read_bytes()


@pytest.mark.parametrize("trouble", ["refuses", "nonsense", "another query's answer", "gone"])
def test_an_authority_that_gives_no_good_stamp_leaves_nothing_and_is_asked_again(
    sequencer, evidence, notary, authority, maya, trouble
):
    a_signed_record(sequencer, maya)
    notary.carry(now=now())
    (authority.folder / "kept").write_bytes((authority.folder / "answer.tsr").read_bytes())
    a_signed_record(sequencer, maya)
    if trouble == "refuses":
        authority.status = 503
    elif trouble == "nonsense":
        authority.replaced = b"<html>Service unavailable</html>"
    elif trouble == "another query's answer":
        authority.replaced = (authority.folder / "kept").read_bytes()
    else:
        notary = Notary(notary._connection, Authority("http://127.0.0.1:9/tsr", authority.root), evidence)
    later = now() + timedelta(hours=2)

    with pytest.raises(AuthorityAway):
        notary.carry(now=later)

    authority.status, authority.replaced = 200, None
    if trouble != "gone":
        assert notary.carry(now=later)
    sequencer.round(now=now())
    assert found(evidence, authority.root) == []


def test_a_setting_that_names_no_certificate_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match="root certificate"):
        Authority.parse("https://tsa.example/tsr")
