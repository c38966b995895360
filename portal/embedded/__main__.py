"""`python -m portal.embedded`: run the product on this machine, and ask after it. The Makefile calls it."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from portal.embedded.console import complain, say
from portal.embedded.folders import UnsafeFolder
from portal.embedded.launcher import Launcher, PreparationFailed
from portal.embedded.ports import PortTaken
from portal.embedded.programs import ROOT
from portal.embedded.readiness import NotReady
from portal.embedded.state import AlreadyRunning, State
from portal.embedded.supervision import ManagerDied, Supervisor, environment_file

STOP_SECONDS = 90.0
MEBIBYTE = 1024 * 1024
HIGHEST_PORT = 65_535


def run(state: State, port: int) -> int:
    """Start the product and stay until it is stopped."""
    try:
        state.create()
        with state.locked():
            Launcher(state, port).run()
    except AlreadyRunning:
        found = state.announced()
        where = f"at {found.address} (launcher: process {found.pid})" if found else "and is just starting"
        complain(f"Portcullis runs already {where}.\nStop it with: make stop. Ask after it with: make status.")
        return 1
    except (PortTaken, NotReady, PreparationFailed, ManagerDied, UnsafeFolder) as problem:
        complain(str(problem))
        return 1
    return 0


def stop(state: State) -> int:
    """Stop the run in progress and wait until everything has ended."""
    found = state.announced()
    if found is None:
        say("Portcullis does not run.")
        return 0
    say(f"Stopping Portcullis (launcher: process {found.pid}) ...")
    os.kill(found.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while state.is_locked():
        if time.monotonic() > deadline:
            complain(f"It has not stopped after {STOP_SECONDS:.0f} s. See the logs in {state.logs}.")
            return 1
        time.sleep(0.1)
    say("Stopped; all data is kept.")
    return 0


def status(state: State) -> int:
    """Print the run in progress: address, and each process with its memory."""
    found = state.announced()
    if found is None:
        say("Portcullis does not run. Start it with: make run")
        return 3
    say(f"Portcullis runs at {found.address} (launcher: process {found.pid})")
    try:
        processes = Supervisor(state).processes()
    except ManagerDied:
        say("It is starting or stopping.")
        return 0
    for each in processes:
        memory = f"{_resident(each.pid):6.0f} MiB" if each.pid else ""
        say(f"  {each.name:<10} {each.state:<9} process {each.pid:<8} up {each.seconds_up:>6} s  {memory}")
    return 0


def reset(state: State) -> int:
    """Delete everything that was ever stored here, after a yes."""
    if state.is_locked():
        complain("Portcullis runs. Stop it first: make stop")
        return 1
    if os.environ.get("CONFIRM") != "yes":
        complain(f"This deletes every conversation, record and key in {state.home}.\nTo do it: make reset CONFIRM=yes")
        return 1
    state.postgres.remove()
    shutil.rmtree(state.sockets, ignore_errors=True)
    shutil.rmtree(state.home, ignore_errors=True)
    say(f"{state.home} is gone; the next start begins anew.")
    return 0


def logs(state: State) -> int:
    """Follow every log until Ctrl-C."""
    files = sorted(str(path) for path in state.logs.glob("*.log"))
    if not files:
        say("There are no logs yet. Start the portal with: make run")
        return 1
    with contextlib.suppress(KeyboardInterrupt):
        subprocess.run(["tail", "-n", "20", "-F", *files], check=False)
    return 0


def manage(state: State, words: list[str]) -> int:
    """Run a command of manage.py with the environment of the web process of the run in progress."""
    if state.announced() is None:
        say("Portcullis does not run. Start it with: make run")
        return 3
    environment = json.loads(environment_file(state, "web").read_text())
    return subprocess.run([sys.executable, str(ROOT / "manage.py"), *words], env=environment, check=False).returncode


def main() -> int:
    """Translate the command line into one call."""
    parser = argparse.ArgumentParser(prog="python -m portal.embedded", description=__doc__)
    parser.add_argument("command", choices=["run", "stop", "status", "reset", "logs", "manage"])
    parser.add_argument("--port", default=os.environ.get("PORT") or "8000")
    own, words = (sys.argv[1:2], sys.argv[2:]) if sys.argv[1:2] == ["manage"] else (sys.argv[1:], [])
    wanted = parser.parse_args(own)
    home = os.environ.get("PORTCULLIS_STATE_DIR") or str(ROOT / ".portal")
    state = State(Path(home).expanduser().absolute())
    if wanted.command == "run":
        if not wanted.port.isdecimal() or not 0 < int(wanted.port) <= HIGHEST_PORT:
            complain(f"PORT must be a number from 1 to {HIGHEST_PORT}, but is {wanted.port!r}.")
            return 1
        return run(state, int(wanted.port))
    if wanted.command == "manage":
        return manage(state, words)
    return {"stop": stop, "status": status, "reset": reset, "logs": logs}[wanted.command](state)


def _resident(pid: int) -> float:
    """Return the resident memory of a process and its children, in MiB; what they share counts once for each."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return float(sum(each.memory_info().rss for each in family)) / MEBIBYTE
    except psutil.Error:
        return 0.0


if __name__ == "__main__":
    sys.exit(main())
