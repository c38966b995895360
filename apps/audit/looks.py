"""The reader of records is on the record: every search, page and opened exchange becomes one event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.accounts.actors import who
from apps.accounts.models import Role, User
from apps.audit.paging import Cursor
from apps.ledger import looks as peoples_looks
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

EXCHANGE = peoples_looks.EXCHANGE


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


def opened(officer: User, *, exchange_id: UUID, label: str, formatted: str = "", now: datetime) -> None:
    """
    Record that an exchange was opened, and which of its texts was looked at `formatted`.

    :raises apps.ledger.records.LedgerUnavailable: if it cannot be recorded; then it may not be shown.
    """
    record_event(
        Action.AUDIT_OPENED,
        who=who(officer),
        subject_kind=EXCHANGE,
        subject_id=str(exchange_id),
        subject_label=label,
        details={"role": role_at_the_desk(officer)} | ({"formatted": formatted} if formatted else {}),
        now=now,
    )


def exported(officer: User, exchanges: Mapping[UUID, str], *, now: datetime) -> None:
    """
    Record that exchanges went into an export, one event for each, so that its person can see it; labels by id.

    :raises apps.ledger.records.LedgerUnavailable: if it cannot be recorded; then the export may not be handed out.
    """
    details = {"role": role_at_the_desk(officer)}
    for exchange_id, label in exchanges.items():
        record_event(
            Action.AUDIT_EXPORTED, who=who(officer), subject_kind=EXCHANGE, subject_id=str(exchange_id),
            subject_label=label, details=details, now=now,
        )  # fmt: skip


def role_at_the_desk(officer: User) -> str:
    """Say in which role somebody looks: as an officer, if they are one. One query."""
    return Role.COMPLIANCE_OFFICER.value if officer.has_role(Role.COMPLIANCE_OFFICER) else Role.AUDITOR.value
