"""Start the product's processes for a test, and end them whatever happens."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from portal.embedded.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 120.0
START_PATIENCE_SECONDS = 300.0  # a first start on a busy machine
PROGRAMS = frozenset({"database", "model", "witness", "sequencer", "worker", "web"})


def clean_environment() -> dict[str, str]:
    """The environment of this process without anything of the product's: what a newcomer's shell has."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PORTCULLIS_", "DJANGO_"))}
    return {**clean, "PYTHONUNBUFFERED": "1"}


def wait_until(is_so: Callable[[], object], *, what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until something is so, or fail naming it."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"After {seconds:.0f} s it was still not so: {what}"
        time.sleep(0.1)


def status_of(url: str, **headers: str) -> int:
    """The HTTP status of an address, or 0 where nobody answers."""
    try:
        return httpx.get(url, headers={name.replace("_", "-"): value for name, value in headers.items()}).status_code
    except httpx.HTTPError:
        return 0


@contextlib.contextmanager
def open_folder() -> Iterator[Path]:
    """
    A temporary folder that other accounts can reach, such as the database's.

    Not one of pytest's: every other run of pytest on this machine makes the folder above those private again.
    """
    folder = Path(tempfile.mkdtemp(prefix="portcullis-test-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def identity(account: str | None) -> dict[str, Any]:
    """What starts a process as an account with its own group and no others; nothing for this process's account."""
    if account is None:
        return {}
    return {"user": account, "group": pwd.getpwnam(account).pw_gid, "extra_groups": []}


@contextlib.contextmanager
def running(
    command: list[str],
    *,
    log: Path,
    environment: Mapping[str, str],
    user: str | None = None,
    stop: signal.Signals = signal.SIGTERM,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command in a process group of its own, and end the whole group."""
    with log.open("ab") as file:
        process = subprocess.Popen(
            command,
            stdout=file,
            stderr=file,
            env=dict(environment),
            cwd=ROOT,
            start_new_session=True,
            **identity(user),
        )
    try:
        yield process
    finally:
        process.send_signal(stop)
        try:
            process.wait(30)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


@dataclass
class Embedded:
    """An embedded installation in a folder of its own, run by this account or by another."""

    state: Path
    port: int
    python: str = sys.executable
    account: str | None = None

    @classmethod
    def in_folder(cls, folder: Path) -> Embedded:
        """Prepare an installation inside a folder that the database's own account can reach."""
        state = folder / "state"
        state.mkdir(mode=0o711)
        return cls(state, free_port())

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return {**clean_environment(), "PORTCULLIS_STATE_DIR": str(self.state), "PORT": str(self.port)}

    def command(self, name: str) -> list[str]:
        return [self.python, "-m", "portal.embedded", name]

    def call(self, name: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run one of the launcher's commands to its end."""
        return subprocess.run(
            self.command(name),
            env={**self.environment, **more},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=150,
            **identity(self.account),
        )

    @contextlib.contextmanager
    def started(self) -> Iterator[subprocess.Popen[bytes]]:
        """Start everything; wait until it is ready and the process manager has seen all of it run for a while."""
        log = self.state.parent / "launcher.log"
        log.write_text("")
        with running(self.command("run"), log=log, environment=self.environment, user=self.account) as launcher:
            deadline = time.monotonic() + START_PATIENCE_SECONDS
            while "is ready after" not in log.read_text():
                assert launcher.poll() is None, f"The product did not start:\n{log.read_text()}"
                assert time.monotonic() < deadline, f"The product is still not ready:\n{log.read_text()}"
                time.sleep(0.1)
            self.settled_pids()
            yield launcher

    def said(self) -> str:
        """What the launcher printed since it was started last."""
        return (self.state.parent / "launcher.log").read_text()

    def settled_pids(self) -> dict[str, int]:
        """The process ids of all programs by name, once none of them is only starting (a program starts for 2 s)."""
        seen: list[dict[str, int]] = []

        def all_run() -> bool:
            seen.append(self.pids())
            return set(seen[-1]) == PROGRAMS

        wait_until(all_run, what=f"{', '.join(sorted(PROGRAMS))} all run")
        return seen[-1]

    def pids(self) -> dict[str, int]:
        """The process ids by name of those programs that the process manager calls running at this moment."""
        lines = self.call("status").stdout.splitlines()
        rows = [line.split() for line in lines if " RUNNING " in line]
        return {row[0]: int(row[3]) for row in rows}


def family(pid: int) -> list[psutil.Process]:
    """A process and everything it started."""
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


@contextlib.contextmanager
def web_process(log: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Run the web process as an operator starts it, with the database of this test run; gives its port and itself."""
    port = free_port()
    environment = {
        **os.environ,
        "PORTCULLIS_SHAPE": "embedded",
        "PORTCULLIS_BIND_PORT": str(port),
        "PORTCULLIS_BASE_URL": f"http://localhost:{port}",
        "PORTCULLIS_WEB_PROCESSES": "1",
    }
    collect = [sys.executable, "manage.py", "collectstatic", "--no-input"]
    subprocess.run(collect, cwd=ROOT, env=environment, check=True, capture_output=True)
    with running([sys.executable, "-m", "portal.serve"], log=log, environment=environment) as program:
        wait_until(lambda: status_of(f"http://localhost:{port}/healthz"), what="the web process answers")
        yield port, program
