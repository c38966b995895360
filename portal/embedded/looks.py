"""
The worker's timetable in the embedded shape: what only looks whether there is work is done here, not queued.

Some thirty of the forty tasks of a minute ask a question or two and find nothing. By way of the broker each is a row
that is written, found, hidden and deleted, which cost more than the question. What finds work queues it, as before.
"""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from celery.beat import PersistentScheduler
from django.db import connections

from portal.celery import read_the_clock

logger = logging.getLogger(__name__)

LOOKS: Final = frozenset(
    {
        "batch.go_on",
        "cases.go_on",
        "gateway.apply_prices",
        "gateway.sweep_reservations",
        "ledger.watch",
        "overview.count",
        "rag.resume",
        "retention.go_on",
        "stream.wake",
    }
)
"""Tasks that take no values, end within seconds, and do no harm where two of them meet."""

LONGEST_REST_SECONDS: Final = 5
"""So late at most is noticed that the host's clock was set."""

SHORTEST_REST_SECONDS: Final = 0.02
"""
Celery takes what is due out ten milliseconds too early, finds that it is not due yet, and so on until it is: some forty
rounds, which were more than half of what the worker spent at rest.
"""

SECONDS_KEPT: Final = 60.0
"""So long the thread that looks keeps its connection: opening and asking it cost more than most of the looks."""


class Timetable(PersistentScheduler):
    """Celery's own, but for the looks: they are done one after the other in a thread of this process."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self._looking = ThreadPoolExecutor(1, thread_name_prefix="looks")
        self._due: set[str] = set()
        self._lock = threading.Lock()
        self._rests_until = 0.0
        self._kept_until = 0.0
        super().__init__(*arguments, **named)

    def tick(self, *arguments: Any, **named: Any) -> float:
        """
        Do what is due; say after how many seconds to come again.

        Embedded in a worker, Celery comes every second so that it can be stopped, and would go through all of it.
        """
        left = self._rests_until - time.monotonic()
        if left <= 0:
            often, self.max_interval = self.max_interval, LONGEST_REST_SECONDS
            try:
                left = max(SHORTEST_REST_SECONDS, float(super().tick(*arguments, **named)))
            finally:
                self.max_interval = often
            self._rests_until = time.monotonic() + left
        return min(left, float(self.max_interval or LONGEST_REST_SECONDS))

    def schedules_equal(self, old_schedules: Any, new_schedules: Any) -> bool:
        """Say whether the timetable is the one of the last time: nobody changes it, and each step compared it all."""
        return old_schedules is not None

    def apply_async(self, entry: Any, producer: Any = None, advance: bool = True, **named: Any) -> Any:
        """Queue a task that is due, or have a look soon; one that has not yet come to its turn is not due twice."""
        if entry.task not in LOOKS:
            return super().apply_async(entry, producer=producer, advance=advance, **named)
        if advance:
            self.reserve(entry)
        with self._lock:
            is_new = entry.task not in self._due
            self._due.add(entry.task)
        if is_new:
            self._looking.submit(self._look, entry.task)
        return None

    def _look(self, name: str) -> None:
        """
        Do a task here. That it failed is in the log, as with every task; its next time comes soon.

        Not by way of Celery, whose own work and line in the log would cost more than most looks.
        """
        with self._lock:
            self._due.discard(name)
        has_failed = False
        try:
            read_the_clock()
            self.app.tasks[name].run()
        except Exception as error:  # noqa: BLE001 - whatever it is, the next look must come; its text may quote a row
            logger.error("Task %s failed: %s", name, type(error).__name__)  # noqa: TRY400
            has_failed = True
        if has_failed or time.monotonic() >= self._kept_until:
            connections.close_all()
            self._kept_until = time.monotonic() + SECONDS_KEPT
