"""
Lines of the log, a quarter of a second's together: the web process writes one for each exchange.

Each write wakes whoever reads the pipe, which costs more than the line. What warns is written at once, after what waits
before it. A thread of its own writes the rest, so lines come out of a process whose event loop is stuck as well.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final, TextIO

SECONDS: Final = 0.25
MOST: Final = 500
"""So many lines wait at most; one more and they are written at once."""


class GatheringHandler(logging.StreamHandler[TextIO]):
    """A handler that writes each line at once until it is told to gather, and again once it is told to stop."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """Write to this stream, else to the error output."""
        super().__init__(stream)
        self._waiting: list[str] = []
        self._last_place = ""  # not the record itself: that has the request and whatever else was given along
        self._news: threading.Event | None = None

    def gather(self) -> None:
        """Begin to gather. The thread that writes ends with the process, which has to call `stop` before."""
        with self._held():
            if self._news is None:
                self._news = threading.Event()
                threading.Thread(
                    target=self._write_now_and_then, args=(self._news,), name="log-lines", daemon=True
                ).start()

    def stop(self) -> None:
        """Write what waits, and from now on each line at once."""
        with self._held():
            self._write_waiting()
            news, self._news = self._news, None
        if news is not None:
            news.set()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line for later, or write it after what waits. The caller holds the handler's lock."""
        if self._news is None or record.levelno >= logging.WARNING or len(self._waiting) >= MOST:
            self._write_waiting()
            super().emit(record)
            return
        try:
            line = self.format(record)
        except Exception:  # noqa: BLE001 - as `logging` does: what cannot be written is told, and never stops the work
            self.handleError(record)
            return
        self._waiting.append(line + self.terminator)
        self._last_place = _place_of(record)
        if len(self._waiting) == 1:
            self._news.set()

    def flush(self) -> None:
        """Write what waits."""
        with self._held():
            self._write_waiting()
            super().flush()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - `logging` calls it so
        """Say where a line was to be written that could not be; `logging` itself would quote what it was made of."""
        _tell_unwritten(_place_of(record))

    @contextmanager
    def _held(self) -> Iterator[None]:
        self.acquire()
        try:
            yield
        finally:
            self.release()

    def _write_waiting(self) -> None:
        if not self._waiting:
            return
        lines, self._waiting = "".join(self._waiting), []
        try:
            self.stream.write(lines)
            self.stream.flush()
        except Exception:  # noqa: BLE001 - as `logging` does
            _tell_unwritten(self._last_place)

    def _write_now_and_then(self, news: threading.Event) -> None:
        while self._news is news:
            news.wait()
            news.clear()
            time.sleep(SECONDS)
            with self._held():
                self._write_waiting()


def _place_of(record: logging.LogRecord) -> str:
    return f"{record.module}:{record.lineno}"


def _tell_unwritten(place: str) -> None:
    kind = sys.exc_info()[0]
    with suppress(OSError, ValueError):  # where nobody listens any more there is nobody to tell
        sys.stderr.write(f"A line of the log could not be written: {kind.__name__ if kind else 'unknown'} at {place}\n")


def gather() -> None:
    """Let this process gather its lines. `hand_on_at_once` has to follow before the process ends."""
    for handler in _handlers():
        handler.gather()


def hand_on_at_once() -> None:
    """Write what waits, and each line at once from now on: a server that was told to end may end without more ado."""
    for handler in _handlers():
        handler.stop()


def _handlers() -> Iterator[GatheringHandler]:
    return (handler for handler in logging.getLogger().handlers if isinstance(handler, GatheringHandler))
