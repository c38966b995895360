"""The reader of records is on the record: every search, page and opened exchange becomes one event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.accounts.actors import who
from apps.accounts.models import User
from apps.audit.paging import Cursor
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

EXCHANGE = "exchange"


def looked_through(
    officer: User,
    *,
    action: Action,
    filters: dict[str, Any],
    cursor: Cursor | None,
    shown: Sequence[UUID],
    now: datetime,
) -> None:
    """
    Record a look at a list: what was asked, the place in the list, and what was shown.

    :raises apps.ledger.records.LedgerUnavailable: if it cannot be recorded; then nothing may be shown.
    """
    details: dict[str, Any] = {"filters": filters, "shown": len(shown)}
    if cursor is not None:
        details["place"] = f"{cursor.direction} than {cursor.at.isoformat()}"
    if shown:
        details |= {"newest": str(shown[0]), "oldest": str(shown[-1])}
    record_event(action, who=who(officer), details=details, now=now)


def stopped(officer: User, *, action: Action, filters: dict[str, Any], now: datetime) -> None:
    """Record a search that was stopped before it showed anything: its terms are on the record all the same."""
    details: dict[str, Any] = {"filters": filters, "shown": 0, "stopped": "took too long"}
    record_event(action, who=who(officer), details=details, now=now)


def opened(officer: User, *, exchange_id: UUID, label: str, now: datetime) -> None:
    """
    Record that an exchange was opened.

    :raises apps.ledger.records.LedgerUnavailable: if it cannot be recorded; then it may not be shown.
    """
    record_event(
        Action.AUDIT_OPENED,
        who=who(officer),
        subject_kind=EXCHANGE,
        subject_id=str(exchange_id),
        subject_label=label,
        now=now,
    )
