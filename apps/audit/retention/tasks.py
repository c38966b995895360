"""Purging, erasing and packaging in the background. Tasks carry ids; which step is next is decided in the database."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from uuid import UUID

from celery import shared_task
from django.db import DatabaseError

from apps.audit.retention import erasing, packaging, purging
from apps.audit.retention.models import PersonRequest
from apps.audit.retention.requests import WORK_ON
from apps.ledger import clock
from apps.privacy import certificates

SLICE_SECONDS = 20.0
REST = 2.0
"""After each step it rests twice as long as the step took: people who wait for an answer come first."""
logger = logging.getLogger(__name__)


class WorkInterrupted(Exception):
    """The database failed; the step that was under way has not happened, and the next run goes on."""


@shared_task(name="retention.purge")
def purge() -> int:
    """
    Purge what is past its time for a while, then queue itself again if there is more; return how many steps.

    None while it is not certain what time it is (`clock.is_proven`); the next run asks again.
    """
    if not clock.is_proven(clock.now()):
        logger.warning("Nothing is purged until the clock has gone steadily for some hours.")
        return 0
    found = purging.begin_if_due(now=clock.now())
    if found is None:
        return 0
    count, is_more = _steps(lambda: _still_proven() and purging.step(found.pk, now=clock.now()))
    if is_more:
        purge.delay()
    return count


@shared_task(name=WORK_ON)
def work_on(request_id: str) -> int:
    """Work on one request of a person: erase for a while, or make the package."""
    key = UUID(request_id)
    if PersonRequest.objects.filter(pk=key, kind=PersonRequest.Kind.ACCESS).exists():
        return int(packaging.make(key, now=clock.now()))
    count, is_more = _steps(lambda: erasing.step(key, now=clock.now()))
    if is_more:
        work_on.delay(request_id)
    return count


@shared_task(name="retention.go_on")
def go_on() -> None:
    """Go on with requests that were left, discard packages whose time is over, copy certificates that have no copy."""
    now = clock.now()
    packaging.give_up_lapsed(now=now)
    if clock.is_proven(now):
        packaging.discard_expired(now=now)
    certificates.keep_missing_copies(now=now)
    waiting = [PersonRequest.State.QUEUED, PersonRequest.State.RUNNING, PersonRequest.State.HELD]
    for request_id in PersonRequest.objects.filter(state__in=waiting, claim=None).values_list("pk", flat=True):
        work_on.delay(str(request_id))


def _still_proven() -> bool:
    clock.keep()
    return clock.is_proven(clock.now())


def _steps(step: Callable[[], bool]) -> tuple[int, bool]:
    """Do steps for a while, resting between them; say how many and whether there is more."""
    until, count = time.monotonic() + SLICE_SECONDS, 0
    while time.monotonic() < until:
        began = time.monotonic()
        try:
            if not step():
                return count, False
        except DatabaseError as error:
            raise WorkInterrupted(type(error).__name__) from None
        count += 1
        time.sleep(REST * (time.monotonic() - began))
    return count, True
