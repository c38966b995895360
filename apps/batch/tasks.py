"""Batches in the background. A task carries nothing: which line is next is decided in the database."""

from __future__ import annotations

import asyncio
import logging

from celery import shared_task
from django.db import DatabaseError

from apps.batch import claiming, files, preparing, running, steering
from apps.ledger import clock

logger = logging.getLogger(__name__)


class WorkInterrupted(Exception):
    """The database failed while batches were worked on; lines under way are given up when their leases end."""


@shared_task(name="batch.work")
def work() -> int:
    """
    Answer lines for a while, then queue itself again if there is more; return how many.

    Delivered twice it does nothing twice: each line is claimed once, and all workers together have few under way.

    :raises WorkInterrupted: instead of the database's own error, whose detail could quote a row.
    """
    try:
        count = asyncio.run(running.work())
        is_more = count > 0 and claiming.is_anything_due(clock.now())
    except DatabaseError as error:
        raise WorkInterrupted(type(error).__name__) from None
    if is_more:
        work.delay()
    return count


@shared_task(name="batch.go_on")
def go_on() -> None:
    """
    Give up the lines of dead workers, pause what may not run any more, and see to it that somebody works.

    One statement where no batch runs.
    """
    if not claiming.is_anything_under_way():
        return
    now = clock.now()
    claiming.give_up_lapsed(now=now)
    steering.pause_where_closed(now=now)
    if claiming.is_anything_due(now):
        work.delay()


@shared_task(name="batch.tidy")
def tidy() -> int:
    """
    Throw old drafts and files away, and erase the texts of batches that ended long ago; return how many.

    None while it is not certain what time it is (`clock.is_proven`).
    """
    now = clock.now()
    if not clock.is_proven(now):
        return 0
    return preparing.discard_old_drafts(now=now) + steering.erase_expired(now=now) + files.delete_old(now=now)
