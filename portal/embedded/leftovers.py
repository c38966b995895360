"""Clear what a run that was killed left behind, without ever ending a process that is not ours."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterable

import psutil

from portal.embedded.state import State, write_private

GRACE_SECONDS = 15.0


def remember(state: State, pids: Iterable[int]) -> None:
    """Write down the processes of this run, each with the moment it was created: process ids are used again."""
    known = {str(pid): created for pid in pids if (created := _created(pid)) is not None}
    write_private(state.processes, json.dumps(known))


def clear(state: State) -> int:
    """
    End the remembered processes of an earlier run that still live, and return how many there were.

    On Linux there are none, or they are ending already: each is tied to its parent's life. Takes up to 15 seconds.
    """
    left = [process for process in _remembered(state) if process.is_running()]
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    _, alive = psutil.wait_procs(left, timeout=GRACE_SECONDS)
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(alive, timeout=GRACE_SECONDS)
    state.supervisor_socket.unlink(missing_ok=True)
    state.worker_ready.unlink(missing_ok=True)
    state.processes.unlink(missing_ok=True)
    return len(left)


def remove_temporary_folders(state: State) -> None:
    """Remove the folders of sockets that could not lie inside the state folder; they hold nothing else."""
    for folder in (state.sockets, state.postgres.socket_dir):
        if not folder.is_relative_to(state.home):
            shutil.rmtree(folder, ignore_errors=True)


def _remembered(state: State) -> list[psutil.Process]:
    try:
        known = json.loads(state.processes.read_text())
    except (FileNotFoundError, ValueError):
        return []
    found = []
    for pid, created in known.items():
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(int(pid))
            if process.create_time() == created:
                found.append(process)
    return found


def _created(pid: int) -> float | None:
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return None
