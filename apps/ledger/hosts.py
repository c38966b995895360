"""
Hosts whose clock is off: a process that notices says so on the record, and the sequencer's watch raises the alarm.

What such a host writes says when it happened by the wrong clock; `recorded_at`, the database's, stands beside it.
"""

from __future__ import annotations

import platform
import time
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings

from apps.ledger import clock
from apps.ledger.clocks import Ahead
from apps.ledger.facts import Json
from apps.ledger.records import record_event
from apps.ledger.stored import Cursor
from apps.ledger.vocabulary import Action

SAID_AGAIN_SECONDS: Final = 600.0
BELIEVED_FOR: Final = timedelta(minutes=11)
"""What a process said is held to be so until it should have said it again."""


class _Said:
    """When this process said it last, by its monotonic clock."""

    at: float | None = None


def is_news() -> bool:
    """Say whether this host's clock is off by more than the bound, and this process has not said so for ten minutes."""
    ahead = clock.ahead()
    if ahead is None or not ahead.is_off_by(settings.CLOCK_BOUND_SECONDS):
        _Said.at = None
        return False
    return _Said.at is None or time.monotonic() - _Said.at >= SAID_AGAIN_SECONDS


def tell(*, now: datetime) -> None:
    """
    Record how far off this host's clock is, by this process's last reading of the database's. Call it on `is_news`.

    :raises LedgerUnavailable: if it cannot be recorded; it stays news then.
    """
    ahead = clock.ahead() or Ahead(0, 0)
    details: dict[str, Json] = {
        "database_ahead_ms": round(ahead.seconds * 1000), "within_ms": round(ahead.within * 1000),
    }  # fmt: skip
    host = platform.node()
    record_event(Action.PORTAL_CLOCK_OFF, who=None, subject_kind="host", subject_label=host, details=details, now=now)
    _Said.at = time.monotonic()


def off(cursor: Cursor) -> list[str]:
    """Say in sentences which hosts' clocks were off within the last eleven minutes. One statement, by an index."""
    cursor.execute(
        "SELECT DISTINCT ON (subject_label) subject_label, (details ->> 'database_ahead_ms')::float8"
        " FROM ledger_event WHERE action = %s AND recorded_at > clock_timestamp() - %s"
        " ORDER BY subject_label, recorded_at DESC",
        [Action.PORTAL_CLOCK_OFF, BELIEVED_FOR],
    )
    return [_sentence(host, milliseconds / 1000) for host, milliseconds in cursor.fetchall()]


def _sentence(host: str, database_ahead: float) -> str:
    direction = "behind" if database_ahead > 0 else "ahead of"
    return f"The clock of the portal's host {host} is {abs(database_ahead):,.1f} s {direction} the database's."
