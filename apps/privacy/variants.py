"""Other forms in which a name that is known is written: initials, user names, without accents, as a plural."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from apps.privacy import words

WORD: Final = re.compile(r"[^\W\d_]+")
LOCAL_PART: Final = re.compile(r"([^\W\d_]{3,})[._-]([^\W\d_]{3,})\d{0,4}@")
SHORTEST: Final = 4
SHORTEST_JOINED: Final = 6
GERMAN: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


def of_a_name(name: str) -> Iterator[str]:
    """Give the forms of a full name that are no everyday words; of a single name only its plural and plain spelling."""
    parts = [part for part in WORD.findall(name) if len(part) > 1]
    if not parts:
        return
    last = parts[-1]
    if not _is_word(last) and len(last) >= SHORTEST and last[0].isupper():
        yield from _telling(f"{last}s")
        yield from (plain for plain in _without_accents(last))
    if len(parts) > 1 and len(last) >= SHORTEST:
        yield from _joined(parts[0], last)


def of_an_address(address: str) -> Iterator[str]:
    """Give the name in an e-mail address such as grace.hopper@navy.example, if its parts are no everyday words."""
    match = LOCAL_PART.match(address)
    if match is not None and not any(_is_word(part) for part in match.groups()):
        yield f"{match[1]} {match[2]}"
        if len(match[2]) >= SHORTEST:
            yield match[2]


def _joined(first: str, last: str) -> Iterator[str]:
    initial = first[0]
    yield f"{initial}. {last}"
    yield f"{initial} {last}"
    for plain in (last, *_without_accents(last)):
        yield from _telling(f"{initial}{plain}")
        yield from _telling(f"{first}{plain}")
        yield from _telling(f"{plain}{initial}")
        yield f"{initial}.{plain}"


def _telling(form: str) -> Iterator[str]:
    if len(form) >= SHORTEST_JOINED and not _is_word(form):
        yield form


def _is_word(form: str) -> bool:
    return form.lower() in words.dictionary()


def _without_accents(name: str) -> Iterator[str]:
    if not name.isascii():
        bare = "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
        yield from {form for form in (bare, name.translate(GERMAN)) if form != name and not _is_word(form)}
