"""Exchanges that have no outcome yet: whoever answers one keeps it open, the sweeper closes what nobody keeps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from apps.ledger import clock
from apps.ledger.facts import OpenExchange
from apps.ledger.models import OpenIntent

SWEEP_AT_MOST = 1_000


def keep_open(reservation_ids: Sequence[UUID], *, until: datetime) -> None:
    """Say of the exchanges that this money is held for that they are still being answered. One statement."""
    OpenIntent.objects.filter(reservation_id__in=reservation_ids).update(lease_until=until)


def open_intents(older_than: datetime, *, now: datetime) -> list[OpenExchange]:
    """
    List exchanges that nobody answers any more and that have no outcome yet, oldest first, 1,000 at most. One query.

    They began before `older_than`, or have a lease that ended before `now`.
    """
    given_up = (
        Q(lease_until=None, started_at__lt=older_than)
        | Q(lease_until__lt=now)
        | Q(lease_until__gt=now + clock.FUTURE)  # it was given before the clock was set back, and never renewed
    )
    rows = (
        OpenIntent.objects.filter(given_up, intent__outcome__isnull=True)
        .order_by("started_at")
        .values_list("intent_id", "intent__turn_id", "reservation_id")[:SWEEP_AT_MOST]
    )
    return [OpenExchange(*row) for row in rows]
