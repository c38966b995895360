"""The process manager: supervisord, configured for one run and spoken to over a Unix socket."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

from supervisor.xmlrpc import SupervisorTransport

from portal.embedded.programs import ROOT, Program, tethered
from portal.embedded.state import State, write_private

START_SECONDS = 15.0
LOG_BYTES = "5MB"
LOG_BACKUPS = 2
GIVEN_UP = "FATAL"
RUNNING = "RUNNING"


class ManagerDied(RuntimeError):
    """The process manager is gone or does not answer."""


@dataclass(frozen=True, slots=True)
class Process:
    """What the process manager knows about one program."""

    name: str
    state: str
    pid: int
    seconds_up: int


class Supervisor:
    """Start, ask and stop supervisord."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, programs: Sequence[Program]) -> None:
        """
        Write the configuration, start supervisord tied to this process, and wait until it answers.

        :raises ManagerDied: if it does not within 15 seconds.
        """
        config = self._state.run / "supervisord.conf"
        write_private(config, configuration(self._state, programs))
        for program in programs:
            write_private(environment_file(self._state, program.name), json.dumps(dict(program.environment)))
        self._state.supervisor_socket.unlink(missing_ok=True)
        command = [sys.executable, "-m", "supervisor.supervisord", "--nodaemon", "--configuration", str(config)]
        log = (self._state.logs / "supervisord.err").open("wb")
        with log:
            self._process = subprocess.Popen(
                tethered(command), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd=ROOT
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise ManagerDied(f"The process manager did not start; see {log.name}.")
            time.sleep(0.05)

    def is_alive(self) -> bool:
        """Say whether the supervisord that this process started still runs."""
        return self._process is not None and self._process.poll() is None

    def own_pids(self) -> list[int]:
        """Return supervisord's own process id, or nothing where it does not run."""
        return [self._process.pid] if self._process else []

    def answers(self) -> bool:
        """Say whether supervisord answers on its socket."""
        try:
            with self._rpc() as rpc:
                rpc.getState()
        except ManagerDied:
            return False
        return True

    def start_program(self, name: str) -> None:
        """Begin to start a program; returns at once. One that runs already is left alone."""
        with self._rpc() as rpc, contextlib.suppress(Fault):
            rpc.startProcess(name, False)

    def processes(self) -> list[Process]:
        """List every program with its state."""
        with self._rpc() as rpc:
            found = rpc.getAllProcessInfo()
        return [
            Process(each["name"], each["statename"], each["pid"], each["now"] - each["start"] if each["pid"] else 0)
            for each in found
        ]

    def process(self, name: str) -> Process:
        """Return one program's state."""
        return next(each for each in self.processes() if each.name == name)

    def stop(self, *, seconds: float) -> bool:
        """Stop every program, the database last, and supervisord itself; return whether all ended in time."""
        if self._process is None:
            return True
        with contextlib.suppress(ManagerDied):
            self._begin_to_stop()
        self._process.terminate()
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _begin_to_stop(self) -> None:
        """Stop what uses the database at the same time; supervisord alone would stop one after the other."""
        names = [each.name for each in self.processes() if each.name != "database"]
        with self._rpc() as rpc:
            for name in names:
                with contextlib.suppress(Fault):
                    rpc.stopProcess(name, False)

    @contextlib.contextmanager
    def _rpc(self) -> Iterator[Any]:
        address = f"unix://{self._state.supervisor_socket}"
        try:
            with ServerProxy("http://127.0.0.1", transport=SupervisorTransport(None, None, address)) as proxy:
                yield proxy.supervisor
        except (TimeoutError, OSError, HTTPException) as error:
            raise ManagerDied("The process manager does not answer.") from error


def configuration(state: State, programs: Sequence[Program]) -> str:
    """Write supervisord's configuration. Secrets are not in it but in the programs' environment files."""
    logs = f"logfile_maxbytes={LOG_BYTES}\nlogfile_backups={LOG_BACKUPS}"
    user = "user=root\n" if os.geteuid() == 0 else ""
    head = f"""[unix_http_server]
file={_plain(str(state.supervisor_socket))}
chmod=0700
[supervisord]
{user}logfile={_plain(str(state.logs / "supervisord.log"))}
pidfile={_plain(str(state.run / "supervisord.pid"))}
{logs}
loglevel=warn
silent=true
umask=077
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""
    return head + "".join(_section(state, program, order) for order, program in enumerate(programs, start=1))


def _section(state: State, program: Program, order: int) -> str:
    options = ["--environment", str(environment_file(state, program.name))]
    if program.account:
        options += ["--account", program.account]
    # supervisord expands % once in every value, and twice in the name of a log file.
    command = shlex.join(tethered(program.command, *options, sign=program.stop_signal))
    return f"""[program:{program.name}]
command={_plain(command)}
directory={_plain(str(ROOT))}
priority={order}
autostart=false
autorestart=true
startsecs=2
startretries=5
stopsignal={program.stop_signal.name.removeprefix("SIG")}
stopwaitsecs={program.stop_seconds}
redirect_stderr=true
stdout_logfile={_plain(_plain(str(state.logs / program.name)))}.log
stdout_logfile_maxbytes={LOG_BYTES}
stdout_logfile_backups={LOG_BACKUPS}
"""


def environment_file(state: State, program: str) -> Path:
    """Name the private file with the environment of a program of the run in progress."""
    return state.run / f"{program}.environment.json"


def _plain(text: str) -> str:
    return text.replace("%", "%%")
