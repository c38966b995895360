"""Keeping the sums of the day up to date."""

from __future__ import annotations

import time

from celery import shared_task

from apps.audit.overview import counting

SECONDS_AT_MOST = 8


@shared_task(name="overview.count")
def count() -> None:
    """Count what the ledger's tree has gained, for eight seconds at most; the next run goes on from there."""
    until = time.monotonic() + SECONDS_AT_MOST
    while counting.has_news() and counting.go_on() and time.monotonic() < until:
        pass
