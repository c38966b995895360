"""What the record says of a batch: who did what to which batch, never a word of what is in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from apps.accounts.actors import who
from apps.accounts.models import User
from apps.batch.models import Batch
from apps.ledger.facts import Json
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action


def record(
    action: Action, batch: Batch, *, by: User | None, now: datetime, details: Mapping[str, Json] | None = None
) -> None:
    """Record an act of its owner, or of the portal where `by` is None, in the caller's transaction."""
    record_event(
        action,
        who=who(by, batch.team) if by else None,
        subject_kind="batch",
        subject_id=str(batch.pk),
        subject_label=batch.model_label,
        details=details or {},
        now=now,
    )
