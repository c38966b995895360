"""What people wrote in a case, at rest: sealed under the case's own data key, so that destroying it erases them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Final
from uuid import UUID

from apps.audit.cases.models import Case, CaseNote
from apps.privacy import keys

WORDS: Final = "case.words"
NOTE: Final = "case.note"
WHY: Final = "export.why"


@dataclass(frozen=True, slots=True)
class Words:
    """Title, reason and finding of a case. ``is_lost``: the key was destroyed, or the bytes were altered."""

    title: str = field(default="", repr=False)
    why: str = field(default="", repr=False)
    finding: str = field(default="", repr=False)
    is_lost: bool = False


LOST = Words(title="Its words cannot be read any more", is_lost=True)


def seal(case_id: UUID, words: Words) -> bytes:
    """Seal a case's words. One query."""
    plain = {name: text for name, text in asdict(words).items() if name != "is_lost"}
    return keys.seal(case_id, json.dumps(plain).encode(), purpose=WORDS)


def are_erased(case_id: UUID) -> bool:
    """Say whether the key of a case's words was destroyed. One query."""
    return keys.is_destroyed(case_id)


def of(case: Case) -> Words:
    """Open a case's words. One query. Never raises for what the bytes are."""
    return of_all([case])[case.pk]


def of_all(cases: Iterable[Case]) -> dict[UUID, Words]:
    """Open the words of many cases. One query."""
    listed = list(cases)
    opened = keys.open_keys(case.pk for case in listed)
    return {case.pk: _opened(opened.get(case.pk), case) for case in listed}


def notes_of(case: Case, notes: Iterable[CaseNote]) -> dict[UUID, str | None]:
    """Open notes of one case; None stands for one that cannot be read. One query."""
    key = keys.open_keys([case.pk]).get(case.pk)
    return {note.pk: _text(key, note) for note in notes}


def _opened(key: keys.ConversationKey | None, case: Case) -> Words:
    if key is None:
        return LOST
    try:
        return Words(**json.loads(key.box(WORDS).unseal(bytes(case.sealed_words))))
    except keys.SealBroken:
        return LOST


def _text(key: keys.ConversationKey | None, note: CaseNote) -> str | None:
    if key is None:
        return None
    try:
        return key.box(NOTE).unseal(bytes(note.sealed_text), label=str(note.pk)).decode()
    except keys.SealBroken:
        return None
