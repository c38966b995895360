"""
A call lives as long as somebody is there to answer it: each process says which calls are in its hands.

A call is in hand while its `Admission` exists. Whatever ends an exchange (an end, a crash, a fault that loses it) ends
that; then the sweepers conclude its record and give back or book its money within a minute.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID
from weakref import WeakValueDictionary

from apps.gateway import budgets
from apps.ledger import open_exchanges

if TYPE_CHECKING:
    from apps.gateway.admission import Admission

LEASE = timedelta(seconds=35)
RENEW_EVERY = timedelta(seconds=10)

_in_hand: WeakValueDictionary[UUID, Admission] = WeakValueDictionary()
_renewed_at: list[datetime] = []


def take(admission: Admission) -> None:
    """Note that this process answers the call."""
    _in_hand[admission.reservation_id] = admission


def renew(*, now: datetime) -> None:
    """
    Say of every call in hand that it lives. Two statements each ten seconds, none where nothing is in hand.

    Whoever answers calls runs this every few seconds: the web process does, and so must any other.
    """
    if _renewed_at and timedelta(0) <= now - _renewed_at[0] < RENEW_EVERY:
        return
    if ids := list(_in_hand):
        budgets.keep_held(ids, now=now)
        open_exchanges.keep_open(ids, until=now + LEASE)
    _renewed_at[:] = [now]
