"""
A web process that ends itself at a chosen moment: `python -m bench.crash.web`, told by lines of JSON on standard input.

It loads the product once and forks a fresh web process for each line, ``{"port": 8021, "kind": "sql", "number": 7}``:
that child serves as `portal.serve` does and kills itself (SIGKILL) at the seventh moment of its kind after an exchange
was asked for. Kinds are ``sql`` (before and after every statement and commit), ``await`` (before every step of every
task) and ``none``. Nothing of this is in the product.
"""

from __future__ import annotations

import asyncio
import functools
import itertools
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import psycopg

ASKING = ("/c/", "/v1/")


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


def main() -> None:
    """Load the product, then fork a web process for each line read, until the input ends."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    from portal import asgi

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("loaded", flush=True)
    for line in sys.stdin:
        wanted = json.loads(line)
        child = os.fork()
        if not child:
            os.setpgid(0, 0)  # its privacy engine ends with it
            os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _serve(asgi.application, **wanted)
            os._exit(0)
        print(child, flush=True)


def _serve(application: Any, *, port: int, kind: str, number: int) -> None:
    from django.conf import settings

    from portal import serve

    countdown = Countdown(number)
    if kind == "sql":
        _count_statements(countdown.tick)
    settings.BIND_PORT = port
    serve.uvicorn.run = functools.partial(
        _run, serve.uvicorn.run, _armed(application, countdown, counts_steps=kind == "await")
    )
    serve.main()


def _run(really_run: Callable[..., None], application: Any, _name: str, **options: Any) -> None:
    really_run(application, **options)


def _armed(application: Any, countdown: Countdown, *, counts_steps: bool) -> Any:
    """Wrap the application: the first request that asks for an exchange starts the count."""
    numbers = itertools.count()

    async def wrapped(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan" and counts_steps:
            _count_steps(countdown.tick)
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"].startswith(ASKING):
            countdown.is_armed = next(numbers) >= 0
        await application(scope, receive, send)

    return wrapped


def _count_steps(tick: Callable[[], None]) -> None:
    def stepped(loop: asyncio.AbstractEventLoop, coroutine: Any, **named: Any) -> asyncio.Task[Any]:
        return asyncio.Task(Stepped(coroutine, tick), loop=loop, **named)

    asyncio.get_running_loop().set_task_factory(stepped)


def _count_statements(tick: Callable[[], None]) -> None:
    """Count before and after each statement, commit and rollback of every connection."""

    def counted(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def call(*arguments: Any, **named: Any) -> Any:
            tick()
            given = method(*arguments, **named)
            tick()
            return given

        return call

    for owner, names in ((psycopg.Cursor, ("execute", "executemany")), (psycopg.Connection, ("commit", "rollback"))):
        for name in names:
            setattr(owner, name, counted(getattr(owner, name)))


if __name__ == "__main__":
    main()
