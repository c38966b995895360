"""Find free ports, and say who holds a taken one."""

from __future__ import annotations

import contextlib
import socket

import psutil


class PortTaken(RuntimeError):
    """The port that people would type is held by another program."""


def free_port() -> int:
    """Return a port of the loopback address that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def require_free(port: int) -> None:
    """
    Make sure that the port can be listened on.

    :raises PortTaken: naming who holds it, where the system tells, and what to do.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortTaken(
                f"Port {port} is taken by {_holder(port)}.\n"
                f"Stop it, or choose another port, for example: make run PORT={_suggestion(port)}"
            ) from error


def _suggestion(port: int) -> int:
    for candidate in range(port + 1, port + 50):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", candidate))
            return candidate
    return free_port()


def _holder(port: int) -> str:
    with contextlib.suppress(psutil.Error):
        for connection in psutil.net_connections(kind="tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:2] == (port,) and connection.pid:
                command = " ".join(psutil.Process(connection.pid).cmdline())[:80]
                return f"process {connection.pid} ({command})"
    return "another program, or may not be used by this account"
