"""After a restore of an older database: destroy again what was destroyed since, by the copies of certificates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.db import transaction

from apps.audit.retention import erasing, requests
from apps.ledger.vocabulary import Action
from apps.privacy import certificates, destruction, holds
from apps.privacy.destruction import Order

KEYS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Reapplied:
    """What was done: certificates read, keys destroyed again, keys that a hold keeps, people forgotten again."""

    certificates: int
    keys: int
    held: int
    people: int


def reapply(*, now: datetime) -> Reapplied:
    """
    Read every certificate, in the file store and in the ledger, and destroy again what is back.

    A hold of the restored database is respected. Can be stopped and run again.

    :raises apps.privacy.certificates.CopyBroken: if a copy cannot be read; nothing was destroyed by then.
    """
    known = {each.event_id: each for each in (*certificates.outside(), *certificates.inside())}
    destroyed = held = 0
    for keys in _in_parts({key for each in known.values() for key in each.keys}):
        kept = _destroy_again(keys, now=now)
        destroyed, held = destroyed + kept[0], held + kept[1]
    people = {each.person_id: each.closes_account for each in known.values() if each.person_id}
    forgotten = sum(_forget_again(person, closes_account=closes, now=now) for person, closes in people.items())
    return Reapplied(len(known), destroyed, held, forgotten)


@transaction.atomic
def _destroy_again(keys: set[UUID], *, now: datetime) -> tuple[int, int]:
    holds.wait_for_holds()
    back = destruction.readable(keys)
    held = holds.covered(back)
    if back - held:
        destruction.destroy_all(back - held, Order(Action.ERASURE_REAPPLIED, subject_kind="restore"), now=now)
    return len(back - held), len(held)


@transaction.atomic
def _forget_again(person_id: UUID, *, closes_account: bool, now: datetime) -> bool:
    """Forget a person again, unless something of them that is readable was made since or is held."""
    if destruction.readable(requests.keys_of(person_id)):
        return False
    rows = erasing.forget_everything(person_id, closes_account=closes_account, now=now)
    return closes_account or rows.total() > 0


def _in_parts(keys: set[UUID]) -> Iterator[set[UUID]]:
    rest = iter(sorted(keys))
    while part := set(islice(rest, KEYS_AT_ONCE)):
        yield part
