"""
A database that is prepared once and copied for every process of a run: to migrate takes ten times as long as to copy.

The copy is of the very code: a change of any file that could matter makes the next run prepare anew.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.embedded.database import EmbeddedPostgres
from portal.embedded.folders import make_private

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / ".pytest_cache" / "clusters"
KEPT_AT_MOST = 2
CONTENTS = ("data", "postgres.password")  # the superuser's password is the cluster's; the others are set anew


def start_prepared(postgres: EmbeddedPostgres, prepare: Callable[[], None]) -> subprocess.Popen[bytes]:
    """
    Start `postgres` with everything in it that `prepare` makes: from a copy, or as the first one, which is kept.

    `prepare` gets a running server with roles and empty databases. One process at a time does this.
    """
    with _alone():
        kept = KEPT / _state_of_the_code()
        if kept.exists():
            kept.touch()  # the newest are kept
            for name in CONTENTS:
                _copy(kept / name, postgres.home)
        else:
            _prepare(postgres, prepare)
            _keep(postgres, kept)
    return _start(postgres)


def stop(server: subprocess.Popen[bytes]) -> None:
    """End a server in order; it waits for no client."""
    server.send_signal(signal.SIGINT)
    server.wait()


def _start(postgres: EmbeddedPostgres) -> subprocess.Popen[bytes]:
    postgres.initialise()
    server = postgres.start(durable=False)
    postgres.create_databases()  # gives the roles the passwords of this process
    return server


def _prepare(postgres: EmbeddedPostgres, prepare: Callable[[], None]) -> None:
    server = _start(postgres)
    try:
        prepare()
    finally:
        stop(server)


def _keep(postgres: EmbeddedPostgres, kept: Path) -> None:
    """Keep a copy; a copy that is only half there never has the name."""
    half = Path(tempfile.mkdtemp(dir=KEPT))
    for name in CONTENTS:
        _copy(postgres.home / name, half)
    half.rename(kept)
    _forget_old_ones()


def _copy(source: Path, folder: Path) -> None:
    subprocess.run(["cp", "-a", str(source), str(folder)], check=True)  # with its owner: the server's account


def _forget_old_ones() -> None:
    for folder in sorted(KEPT.iterdir(), key=lambda each: each.stat().st_mtime, reverse=True)[KEPT_AT_MOST:]:
        shutil.rmtree(folder)


def _state_of_the_code() -> str:
    """Hash the product's code and its locked packages, by name and content. About 30 ms."""
    digest = hashlib.sha256()
    code = sorted(path for room in ("apps", "portal") for path in (ROOT / room).rglob("*.py"))
    for path in [*code, ROOT / "requirements-dev.lock"]:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT)} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:32]


@contextmanager
def _alone() -> Iterator[None]:
    make_private(KEPT)
    with (KEPT.parent / "clusters.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
