"""The moments at which a process can be ended, counted from inside it."""

from __future__ import annotations

import asyncio
import functools
import os
import signal
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import psycopg


class Countdown:
    """Ends the process at the moment asked for, counted from the first exchange on."""

    def __init__(self, number: int) -> None:
        self._left = number
        self._lock = threading.Lock()
        self.is_armed = False

    def tick(self) -> None:
        """Count one moment."""
        if not self.is_armed:
            return
        with self._lock:
            self._left -= 1
            if not self._left:
                os.kill(os.getpid(), signal.SIGKILL)


class Stepped(Coroutine[Any, Any, Any]):
    """A coroutine whose every step is counted before it is taken."""

    def __init__(self, inner: Coroutine[Any, Any, Any], tick: Callable[[], None]) -> None:
        self._inner, self._tick = inner, tick

    def send(self, value: Any) -> Any:
        """Count, then go on."""
        self._tick()
        return self._inner.send(value)

    def throw(self, *raised: Any) -> Any:
        """Count, then raise inside."""
        self._tick()
        return self._inner.throw(*raised)

    def close(self) -> None:
        """End the inner coroutine."""
        self._inner.close()

    def __await__(self) -> Any:
        return self


def count_steps(tick: Callable[[], None]) -> None:
    """Count before each step of every task of the running loop."""

    def stepped(loop: asyncio.AbstractEventLoop, coroutine: Any, **named: Any) -> asyncio.Task[Any]:
        return asyncio.Task(Stepped(coroutine, tick), loop=loop, **named)

    asyncio.get_running_loop().set_task_factory(stepped)


def count_statements(tick: Callable[[], None]) -> None:
    """
    Count before and after each statement, commit and rollback of every connection: with a cursor, without, or in line.
    """

    def counted(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def call(*arguments: Any, **named: Any) -> Any:
            tick()
            given = method(*arguments, **named)
            tick()
            return given

        return call

    from apps.ledger import direct, greenlets

    executing = (psycopg.Cursor, ("execute", "executemany")), (psycopg.Connection, ("commit", "rollback"))
    for owner, names in (*executing, (direct, ("rows",)), (greenlets, ("in_line",))):
        for name in names:
            setattr(owner, name, counted(getattr(owner, name)))
