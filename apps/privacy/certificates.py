"""
Copies of certificates in the file store, so that a restore of an older database does not forget what was destroyed.

The record is the event in the ledger. A copy names keys and people by id and nothing else. A certificate whose copy
could not be written at once is copied within the hour.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from apps.ledger.facts import Json
from apps.ledger.models import Event
from apps.ledger.vocabulary import Action

FOLDER = "certificates"
KEYS = "keys"
CERTIFICATES = (
    Action.KEY_DESTROYED,
    Action.PURGE_CERTIFIED,
    Action.ERASURE_CERTIFIED,
    Action.ERASURE_REAPPLIED,
    Action.ERASURE_COMPLETED,
)
LOOK_BACK = timedelta(days=7)


class CopyBroken(Exception):
    """A copy of a certificate cannot be read."""

    def __init__(self, name: str) -> None:
        self.sentence = f"The certificate {name} cannot be read. Put back the file from the file store's own backup."
        super().__init__(self.sentence)


@dataclass(frozen=True, slots=True)
class Certificate:
    """What one certificate destroyed: keys, or all that was kept of a person under no key."""

    event_id: str
    keys: frozenset[UUID]
    person_id: UUID | None
    closes_account: bool


def keep_copy(event_id: UUID) -> None:
    """Copy one certificate into the file store, unless its copy is there."""
    event = Event.objects.get(pk=event_id)
    name = _name(event)
    if not default_storage.exists(name):
        default_storage.save(name, ContentFile(json.dumps(_said(event), separators=(",", ":")).encode()))


def keep_missing_copies(*, now: datetime) -> int:
    """Copy the certificates of the last week that have no copy; return how many."""
    recent = Event.objects.filter(action__in=CERTIFICATES, happened_at__gt=now - LOOK_BACK)
    missing = [event.pk for event in recent.only("happened_at") if not default_storage.exists(_name(event))]
    for event_id in missing:
        keep_copy(event_id)
    return len(missing)


def outside() -> Iterator[Certificate]:
    """
    Read every copy in the file store.

    :raises CopyBroken: if one cannot be read.
    """
    if not default_storage.exists(FOLDER):
        return
    for month in sorted(default_storage.listdir(FOLDER)[0]):
        for name in sorted(default_storage.listdir(f"{FOLDER}/{month}")[1]):
            yield _read(f"{FOLDER}/{month}/{name}")


def inside() -> Iterator[Certificate]:
    """Read every certificate of the ledger."""
    for event in Event.objects.filter(action__in=CERTIFICATES).order_by("happened_at").iterator(chunk_size=200):
        yield _certificate(_said(event))


def _name(event: Event) -> str:
    return f"{FOLDER}/{event.happened_at:%Y-%m}/{event.pk}.json"


def _said(event: Event) -> dict[str, Json]:
    return {
        "event": str(event.pk),
        "action": event.action,
        "at": event.happened_at.isoformat(),
        KEYS: event.details.get(KEYS, []),
        "person": event.details.get("person", ""),
        "closes_account": event.details.get("closes_account", False),
    }


def _read(name: str) -> Certificate:
    try:
        with default_storage.open(name) as file:
            return _certificate(json.loads(file.read()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CopyBroken(name) from error


def _certificate(said: dict[str, Json]) -> Certificate:
    person = str(said["person"])
    named = said[KEYS]
    keys = frozenset(UUID(hex=str(one)) for one in named) if isinstance(named, list) else frozenset[UUID]()
    return Certificate(str(said["event"]), keys, UUID(person) if person else None, said["closes_account"] is True)
