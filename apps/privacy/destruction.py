"""
Destroying keys: the only way that sealed text is ever erased, and always under a certificate.

A certificate is an event, so a leaf of the signed tree, that names the keys it destroys. It is written in the
transaction that destroys them: none without the other. `ledger verify` compares the two; after a restore of an older
backup the same certificates say what must be destroyed again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.ledger import records
from apps.ledger.facts import Json, Who
from apps.ledger.models import Intent
from apps.ledger.vocabulary import Action
from apps.privacy import certificates, erasure, holds
from apps.privacy.hold_models import AwaitedDestruction
from apps.privacy.models import DataKey, Release, VaultEntry


@dataclass(frozen=True, slots=True)
class Order:
    """Under what authority keys are destroyed: the kind of certificate, who, about what, and what it says besides."""

    certificate: Action
    who: Who | None = None
    subject_kind: str = ""
    subject_id: str = ""
    details: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What a certificate destroyed: its event, the keys, how many texts went, and the rooms' rows by kind."""

    event_id: UUID
    keys: frozenset[UUID]
    texts: int
    rows: Counter[str]


@transaction.atomic
def destroy(key_ids: Iterable[UUID], order: Order, *, now: datetime) -> Destroyed:
    """
    Destroy keys, vaults and searchable text under one certificate: all or none. Doing it twice changes nothing.

    Rows of the rooms stay, unreadable; `destroy_all` deletes them too.

    :raises holds.KeyHeld: if a hold covers one of them; then nothing was destroyed.
    :raises apps.ledger.records.LedgerUnavailable: if the certificate cannot be written; then nothing was destroyed.
    """
    holds.wait_for_holds()
    wanted = sorted(set(key_ids))
    if holds.covered(wanted):
        raise holds.KeyHeld
    event_id = certify(wanted, order, now=now)
    return Destroyed(event_id, frozenset(wanted), empty(wanted, now=now), Counter())


@transaction.atomic
def destroy_all(key_ids: Iterable[UUID], order: Order, *, now: datetime) -> Destroyed:
    """Destroy keys as `destroy` does, and delete the rows that rooms keep under them. Raises what that raises."""
    done = destroy(key_ids, order, now=now)
    return Destroyed(done.event_id, done.keys, done.texts, erasure.forget(done.keys))


def certify(key_ids: Collection[UUID], order: Order, *, now: datetime) -> UUID:
    """Write the certificate that names these keys, in the caller's transaction."""
    details: dict[str, Json] = {
        **order.details,
        "exchanges": Intent.objects.filter(records.under(key_ids)).count(),
        "count": len(key_ids),
        "digest": holds.digest_of(key_ids),
        certificates.KEYS: [key_id.hex for key_id in key_ids],
    }
    event_id = records.record_event(
        order.certificate, who=order.who, subject_kind=order.subject_kind, subject_id=order.subject_id,
        details=details, now=now,
    )  # fmt: skip
    transaction.on_commit(partial(certificates.keep_copy, event_id), robust=True)
    return event_id


def empty(key_ids: Collection[UUID], *, now: datetime) -> int:
    """Empty the keys and delete what hangs on them, in the caller's transaction; return how many texts went."""
    DataKey.objects.bulk_create(
        [DataKey(conversation_id=key_id, wrapped_key=b"", destroyed_at=now) for key_id in key_ids],
        ignore_conflicts=True,
    )
    DataKey.objects.filter(pk__in=key_ids, destroyed_at=None).update(wrapped_key=b"", destroyed_at=now)
    VaultEntry.objects.filter(conversation_id__in=key_ids).delete()
    Release.objects.filter(conversation_id__in=key_ids).delete()
    AwaitedDestruction.objects.filter(pk__in=key_ids).delete()
    return records.erase_texts(key_ids)


def readable(key_ids: Iterable[UUID]) -> set[UUID]:
    """Say under which of these keys something can still be read: the key opens, or searchable text is left."""
    wanted = set(key_ids)
    alive = DataKey.objects.filter(pk__in=wanted, destroyed_at=None).values_list("pk", flat=True)
    return {*alive, *records.texts_left(wanted)}


@transaction.atomic
def destroy_or_wait(key_id: UUID, order: Order, *, now: datetime) -> bool:
    """
    Destroy a key for its owner, or note that it is to be destroyed once no hold covers it; say whether it is gone.

    Its owner does not see it any more either way.
    """
    try:
        with transaction.atomic():
            destroy([key_id], order, now=now)
    except holds.KeyHeld:
        wait_for_release([key_id], AwaitedDestruction.Cause.OWNER, now=now)
        return False
    return True


def wait_for_release(key_ids: Iterable[UUID], cause: AwaitedDestruction.Cause, *, now: datetime) -> None:
    """Note held keys that would have been destroyed; `cause` says what to ask again once they are released."""
    AwaitedDestruction.objects.bulk_create(
        [AwaitedDestruction(key_id=key_id, cause=cause, since=now) for key_id in key_ids], ignore_conflicts=True
    )


def destroy_one(conversation_id: UUID) -> Destroyed:
    """Destroy one key at this moment, for the portal itself. Raises what `destroy` raises."""
    order = Order(Action.KEY_DESTROYED, subject_kind="key", subject_id=str(conversation_id))
    return destroy([conversation_id], order, now=timezone.now())
