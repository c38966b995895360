"""Who looked at schedules, holds and requests is on the record too."""

from __future__ import annotations

from datetime import datetime

from apps.accounts.actors import who
from apps.accounts.models import User
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action


def looked_at(page: str, *, by: User, now: datetime) -> None:
    """
    Record a look at a page of this room.

    :raises apps.ledger.records.LedgerUnavailable: if it cannot be recorded; then nothing may be shown.
    """
    record_event(Action.AUDIT_RETENTION_OPENED, who=who(by), details={"page": page}, now=now)
