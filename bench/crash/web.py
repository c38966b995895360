"""
A web process that ends itself at a chosen moment: `python -m bench.crash.web`, told by lines of JSON on standard input.

It loads the product once, its privacy engine too, and forks a fresh process for each line, ``{"port": 8021, "kind":
"sql", "number": 7}``: that child serves as `portal.serve` does and kills itself (SIGKILL) at the seventh moment of its
kind after an exchange was asked for. Kinds are ``sql`` (before and after every statement and commit), ``await`` (before
every step of every task) and ``none``. A line with a ``batch`` forks a worker instead, which uploads that question as a
batch of one line and answers it. Nothing of this is in the product.
"""

from __future__ import annotations

import functools
import itertools
import json
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from bench.crash import worker
from bench.crash.moments import Countdown, count_statements, count_steps

ASKING = ("/c/", "/v1/")


def main() -> None:
    """Load the product, then fork a web process for each line read, until the input ends."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    from portal import asgi

    _load_the_engine_once()
    _load_the_pages_once()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("loaded", flush=True)
    for line in sys.stdin:
        wanted = json.loads(line)
        child = os.fork()
        if not child:
            os.setpgid(0, 0)  # its privacy engine ends with it
            os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            question = wanted.pop("batch", "")
            if question:
                worker.answer(question, **wanted)
            else:
                _serve(asgi.application, **wanted)
            os._exit(0)
        print(child, flush=True)


def _load_the_engine_once() -> None:
    """
    Load the engine here and let each child's own engine process be forked from it: that saves it two seconds.

    Its version is told here too: it reads 200 files, and those reads are no moments of an exchange.
    """
    from apps.privacy import processes, version
    from apps.privacy import worker as engine_worker

    version.current()
    engine_worker.find(engine_worker.WARM_UP)
    forked = multiprocessing.get_context("fork")
    processes.multiprocessing.get_context = lambda _: forked  # type: ignore[attr-defined]


def _load_the_pages_once() -> None:
    """Import every view and compile the templates of a conversation: the first request of each child would do both."""
    from django.template.loader import get_template
    from django.urls import get_resolver

    assert get_resolver().reverse_dict
    get_template("chat/conversation.html")


def _serve(application: Any, *, port: int, kind: str, number: int) -> None:
    from django.conf import settings

    from portal import serve

    countdown = Countdown(number)
    if kind == "sql":
        count_statements(countdown.tick)
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
            count_steps(countdown.tick)
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"].startswith(ASKING):
            countdown.is_armed = next(numbers) >= 0
        await application(scope, receive, send)

    return wrapped


if __name__ == "__main__":
    main()
