"""Streaming in the background."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from apps.audit.stream import delivering
from apps.audit.stream.models import Sink
from apps.ledger import clock


@shared_task(name="stream.wake")
def wake() -> None:
    """Queue a delivery for each sink that lacks records and does not rest. Three statements; one where none is on."""
    if not delivering.is_anybody_sent_to():
        return
    size = delivering.size_now()
    for sink_id in Sink.objects.due(clock.now()).filter(cursor__lt=size).values_list("pk", flat=True):
        deliver.apply_async((str(sink_id),), expires=30)


@shared_task(name="stream.deliver")
def deliver(sink_id: str) -> None:
    """Bring one sink what it lacks; takes 35 seconds at most, whatever the receiver does."""
    delivering.deliver(UUID(sink_id), clock=clock.now)
