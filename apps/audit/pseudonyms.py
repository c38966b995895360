"""
People under names that say nothing: "Heron 4-71" is always the same person, and only the master key tells which.

A person's number is drawn by a keyed hash of their id (HMAC-SHA256) and kept; where it is taken, the next one is drawn.
So two people never share one, however many there are. The key is a data key like a conversation's, wrapped by the
master key, so a change of the master key leaves every pseudonym as it is.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID

from django.db import transaction

from apps.audit.models import Pseudonym
from apps.privacy import keys

# Things of nature and of the house, no names of people; any two differ in three letters at least, so that one misread
# is no other. A word's place is part of every pseudonym given out: append, never reorder or remove.
WORDS = tuple((Path(__file__).parent / "data" / "pseudonym_words.txt").read_text("ascii").split())
KEY_ID = UUID("70736575-646f-4e79-8d73-0000000000aa")  # the data key that is no conversation's
NUMBERS = 1_000
NAMELESS = "Nameless"
SPACE = len(WORDS) * NUMBERS
MOST_DRAWS = 200
REMEMBERED_AT_MOST = 100_000
_FORM = re.compile(r"([a-z]+)[\s_-]*(\d)[\s_-]*(\d\d)", re.IGNORECASE)
_PLACES = {word.lower(): place for place, word in enumerate(WORDS)}
_remembered: dict[UUID, str] = {}

logger = logging.getLogger(__name__)


class NotAPseudonym(Exception):
    """These words are no pseudonym that the desk has given to anybody."""

    sentence = "No person has this pseudonym. Write it as it is shown, such as Heron 4-71."


class PseudonymsUnreadable(NotAPseudonym):
    """Whose a pseudonym is cannot be read at the moment."""

    sentence = "Pseudonyms cannot be read: the master key is missing or another one. Ask an operator to put it back."


class PseudonymsExhausted(Exception):
    """Nearly every pseudonym is taken. Append words to apps/audit/data/pseudonym_words.txt."""


@dataclass(frozen=True, slots=True, repr=False)
class _Keys:
    """What draws numbers, and what seals whose they are. Never stored, never logged."""

    drawing: bytes
    box: keys.Box


def pseudonym(person_id: UUID) -> str:
    """Give the words for a person, making them on first use. At most one query; none once they are remembered."""
    return pseudonyms([person_id])[person_id]


def pseudonyms(person_ids: Iterable[UUID]) -> dict[UUID, str]:
    """
    Give the words for many people. One query for those that this process has not met, more on somebody's first use.

    Where the master key cannot be used, or is not the one they were made with, those are "Nameless", never named.
    """
    wanted = set(person_ids)
    known = {person_id: _remembered[person_id] for person_id in wanted if person_id in _remembered}
    unmet = wanted - known.keys()
    try:
        return known | (_looked_up(unmet) if unmet else {})
    except keys.KeyUnavailable:
        logger.exception("Pseudonyms cannot be read, so people at the desk are nameless.")
        return known | dict.fromkeys(unmet, NAMELESS)


def person_behind(words: str) -> UUID:
    """
    Say whose pseudonym this is, for a filter or a recorded look, never for display. One query.

    :raises NotAPseudonym: if it is nobody's, or cannot be read; its sentence says which.
    """
    row = Pseudonym.objects.filter(number=_number(words)).first()
    if row is None:
        raise NotAPseudonym
    try:
        return _person(row, _open_keys().box)
    except keys.KeyUnavailable as error:
        raise PseudonymsUnreadable from error


def _looked_up(person_ids: set[UUID]) -> dict[UUID, str]:
    opened = _open_keys()
    handles = {_handle(opened, person_id): person_id for person_id in person_ids}
    found = {}
    for row in Pseudonym.objects.filter(handle__in=list(handles)):
        person_id = handles[bytes(row.handle)]
        found[person_id] = _checked(row, person_id, opened.box)
    for handle, person_id in handles.items():
        if person_id not in found:
            found[person_id] = _checked(_drawn(opened, handle, person_id), person_id, opened.box)
    transaction.on_commit(partial(_remember, found))
    return found


def _drawn(opened: _Keys, handle: bytes, person_id: UUID) -> Pseudonym:
    """Draw numbers until one is free; somebody who draws for the same person at this moment gets the same row."""
    for draw in range(MOST_DRAWS):
        number = _draw(opened, person_id, draw)
        sealed = opened.box.seal(person_id.bytes, label=str(number))
        row = Pseudonym(handle=handle, number=number, sealed_person=sealed)
        Pseudonym.objects.bulk_create([row], ignore_conflicts=True)
        kept = Pseudonym.objects.filter(handle=handle).first()
        if kept is not None:
            return kept
    raise PseudonymsExhausted


def _open_keys() -> _Keys:
    data_key = keys.open_key(KEY_ID)
    return _Keys(data_key.digest_key(), data_key.box("pseudonym"))


def _handle(opened: _Keys, person_id: UUID) -> bytes:
    return hmac.digest(opened.drawing, b"handle" + person_id.bytes, hashlib.sha256)


def _draw(opened: _Keys, person_id: UUID, draw: int) -> int:
    drawn = hmac.digest(opened.drawing, b"draw" + draw.to_bytes(2, "big") + person_id.bytes, hashlib.sha256)
    return int.from_bytes(drawn[:8], "big") % SPACE


def _checked(row: Pseudonym, person_id: UUID, box: keys.Box) -> str:
    if _person(row, box) != person_id:
        raise keys.KeyUnavailable("A pseudonym's row was altered: it names somebody else. Restore it from a backup.")
    return _words(row.number)


def _person(row: Pseudonym, box: keys.Box) -> UUID:
    try:
        return UUID(bytes=box.unseal(bytes(row.sealed_person), label=str(row.number)))
    except keys.SealBroken as error:
        raise keys.KeyUnavailable(
            f"The master key does not open the pseudonym with the number {row.number}: the row was altered, or this is "
            "not the key that this installation was made with."
        ) from error


def _words(number: int) -> str:
    word, digits = divmod(number, NUMBERS)
    return f"{WORDS[word]} {digits // 100}-{digits % 100:02}"


def _number(words: str) -> int:
    written = _FORM.fullmatch(words.strip())
    if written is None or written[1].lower() not in _PLACES:
        raise NotAPseudonym
    return _PLACES[written[1].lower()] * NUMBERS + int(written[2] + written[3])


def _remember(found: dict[UUID, str]) -> None:
    if len(_remembered) > REMEMBERED_AT_MOST:
        _remembered.clear()
    _remembered.update(found)
