"""The reader of queues is on the record too: every look at a list is an event, written before anything is shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from apps.accounts.actors import who
from apps.accounts.models import User
from apps.audit.review.models import Queue
from apps.audit.review.queues import QUEUE
from apps.ledger.facts import Json
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action


def looked(
    officer: User, page: str, *, queue: Queue | None = None, details: Mapping[str, Json] | None = None, now: datetime
) -> None:
    """
    Record a look at a page of review.

    :raises apps.ledger.records.LedgerUnavailable: if it cannot be recorded; then nothing may be shown.
    """
    record_event(
        Action.REVIEW_LOOKED, who=who(officer), subject_kind=QUEUE if queue else "", now=now,
        subject_id=str(queue.pk) if queue else "", subject_label=queue.name if queue else "",
        details={"page": page, **(details or {})},
    )  # fmt: skip
