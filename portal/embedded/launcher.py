"""
Start the whole product on one machine, keep it running, and stop it without a trace.

The order: secrets, process manager, database, schema, then model, worker and web at the same time.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from types import FrameType
from typing import NoReturn

from portal.embedded import leftovers
from portal.embedded.banner import banner
from portal.embedded.console import complain, say, step
from portal.embedded.ports import free_port, require_free
from portal.embedded.programs import ROOT, Ports, environment, preparation_environment, programs, tethered
from portal.embedded.readiness import wait_until_ready
from portal.embedded.state import Run, State
from portal.embedded.supervision import ManagerDied, Supervisor
from portal.embedded.watch import Watch

STOP_SECONDS = 60.0
WATCH_SECONDS = 2.0
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """A person or the system asked the launcher to stop; not an error."""


class PreparationFailed(RuntimeError):
    """The database's schema, the static files or the demo could not be prepared; the lines above say why."""


class Launcher:
    """One run of the product."""

    def __init__(self, state: State, port: int) -> None:
        self._state = state
        self._ports = Ports(web=port, model=free_port())
        self._supervisor = Supervisor(state)
        self._environment = environment(state, self._ports)

    def run(self) -> None:
        """
        Start everything, watch over it until told to stop, stop everything.

        :raises PortTaken: if the port is held by another program.
        :raises NotReady: if a program does not become ready; the message holds the end of its log.
        """
        require_free(self._ports.web)
        _stop_on_signals()
        try:
            self._start()
            self._watch()
        except Stopped:
            say("\nStopping ...")
        finally:
            _ignore_signals()
            self._stop()

    def _start(self) -> None:
        began = time.monotonic()
        say("Starting Portcullis")
        if leftovers.clear(self._state):
            say("  ended processes that an earlier run had left behind")
        self._state.announce(Run(os.getpid(), self._address, self._ports.model))
        self._start_manager()
        self._start_database()
        self._prepare()
        self._start_product()
        self._say_ready(time.monotonic() - began)

    @property
    def _address(self) -> str:
        return self._environment["PORTCULLIS_BASE_URL"]

    def _start_manager(self) -> None:
        with step("process manager"):
            self._supervisor.start(programs(self._state, self._ports))
        self._supervisor.start_program("model")

    def _start_database(self) -> None:
        with step("database"):
            self._state.postgres.initialise()
            self._supervisor.start_program("database")
            self._wait("database")
            self._state.postgres.create_databases()

    def _prepare(self) -> None:
        files = ["--demo-mark", str(self._state.demo_mark), "--people-file", str(self._state.people)]
        module = [sys.executable, "-m", "portal.embedded.preparation", *files]
        with_owner = preparation_environment(self._state, self._ports)
        done = subprocess.run(tethered(module), check=False, cwd=ROOT, env=with_owner, start_new_session=True)
        if done.returncode:
            raise PreparationFailed("The preparation failed; the lines above say why. No data was lost.")

    def _start_product(self) -> None:
        for name in ("worker", "web", "witness", "sequencer"):
            self._supervisor.start_program(name)
        for name in ("model", "worker", "web"):
            with step(name):
                self._wait(name)

    def _wait(self, name: str) -> None:
        wait_until_ready(name, self._state, self._ports, self._supervisor)

    def _say_ready(self, seconds: float) -> None:
        processes = self._supervisor.processes()
        has_demo = self._environment["PORTCULLIS_DEMO_SIGN_IN"].lower() in {"1", "true", "yes", "on"}
        people = json.loads(self._state.people.read_text()) if has_demo else []
        say(banner(self._address, people, processes, self._state, seconds=seconds))

    def _watch(self) -> NoReturn:
        watch = Watch(self._state, self._supervisor)
        while True:
            try:
                watch.look()
            except ManagerDied:
                if not self._supervisor.is_alive():
                    self._start_again()
            time.sleep(WATCH_SECONDS)

    def _start_again(self) -> None:
        """The process manager was killed, and its programs end with it: wait for that, then start all of them."""
        say("The process manager died; starting everything again")
        leftovers.clear(self._state)
        self._start_manager()
        self._start_database()
        self._start_product()
        say("Everything runs again")

    def _stop(self) -> None:
        began = time.monotonic()
        if not self._supervisor.stop(seconds=STOP_SECONDS):
            complain("The process manager did not end in time; ending what is left.")
        leftovers.clear(self._state)
        leftovers.remove_temporary_folders(self._state)
        say(f"Stopped after {time.monotonic() - began:.1f} s; all data is kept.")


def _stop_on_signals() -> None:
    def stop(number: int, frame: FrameType | None) -> NoReturn:
        _ignore_signals()
        raise Stopped

    for number in SIGNALS:
        signal.signal(number, stop)


def _ignore_signals() -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
