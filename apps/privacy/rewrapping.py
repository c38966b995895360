"""
Wrap every data key anew under another master key: in batches, each on the record, and again from where it stopped.

Only the wrapping changes. What is sealed under the data keys stays as it is, so the cost is that of the keys alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action
from apps.privacy import keys
from apps.privacy.keys import SealBroken
from apps.privacy.models import DataKey

ROWS_AT_ONCE: Final = 2_000
NAMED_AT_MOST: Final = 20
FIRST: Final = UUID(int=0)
UPDATE: Final = """
UPDATE privacy_datakey AS kept SET wrapped_key = new.wrapped
  FROM unnest(%s::uuid[], %s::bytea[]) AS new (id, wrapped)
 WHERE kept.conversation_id = new.id AND kept.destroyed_at IS NULL
"""


@dataclass(slots=True)
class Rewrapped:
    """How far it is: keys looked at, those wrapped anew, and those that open under neither master key."""

    seen: int = 0
    wrapped: int = 0
    broken: int = 0
    named: list[UUID] = field(default_factory=list)
    """The first twenty that are broken."""


def rewrap(old_file: Path, *, now: datetime, on_progress: Callable[[Rewrapped], None] = lambda _: None) -> Rewrapped:
    """
    Open every data key with the master key in `old_file` and wrap it under the one in use.

    One that is wrapped under the present one already is left as it is, so doing it again is harmless and goes on where
    it was stopped. Each batch is a transaction with its event; keys that are destroyed meanwhile stay destroyed. Two
    statements a batch.

    :raises keys.KeyUnavailable: if one of the two master keys cannot be used; then nothing is changed.
    """
    old, new = keys.wrapping_key(keys.master_key_in(old_file)), keys.wrapping_key(keys.master_key())
    done, after = Rewrapped(), FIRST
    while True:
        last = _rewrap_some(done, after, old=old, new=new, now=now)
        if last is None:
            return done
        after = last
        on_progress(done)


@transaction.atomic
def _rewrap_some(done: Rewrapped, after: UUID, *, old: bytes, new: bytes, now: datetime) -> UUID | None:
    alive = DataKey.objects.filter(destroyed_at=None, pk__gt=after).order_by("pk")
    rows = list(alive.select_for_update(of=("self",))[:ROWS_AT_ONCE])
    if not rows:
        return None
    changed: list[tuple[UUID, bytes]] = []
    for row in rows:
        if keys.opens(row, new):
            continue
        try:
            changed.append((row.pk, keys.wrapped_anew(row, old=old, new=new)))
        except SealBroken:
            done.broken += 1
            done.named = [*done.named, row.pk][:NAMED_AT_MOST]
    _store(changed, now=now)
    done.seen += len(rows)
    done.wrapped += len(changed)
    return rows[-1].pk


def _store(changed: Sequence[tuple[UUID, bytes]], *, now: datetime) -> None:
    if not changed:
        return
    with connection.cursor() as cursor:
        cursor.execute(UPDATE, [[pk for pk, _ in changed], [wrapped for _, wrapped in changed]])
    details = {"count": len(changed)}
    record_event(Action.DATA_KEYS_REWRAPPED, who=None, subject_kind="data keys", details=details, now=now)
