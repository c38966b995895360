"""Reports in the background. Tasks carry ids, never text."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from apps.audit.reports import reporting
from apps.ledger import clock


@shared_task(name="reports.build")
def build(report_id: str) -> None:
    """Build one report."""
    reporting.work(UUID(report_id))


@shared_task(name="reports.go_on")
def go_on() -> None:
    """Ask for the report of the month that is over, and queue again what waits although its task was lost."""
    now = clock.now()
    reporting.ask_for_last_month(now=now)
    for report_id in reporting.due(now):
        build.delay(str(report_id))
