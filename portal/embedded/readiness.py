"""How to tell that a program is ready to be used, not merely running."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable

from portal.embedded.programs import Ports
from portal.embedded.state import State
from portal.embedded.supervision import GIVEN_UP, Supervisor

READY_SECONDS = 180.0
POLL_SECONDS = 0.1
LOG_TAIL_LINES = 15


class NotReady(RuntimeError):
    """A program did not become ready; the message holds the end of its log."""


def wait_until_ready(name: str, state: State, ports: Ports, supervisor: Supervisor) -> None:
    """
    Wait until a program is ready.

    :raises NotReady: if the process manager gave it up, or 180 seconds have passed.
    """
    is_ready = CHECKS[name]
    deadline = time.monotonic() + READY_SECONDS
    while True:
        process = supervisor.process(name)
        if process.pid and is_ready(state, ports, process.pid):
            return
        if process.state == GIVEN_UP or time.monotonic() > deadline:
            raise NotReady(f"The {name} did not become ready. The end of its log:\n\n{log_tail(state, name)}")
        time.sleep(POLL_SECONDS)


def log_tail(state: State, name: str) -> str:
    """Return the last lines of a program's log."""
    try:
        lines = (state.logs / f"{name}.log").read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return "(no log)"
    return "\n".join(f"    {line}" for line in lines[-LOG_TAIL_LINES:])


def _database(state: State, ports: Ports, pid: int) -> bool:
    return state.postgres.answers()


def _model(state: State, ports: Ports, pid: int) -> bool:
    return _status(ports.model, "/health") == http.client.OK


def _worker(state: State, ports: Ports, pid: int) -> bool:
    try:
        return state.worker_ready.read_text() == str(pid)
    except FileNotFoundError:
        return False


def _web(state: State, ports: Ports, pid: int) -> bool:
    return _status(ports.web, "/readyz") == http.client.OK


def _status(port: int, path: str) -> int:
    """Return the HTTP status of a page on this machine, or 0 where nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


CHECKS: dict[str, Callable[[State, Ports, int], bool]] = {
    "database": _database,
    "model": _model,
    "worker": _worker,
    "web": _web,
}
