"""Work in the background: money that a crash left held, prices whose moment has come, idle models."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.gateway import budgets, pricing, probing
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


@shared_task(name="gateway.apply_prices")
def apply_prices() -> int:
    """Show planned prices whose moment has come in the models' rows; return how many."""
    return pricing.apply_due(now=timezone.now())


@shared_task(name="gateway.probe_idle_models")
def probe_idle_models() -> int:
    """Ask the servers of idle models whether they are there; return how many models that was."""
    return probing.probe_idle(now=timezone.now())
