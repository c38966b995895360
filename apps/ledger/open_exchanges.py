"""Exchanges that have no outcome yet: whoever answers one keeps it open, the sweeper closes what nobody keeps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import F, Q, QuerySet

from apps.ledger import clock
from apps.ledger.compiled import Compiled, a_moment
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
    rows: list[Any] = _GIVEN_UP.rows(older_than=older_than, now=now, set_back=now + clock.FUTURE)
    return [OpenExchange(row.intent_id, row.turn_id, row.reservation_id) for row in rows]


def _given_up() -> QuerySet[OpenIntent]:
    given_up = (
        Q(lease_until=None, started_at__lt=a_moment("older_than"))
        | Q(lease_until__lt=a_moment("now"))
        | Q(lease_until__gt=a_moment("set_back"))  # it was given before the clock was set back, and never renewed
    )
    found = OpenIntent.objects.filter(given_up, intent__outcome__isnull=True)
    return found.annotate(turn_id=F("intent__turn_id")).order_by("started_at")[:SWEEP_AT_MOST]


_GIVEN_UP: Final = Compiled(_given_up)
