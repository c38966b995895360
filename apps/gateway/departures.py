"""
Count what really goes out: a note for each request that is handed to the network, written down twice a second.

The count is made where bytes leave, by the two clients' own hooks, and knows nothing of the intents: a call that nobody
recorded is counted like any other. `ledger reconcile` compares the two.
"""

from __future__ import annotations

import atexit
import logging
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final
from uuid import UUID

from django.db import connections
from django.utils import timezone

from apps.ledger import departures
from apps.ledger.facts import Sent

OPENAI, LITELLM = "OPENAI", "LITELLM"
SECONDS_BETWEEN_WRITES: Final = 0.5
SECONDS_AFTER_TROUBLE: Final = 2.0
MOST_AT_ONCE: Final = 1_000

logger = logging.getLogger(__name__)
_call: ContextVar[UUID | None] = ContextVar("call", default=None)
_unwritten: deque[Sent] = deque()
_writing = threading.Lock()
_news = threading.Event()
_starting = threading.Lock()
_writer: threading.Thread | None = None


@contextmanager
def of_call(call_id: UUID | None) -> Iterator[None]:
    """Say for which call the requests inside are sent."""
    before = _call.set(call_id)
    try:
        yield
    finally:
        _call.reset(before)


def note(way: str) -> None:
    """Count a request that is on its way now. Never waits; the database may be away."""
    _unwritten.append(Sent(_call.get(), way, timezone.now()))
    _start_writer()
    _news.set()


def write_down() -> int:
    """
    Write what was counted since the last time; return how many. One statement for a thousand.

    What the database does not take stays counted for the next time.
    """
    written = 0
    with _writing:
        while sent := [_unwritten[place] for place in range(min(len(_unwritten), MOST_AT_ONCE))]:
            departures.keep(sent)
            for _ in sent:
                _unwritten.popleft()
            written += len(sent)
    return written


def _start_writer() -> None:
    global _writer
    if _writer is not None:
        return
    with _starting:
        if _writer is None:
            _writer = threading.Thread(target=_write_on, name="gateway-departures", daemon=True)
            _writer.start()
            atexit.register(_written_down)


def _write_on() -> None:
    pause = threading.Event()
    while True:
        _news.wait()
        _news.clear()
        pause.wait(SECONDS_BETWEEN_WRITES)
        if not _written_down():
            _news.set()
            pause.wait(SECONDS_AFTER_TROUBLE)


def _written_down() -> bool:
    """Write, and say whether that worked."""
    try:
        write_down()
    except Exception as error:  # noqa: BLE001 - whatever it is, the thread goes on counting and tries again
        logger.warning("%d calls that went out wait to be counted: %s", len(_unwritten), type(error).__name__)
        return False
    finally:
        connections.close_all()
    return True
