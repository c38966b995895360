"""The witness by its own protocol (C2SP tlog-witness): what it cosigns, what it refuses, and with which status."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from apps.ledger import merkle
from apps.ledger.notes import Checkpoint, Note, SigningKey, VerifierKey
from portal.embedded.ports import free_port

SCRIPT = Path(__file__).resolve().parents[2] / "offline" / "portcullis_witness.py"
LOG = SigningKey.new("portcullis.example/ledger")
STRANGER = SigningKey.new(LOG.name)
OTHER = SigningKey.new("other.example/log")
LEAVES = [merkle.leaf_hash(bytes([number])) for number in range(40)]


class Running:
    """A witness in a process of its own, on a folder that outlives it."""

    def __init__(self, folder: Path, *, log: VerifierKey = LOG.verifier) -> None:
        self.folder, self.log, self.port = folder, log, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it listens."""
        command = [sys.executable, SCRIPT, "--state", self.folder, "--name", "witness.example/w1"]
        command += ["--log-key", str(self.log), "--listen", f"127.0.0.1:{self.port}"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        assert b"listens" in self.process.stdout.readline()

    def kill(self) -> None:
        """End it without warning."""
        assert self.process is not None
        self.process.kill()
        self.process.communicate()

    def ask(self, method: str, path: str, body: str | bytes | None = None) -> tuple[int, str, str]:
        """Ask, and return status, body and type."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(method, path, body.encode() if isinstance(body, str) else body)
        answer = connection.getresponse()
        said = answer.status, answer.read().decode(), answer.headers["Content-Type"]
        connection.close()
        return said

    def post(self, body: str | bytes) -> tuple[int, str]:
        """Post a checkpoint."""
        return self.ask("POST", "/add-checkpoint", body)[:2]

    @property
    def key(self) -> VerifierKey:
        """The key that its cosignatures are checked with."""
        return VerifierKey.parse((self.folder / "verifier.key").read_text())


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path / "witness")
    running.start()
    yield running
    running.kill()


def note(size: int, *, by: SigningKey = LOG, leaves: list[bytes] = LEAVES, origin: str = LOG.name) -> Note:
    """The signed checkpoint of a tree's first leaves."""
    checkpoint = Checkpoint(origin, size, merkle.root_of(leaves[:size]))
    return Note(checkpoint.text, (by.sign(checkpoint.text),))


def request(old: int, signed: Note, *, proof: list[bytes] | None = None) -> str:
    """A request with the honest consistency proof, or another one."""
    size = Checkpoint.parse(signed.text).size
    if proof is None:
        proof = [merkle.root_of(LEAVES[slice(*span)]) for span in merkle.consistency_ranges(min(old, size), size)]
    return "".join([f"old {old}\n", *(f"{base64.b64encode(each).decode()}\n" for each in proof), "\n", str(signed)])


def test_a_tree_that_grows_is_cosigned_and_remembered_over_a_kill(witness):
    status, line = witness.post(request(0, note(5)))
    assert status == 200
    cosigned = note(5).with_lines([line])
    assert cosigned.signers([witness.key]) == [witness.key]
    assert abs((cosigned.cosigned_at(witness.key) or 0) - time.time()) < 60

    witness.kill()
    witness.start()

    assert witness.post(request(0, note(9))) == (409, "5\n")
    assert witness.post(request(5, note(9)))[0] == 200
    assert witness.post(request(9, note(9)))[0] == 200  # the same again: a fresh time, the same tree
    path = f"/{hashlib.sha256(LOG.name.encode()).hexdigest()}/checkpoint"
    assert Note.parse(witness.ask("GET", path)[1]).signers([LOG.verifier, witness.key]) == [LOG.verifier, witness.key]
    assert witness.ask("GET", f"/{'0' * 64}/checkpoint")[0] == 404
    assert len((witness.folder / "cosigned.jsonl").read_text().splitlines()) == 3


def test_everything_else_is_refused_with_the_status_of_the_protocol_and_changes_nothing(witness):
    assert witness.post(request(0, note(8)))[0] == 200
    rewritten = [merkle.leaf_hash(b"forged"), *LEAVES[1:]]
    flipped = note(12).lines[0].replace(note(12).lines[0][-8], "A" if note(12).lines[0][-8] != "A" else "B")
    cases: list[tuple[str | bytes, int]] = [
        (request(8, note(12, by=STRANGER)), 403),
        (request(8, Note(note(12).text, (flipped,))), 403),
        (request(8, note(12, by=OTHER, origin=OTHER.name)), 404),
        (request(13, note(12)), 400),
        (request(4, note(12)), 409),
        (request(0, note(12)), 409),
        (request(8, note(12, leaves=rewritten)), 422),
        (request(8, note(8, leaves=rewritten)), 422),
        (request(8, note(12), proof=[]), 422),
        (request(8, note(12), proof=[bytes(32)]), 422),
        (request(8, note(12)).replace("old 8", "old 08"), 400),
        (request(8, note(12)).replace("old 8", "old -8"), 400),
        (request(8, note(12)).replace("old 8", "new 8"), 400),
        (request(8, note(12)).replace("old 8\n", "old 8\nnot base64!\n"), 400),
        (request(8, note(12), proof=[bytes(32)] * 64), 400),
        (f"old 8\n\n{note(12).text}", 400),
        ("old 8\n\n", 400),
        (b"old 8\n\n\xff\xfe", 400),
        (b"", 400),
        (b"x" * 70_000, 400),
    ]
    for body, status in cases:
        assert witness.post(body)[0] == status, body[:80]
    conflict = witness.ask("POST", "/add-checkpoint", request(4, note(12)))
    assert conflict == (409, "8\n", "text/x.tlog.size")
    assert witness.ask("POST", "/elsewhere", "")[0] == 404

    assert witness.post(request(8, note(12)))[0] == 200


def test_an_empty_tree_has_one_root(witness):
    forged = Checkpoint(LOG.name, 0, bytes(32))

    assert witness.post(request(0, Note(forged.text, (LOG.sign(forged.text),))))[0] == 422
    assert witness.post(request(0, note(0)))[0] == 200
    assert witness.post(request(0, note(3), proof=[bytes(32)]))[0] == 422


@pytest.mark.thorough
def test_a_hundred_posts_at_once_never_roll_the_witness_back(witness):
    assert witness.post(request(0, note(1)))[0] == 200
    chance = random.Random(6962)  # noqa: S311
    pairs = [(old := chance.randrange(1, 39), chance.randrange(old + 1, 41)) for _ in range(100)]

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda pair: witness.post(request(pair[0], note(pair[1]))), pairs))

    sizes = [
        Checkpoint.parse(Note.parse(line["note"]).text).size
        for line in map(json.loads, (witness.folder / "cosigned.jsonl").read_text().splitlines())
    ]
    assert sizes == sorted(set(sizes))
    assert {status for status, _ in answers} <= {200, 409}
    assert len(sizes) == 1 + sum(status == 200 for status, _ in answers)


@pytest.mark.parametrize("room", [0, 1, 200])
def test_a_witness_whose_disk_is_full_cosigns_nothing_and_goes_on_when_there_is_room(witness, room):
    assert witness.post(request(0, note(5)))[0] == 200
    cosigned = witness.folder / "cosigned.jsonl"
    before = cosigned.read_bytes()
    assert witness.process is not None
    limits = resource.prlimit(witness.process.pid, resource.RLIMIT_FSIZE)

    resource.prlimit(witness.process.pid, resource.RLIMIT_FSIZE, (len(before) + room, limits[1]))
    assert witness.post(request(5, note(9)))[0] == 503
    assert cosigned.read_bytes() == before
    resource.prlimit(witness.process.pid, resource.RLIMIT_FSIZE, limits)

    assert witness.post(request(5, note(9)))[0] == 200


@pytest.mark.thorough
def test_a_line_that_a_power_cut_tore_is_taken_out_and_no_other_history_comes_in(witness):
    assert witness.post(request(0, note(8)))[0] == 200
    cosigned = witness.folder / "cosigned.jsonl"
    whole = cosigned.read_bytes()
    forged = [merkle.leaf_hash(b"forged"), *LEAVES[1:]]
    witness.kill()

    for torn in (whole[:1], whole[:60], whole[:-1]):
        cosigned.write_bytes(whole + torn)
        witness.start()
        assert cosigned.read_bytes() == whole
        assert witness.post(request(8, note(12, leaves=forged)))[0] == 422
        witness.kill()
    witness.start()

    assert witness.post(request(8, note(12)))[0] == 200
    witness.kill()
    witness.start()
    assert witness.post(request(12, note(20)))[0] == 200
