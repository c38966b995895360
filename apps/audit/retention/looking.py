"""Who looked at schedules, holds and requests is on the record too."""

from __future__ import annotations

from datetime import datetime

from apps.accounts.actors import who
from apps.accounts.models import User
from apps.audit.retention.forms import WhyForm
from apps.ledger.facts import Json
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action


def looked_at(page: str, *, by: User, now: datetime) -> None:
    """
    Record a look at a page of this room.

    :raises apps.ledger.records.LedgerUnavailable: if it cannot be recorded; then nothing may be shown.
    """
    record_event(Action.AUDIT_RETENTION_OPENED, who=who(by), details={"page": page}, now=now)


def refused(page: str, form: WhyForm, *, by: User, now: datetime) -> None:
    """Record that a form looked for somebody in vain, if it did. Raises what `looked_up_in_vain` does."""
    if form.found_in_vain is not None:
        looked_up_in_vain(page, found=form.found_in_vain, reason=form.cleaned_data["why"], by=by, now=now)


def looked_up_in_vain(page: str, *, found: int, reason: str, by: User, now: datetime) -> None:
    """
    Record that somebody was looked for by name and that nothing came of it. The words are not kept.

    :raises apps.ledger.records.LedgerUnavailable: if it cannot be recorded; then nothing may be answered.
    """
    details: dict[str, Json] = {"page": page, "reason": reason, "found": found}
    record_event(Action.IDENTITY_LOOKED_UP, who=who(by), details=details, now=now)
