"""Exports and snapshots in the background. Tasks carry ids, never text."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from django.db import DatabaseError

from apps.audit.cases import exporting, snapshots
from apps.audit.cases.models import Export, Snapshot
from apps.ledger import clock

AT_ONCE = 20


class WorkInterrupted(Exception):
    """The database failed while something was built; it is begun anew when its claim has run out."""


@shared_task(name="cases.export")
def build_export(export_id: str) -> None:
    """
    Build one export.

    :raises WorkInterrupted: instead of the database's own error, whose detail could quote a row.
    """
    try:
        exporting.work(UUID(export_id))
    except DatabaseError as error:
        raise WorkInterrupted(f"Export {export_id}: {type(error).__name__}") from None


@shared_task(name="cases.snapshot")
def add_search(snapshot_id: str) -> None:
    """
    Add the exchanges of one search to its case.

    :raises WorkInterrupted: instead of the database's own error, whose detail could quote a row.
    """
    try:
        snapshots.work(UUID(snapshot_id))
    except DatabaseError as error:
        raise WorkInterrupted(f"Snapshot {snapshot_id}: {type(error).__name__}") from None


@shared_task(name="cases.go_on")
def go_on() -> None:
    """Queue again what waits although its task was lost, or whose worker died."""
    now = clock.now()
    for export_id in Export.objects.due(now).order_by("asked_at").values_list("pk", flat=True)[:AT_ONCE]:
        build_export.delay(str(export_id))
    for snapshot_id in Snapshot.objects.due(now).order_by("asked_at").values_list("pk", flat=True)[:AT_ONCE]:
        add_search.delay(str(snapshot_id))


@shared_task(name="cases.tidy")
def tidy() -> int:
    """Delete exports whose days are over; return how many. None while it is not certain what time it is."""
    now = clock.now()
    return exporting.delete_expired(now=now) if clock.is_proven(now) else 0
