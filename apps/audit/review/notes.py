"""Notes on items: written once, sealed under the exchange's own key, so that they go dark when it does."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.audit.review import acts
from apps.audit.review.models import Item, Note
from apps.ledger.ids import new_id
from apps.ledger.models import Intent
from apps.ledger.vocabulary import Action
from apps.privacy import keys

PURPOSE = "review.note"
SHORTEST, LONGEST = 3, 4_000


class NoteUnusable(acts.CannotBeDone):
    """The note is empty, too long, or has no key to be sealed under."""


@dataclass(frozen=True, slots=True)
class Written:
    """A note as it is shown; ``text`` is None once the exchange was erased or where the seal does not open."""

    id: UUID
    officer_label: str
    written_at: datetime
    text: str | None = field(repr=False)


@transaction.atomic
def add(item_id: UUID, *, text: str, by: User, now: datetime) -> Note:
    """
    Write a note. Whoever may see the item may: it changes nothing of it. Raises what `acts.item_for` does.

    :raises NoteUnusable: if it has fewer than 3 characters or more than 4,000, or the exchange was erased.
    """
    return attach(acts.item_for(item_id, by=by), text=text, by=by, now=now)


def attach(item: Item, *, text: str, by: User, now: datetime) -> Note:
    """Write a note in the caller's transaction, as part of another step. Raises what `add` does."""
    text = text.strip()
    if not SHORTEST <= len(text) <= LONGEST:
        raise NoteUnusable(f"Write {SHORTEST} to {LONGEST:,} characters.")
    plain = text.encode("utf-8", "backslashreplace")
    try:
        key = keys.open_key(_key_of(item.exchange_id))
    except keys.KeyDestroyed:
        raise NoteUnusable(
            "The exchange was erased, and notes are sealed under its key. Decide without a note."
        ) from None
    note_id, digest = new_id(), hmac.digest(key.digest_key(), plain, "sha256").hex()
    event_id = acts.record(Action.REVIEW_NOTED, item, by=by, now=now, details={"note": str(note_id), "digest": digest})
    return Note.objects.create(
        id=note_id, item=item, sealed=key.box(PURPOSE).seal(plain, label=str(note_id)), digest=digest,
        officer_id=by.pk, officer_label=by.name, event_id=event_id, written_at=now,
    )  # fmt: skip


def opened(notes: Iterable[Note], *, exchange_id: UUID) -> list[Written]:
    """Open the notes on an exchange for its page. Two queries."""
    rows = list(notes)
    key = None
    if rows:
        key_id = _key_of(exchange_id)
        key = keys.open_keys([key_id]).get(key_id)
    return [Written(row.pk, row.officer_label, row.written_at, _text(row, key)) for row in rows]


def _text(note: Note, key: keys.ConversationKey | None) -> str | None:
    if key is None:
        return None
    try:
        plain = key.box(PURPOSE).unseal(bytes(note.sealed), label=str(note.pk))
    except keys.SealBroken:
        return None
    return plain.decode("utf-8", "backslashreplace")


def _key_of(exchange_id: UUID) -> UUID:
    """The key of the exchange's conversation; an exchange without one has a key of its own."""
    conversation_id = Intent.objects.filter(pk=exchange_id).values_list("conversation_id", flat=True).first()
    return conversation_id or exchange_id
