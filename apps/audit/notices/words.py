"""Words to and from a person, at rest: sealed under the key of the exchange that they are about."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from apps.audit.notices.models import Notice, Objection
from apps.ledger.models import Intent
from apps.privacy import keys

NOTICE: Final = "notices.notice"
REPLY: Final = "notices.reply"
OBJECTION: Final = "notices.objection"
SHORTEST, LONGEST = 3, 4_000


class WordsUnusable(Exception):
    """The words say too little or too much, or nothing can be sealed under the exchange's key any more."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Sealed:
    """Sealed words, and the HMAC by which they are recognised."""

    bytes: bytes = field(repr=False)
    digest: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice as it is read. ``text`` is None where the exchange was erased or the seal does not open."""

    notice: Notice
    title: str = field(repr=False)
    text: str | None = field(repr=False)
    reply: str | None = field(repr=False, default=None)


@dataclass(frozen=True, slots=True)
class Complaint:
    """An objection as it is read, with its answer once there is one."""

    objection: Objection
    text: str | None = field(repr=False)
    answer: str | None = field(repr=False, default=None)


def key_of(intent: Intent) -> UUID:
    """Name the key of an exchange: its conversation's, or its own where it has none."""
    return intent.conversation_id or intent.pk


def checked(text: str) -> str:
    """
    Take words that are neither too few nor too many.

    :raises WordsUnusable: otherwise.
    """
    stripped = text.strip()
    if not SHORTEST <= len(stripped) <= LONGEST:
        raise WordsUnusable(f"Write {SHORTEST} to {LONGEST:,} characters.")
    return stripped


def seal(key_id: UUID, text: str, *, purpose: str, label: UUID) -> Sealed:
    """
    Seal words for one row. One query.

    :raises WordsUnusable: if the exchange was erased.
    """
    try:
        key = keys.open_key(key_id)
    except keys.KeyDestroyed:
        raise WordsUnusable(
            "This exchange was erased, and with it the key under which words about it are kept."
        ) from None
    plain = text.encode("utf-8", "backslashreplace")
    digest = hmac.digest(key.digest_key(), plain, "sha256").hex()
    return Sealed(key.box(purpose).seal(plain, label=str(label)), digest)


def letters(notices: Iterable[Notice]) -> list[Letter]:
    """Open notices. One query."""
    rows = list(notices)
    opened = keys.open_keys({row.key_id for row in rows})
    return [_letter(row, opened.get(row.key_id)) for row in rows]


def complaints(objections: Iterable[Objection]) -> list[Complaint]:
    """Open objections with their answers, which must be selected along. One query."""
    rows = list(objections)
    opened = keys.open_keys({row.key_id for row in rows})
    return [_complaint(row, opened.get(row.key_id)) for row in rows]


def _letter(row: Notice, key: keys.ConversationKey | None) -> Letter:
    plain = _text(key, row.sealed, purpose=NOTICE, label=row.pk)
    reply = _text(key, row.sealed_reply, purpose=REPLY, label=row.pk) if row.sealed_reply else None
    if plain is None:
        return Letter(row, "Its words cannot be read any more", None)
    said = json.loads(plain)
    return Letter(row, said["title"], said["text"], reply)


def _complaint(row: Objection, key: keys.ConversationKey | None) -> Complaint:
    answer = _letter(row.answer, key).text if row.answer else None
    return Complaint(row, _text(key, row.sealed, purpose=OBJECTION, label=row.pk), answer)


def _text(key: keys.ConversationKey | None, sealed: bytes | memoryview, *, purpose: str, label: UUID) -> str | None:
    if key is None:
        return None
    try:
        return key.box(purpose).unseal(bytes(sealed), label=str(label)).decode("utf-8", "backslashreplace")
    except keys.SealBroken:
        return None
