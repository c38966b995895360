"""The process that reads files can do nothing else, and is stopped when it takes too much."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from apps.rag.parsing import MOST_BLOCKS, Kind, Parsed, Reason, Unreadable, process

HOME = Path(__file__).resolve().parents[2]
IS_LINUX = sys.platform == "linux" and platform.machine() in {"x86_64", "aarch64"}
BEHIND_CLOSED_DOORS = """
import ctypes, os, socket, subprocess
from apps.rag.parsing.isolation import close_the_doors, limit_resources
limit_resources()
close_the_doors()
try:
    {deed}
except (PermissionError, OSError) as refused:
    print("refused", refused.errno)
else:
    print("done")
"""


def read(kind: Kind, data: bytes, *, wall_seconds: float = 60) -> Parsed:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        return process.read(file, kind, wall_seconds=wall_seconds)


def attempt(deed: str) -> str:
    """Run one deed after the doors were closed, and give what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", BEHIND_CLOSED_DOORS.format(deed=deed)],
        capture_output=True,
        text=True,
        cwd=HOME,
        check=False,
        timeout=30,
    )
    return done.stdout.strip()


@pytest.mark.skipif(not IS_LINUX, reason="the doors are closed by Linux")
@pytest.mark.parametrize(
    "deed",
    [
        "open('/etc/hostname').read()",
        "open('/tmp/portcullis-escape', 'w')",
        "os.open('/proc/1/environ', os.O_RDONLY)",
        "socket.socket()",
        "socket.socket(socket.AF_UNIX)",
        "os.fork()",
        "subprocess.run(['/bin/true'])",
        "os.execv('/bin/true', ['/bin/true'])",
        "os.unlink('/tmp/portcullis-escape')",
        "os.mkdir('/tmp/portcullis-escape')",
        "os.kill(os.getppid(), 0)",
        "os.memfd_create('x')",
        "os.setuid(1)",
        "os.chmod('/tmp', 0o777)",
        "os.symlink('/etc/passwd', '/tmp/portcullis-escape')",
    ],
)
def test_the_reading_process_may_not(deed: str):
    assert attempt(deed) == "refused 1"


def test_reading_and_writing_what_is_open_still_works_behind_closed_doors():
    assert attempt("os.write(1, b'')") == "done"


def test_the_reading_process_knows_no_secret_of_ours(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PORTCULLIS_SECRET_KEY", "canary")

    assert not any(name.startswith("PORTCULLIS") or "KEY" in name for name in process._environment())


def test_a_file_that_takes_too_long_is_stopped():
    started = os.times().elapsed
    with pytest.raises(Unreadable) as refused:
        read(Kind.MARKDOWN, b"[" * 60_000 + b"a](" * 60_000, wall_seconds=0.15)

    assert refused.value.reason == Reason.TOO_SLOW
    assert os.times().elapsed - started < 5


@pytest.mark.thorough
def test_a_file_with_too_many_parts_is_refused():
    with pytest.raises(Unreadable) as refused:
        read(Kind.TEXT, b"a\n\n" * (MOST_BLOCKS + 10))

    assert refused.value.reason == Reason.TOO_MUCH_TEXT


def test_output_beyond_the_cap_is_cut_off(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(process, "MOST_OUTPUT", 10_000)
    with pytest.raises(Unreadable) as refused:
        read(Kind.TEXT, b"word " * 10_000)

    assert refused.value.reason == Reason.TOO_MUCH_TEXT


@pytest.mark.parametrize(
    "lie",
    [
        b"",
        b"no json",
        b"[]",
        b'{"pages": 1}',
        b'{"pages": "x", "blocks": []}',
        b'{"pages": null, "blocks": [["HEADING", 5, 1, null]]}',
        b'{"pages": null, "blocks": [["SCRIPT", "x", 0, null]]}',
        b'{"pages": null, "blocks": [["ROW", "x", 99, null]]}',
        b'{"pages": null, "blocks": [["ROW", "x", 0, -1]]}',
        b'{"reason": "BECAUSE"}',
    ],
)
def test_what_a_taken_over_reader_says_is_not_believed(lie: bytes):
    with pytest.raises(Unreadable):
        process._result(lie, 0, is_late=False)
