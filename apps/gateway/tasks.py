"""Work in the background: money that a crash left held, prices whose moment has come, idle models."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.db import transaction

from apps.gateway import budgets, pricing, probing
from apps.ledger import clock
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action


@shared_task(name="gateway.sweep_reservations")
def sweep_reservations() -> int:
    """
    Give back reservations whose process is gone, each on the record; return how many.

    None while the database's clock was just set: then it cannot be told who is gone.
    """
    now = clock.now()
    unheard_for = timedelta(seconds=settings.RESERVATION_SECONDS)
    if not clock.is_steady() or not budgets.is_anything_leaked(unheard_for, now=now):
        return 0
    with transaction.atomic():
        released = budgets.sweep(unheard_for, now=now)
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
    """Delete sums of hours that no budget looks at any more; return how many. None by a clock that was just set."""
    now = clock.now()
    return budgets.forget_hours(now=now) if clock.is_proven(now) else 0


@shared_task(name="gateway.apply_prices")
def apply_prices() -> int:
    """Show planned prices whose moment has come in the models' rows; return how many."""
    return pricing.apply_due(now=clock.now())


@shared_task(name="gateway.probe_idle_models")
def probe_idle_models() -> int:
    """Ask the servers of idle models whether they are there; return how many models that was."""
    return probing.probe_idle(now=clock.now())
