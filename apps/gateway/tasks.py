"""Work in the background: money that a crash left held."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.gateway import budgets
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action


@shared_task(name="gateway.sweep_reservations")
def sweep_reservations() -> int:
    """Give back reservations whose process is gone, each on the record; return how many."""
    now = timezone.now()
    with transaction.atomic():
        released = budgets.sweep(timedelta(seconds=settings.RESERVATION_SECONDS), now=now)
        for reservation_id in released:
            record_event(
                Action.RESERVATION_RELEASED,
                who=None,
                subject_kind="reservation",
                subject_id=str(reservation_id),
                now=now,
            )
    return len(released)


@shared_task(name="gateway.forget_hours")
def forget_hours() -> int:
    """Delete sums of hours that no budget looks at any more; return how many."""
    return budgets.forget_hours(now=timezone.now())
