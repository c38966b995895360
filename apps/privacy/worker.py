"""
What runs inside the engine's own process. Free of Django: it needs no settings and no database.

The engine is imported inside the functions on purpose: the web process imports this module to name the functions, and
must not load the language model itself.
"""

from __future__ import annotations

import logging
import os
import re
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from apps.privacy import name_model
from apps.privacy.dictionary_file import NONE, Handover
from apps.privacy.findings import Finding

PARENT_WATCH_SECONDS = 1.0
ROOM_TO_WORK = 512 * 1024 * 1024
"""Bytes that the loaded engine may take in addition; a piece of text needs a tenth of it."""
WARM_UP = """Warm up: Grace Hopper, grace@example.com, +1 212 555 0123. Ohm's law, an Audi and Zoë Müller.
Address: 12 Elm Street, Fairview 02139, IBAN DE89 3704 0044 0532 0130 00, card 4111 1111 1111 1111, 10.1.2.3
password = "hunter2!x" api_key=Zx81_kq93mfT2vLw0PyB7sQd https://ana:pw55@db.example/x?token=9f8e7d6c5b4a3210
SELECT name FROM users; customer no. KD-204981, born 12 March 1984, Dear Mrs Okafor, J. Quist; tell crissy and Bob Kaya.
"""
"""A text that makes the engine read every list it has and try most of its rules, so that no message pays for that."""


def load(choice: str = name_model.OWN) -> None:
    """Load the engine when the process starts, so that no message waits for it. Its sums use one thread."""
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    name_model.choose(choice)
    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    _die_with_parent()
    find(WARM_UP)
    _bound_memory()


def serve(connection: Connection, start: Callable[..., None], arguments: tuple[str, ...]) -> None:
    """Start the engine, say that it is ready, then answer question after question until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    start(*arguments)
    connection.send(None)
    with suppress(EOFError, OSError):
        while True:
            function, values = connection.recv()
            connection.send(_answer(function, values))


def _answer(function: Callable[..., object], values: tuple[object, ...]) -> tuple[bool, object]:
    """Call a function; of what it raises only the type's name leaves this process, since texts may quote a text."""
    try:
        return True, function(*values)
    except Exception as error:  # noqa: BLE001 - any library may fail here, and the next text finds another engine
        return False, type(error).__name__


def find(text: str, handover: Handover = NONE) -> tuple[Finding, ...]:
    """
    Find in `text` what must be masked, with the company's dictionary that was handed over.

    :raises DictionaryUnreadable: if that dictionary is not where it was left, or not the same.
    """
    from apps.privacy import analyzer, dictionary_file

    return analyzer.find(text, dictionary_file.loaded(handover))


def _die_with_parent() -> None:
    """
    End this process when its parent is gone, so that no engine is left behind.

    (The kernel's own signal for this fires when the parent's *thread* ends, which is not the same.)
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(PARENT_WATCH_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def _bound_memory() -> None:
    """
    Let this process take `ROOM_TO_WORK` more than it has now: a hostile text ends its own analysis, not the machine.

    Counted is what the process can write to (RLIMIT_DATA), which Linux alone enforces for all of it.
    """
    if sys.platform != "linux":
        return
    taken = re.search(r"^VmData:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    if taken:
        limit = int(taken[1]) * 1024 + ROOM_TO_WORK
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
