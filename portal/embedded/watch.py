"""Watch over the programs: say what died and came back, and never give one up for good."""

from __future__ import annotations

import time

from portal.embedded import leftovers
from portal.embedded.console import say
from portal.embedded.state import State
from portal.embedded.supervision import GIVEN_UP, RUNNING, Process, Supervisor

RETRY_SECONDS = 10.0


class Watch:
    """What was seen at the last look, so that only changes are said."""

    def __init__(self, state: State, supervisor: Supervisor) -> None:
        self._state = state
        self._supervisor = supervisor
        self._pids: dict[str, int] = {}
        self._given_up: dict[str, float] = {}

    def look(self) -> None:
        """
        Look at every program once; start again what the process manager gave up, 10 seconds after it did.

        :raises ManagerDied: if the process manager does not answer.
        """
        processes = self._supervisor.processes()
        running = {each.name: each.pid for each in processes if each.state == RUNNING}
        for name, pid in running.items():
            before = self._pids.get(name)
            if before and before != pid:
                say(f"{_clock()} {name} had stopped; it runs again as process {pid} (log: {self._log(name)})")
                self._given_up.pop(name, None)
        for each in processes:
            if each.state == GIVEN_UP:
                self._retry(each)
        if running != {name: self._pids.get(name) for name in running}:
            self._pids |= running
            leftovers.remember(self._state, [*self._supervisor.own_pids(), *running.values()])

    def _retry(self, process: Process) -> None:
        given_up = self._given_up.setdefault(process.name, time.monotonic())
        if time.monotonic() - given_up < RETRY_SECONDS:
            return
        say(f"{_clock()} {process.name} keeps failing; trying again (log: {self._log(process.name)})")
        self._given_up[process.name] = time.monotonic()
        self._supervisor.start_program(process.name)

    def _log(self, name: str) -> str:
        return str(self._state.logs / f"{name}.log")


def _clock() -> str:
    return time.strftime("%H:%M:%S")
