"""
One Celery worker with its scheduler, and what feeds the review queues, in one process, for the embedded shape.

Threads instead of child processes: the libraries are loaded once, and a killed worker leaves no orphan scheduler.
"""

from __future__ import annotations

import argparse
import os
import threading
import warnings
from pathlib import Path
from typing import Any

import django
from celery import bootsteps, signals
from celery.beat import EmbeddedService
from celery.exceptions import SecurityWarning
from django.db import connections

from portal.celery import app
from portal.embedded.broker import show_unfinished
from portal.embedded.looks import Timetable

THREADS = 3
QUEUES = "celery,batches"


class Scheduler(bootsteps.StartStopStep):
    """Run Celery beat as a thread of the worker."""

    requires = ("celery.worker.components:Pool",)
    schedule_file = ""

    def create(self, worker: Any) -> Any:
        return EmbeddedService(app, thread=True, scheduler_cls=Timetable, schedule_filename=self.schedule_file)


class QueueFeeder(bootsteps.StartStopStep):
    """Feed the review queues in a thread of the worker; elsewhere `manage.py review follow` does it."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        self.told_to_stop = threading.Event()

    def start(self, worker: Any) -> None:
        from apps.audit.review.following import follow

        threading.Thread(target=follow, args=(self.told_to_stop,), name="review-feeder", daemon=True).start()

    def stop(self, worker: Any) -> None:
        self.told_to_stop.set()


def give_up_lines() -> int:
    """Give up the lines of batches that the worker before this one held, instead of when their leases end."""
    django.setup()
    from apps.batch import claiming
    from apps.ledger import clock

    try:
        return claiming.give_up_all(now=clock.read())
    finally:
        connections.close_all()


def main() -> None:
    """Run the worker until told to stop; when it takes tasks it writes its process id into the file given."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--ready-file", type=Path, required=True)
    parser.add_argument("--schedule-file", required=True)
    wanted = parser.parse_args()
    ready: Path = wanted.ready_file
    Scheduler.schedule_file = wanted.schedule_file

    @signals.worker_ready.connect(weak=False)
    def say_ready(**kwargs: Any) -> None:
        ready.write_text(str(os.getpid()))

    if count := show_unfinished(app.conf.broker_url):
        print(f"{count} tasks that an earlier worker did not finish are done again", flush=True)
    if count := give_up_lines():
        print(f"{count} lines of batches that an earlier worker held wait again, or are closed as unknown", flush=True)
    # Celery warns about root because of pickle; here tasks are JSON.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    app.steps["worker"].add(Scheduler)
    app.steps["worker"].add(QueueFeeder)
    where = ["--pool=threads", f"--concurrency={THREADS}", f"--queues={QUEUES}"]
    app.worker_main(["worker", *where, "--loglevel=INFO", "--without-gossip"])


if __name__ == "__main__":
    main()
