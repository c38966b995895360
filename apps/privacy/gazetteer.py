"""
Names by their first name: what the model overlooks in lists, chats and forms.

A first name alone counts if it is hardly anything else; one that is a word too counts only before a surname.
"""

# ruff: noqa: E501, TID251 - patterns are read whole; this room is the one that uses Presidio

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import regex
from presidio_analyzer import LocalRecognizer, RecognizerResult

from apps.privacy import vocabulary as v
from apps.privacy import words
from apps.privacy.rules import LANGUAGE, result

SCORE: Final = 0.7
REASON: Final = "A first name from the list of names"
IN_A_LIST: Final = "A name listed beside another name"
WORD: Final = regex.compile(r"(?<![\w@/\\.-])\p{L}[\p{L}\p{M}]*(?:['-]\p{L}[\p{L}\p{M}]+)*(?![\w@/\\(-]|\.\w)")
NEXT: Final = regex.compile(
    r" ((?:\p{Lu}\. ?)?(?:(?:van|von|der|den|de|del|della|di|da|dos|al|el|bin|la|le) ){0,2})(\p{L}[\p{L}\p{M}]*(?:['-]\p{L}[\p{L}\p{M}]+)*)(?![\w@/\\(])"
)
MOST_SURNAMES: Final = 3
SHORTEST_LOWER_SURNAME: Final = 4
NAME: Final = r"(?:\p{Lu}\p{Ll}[\p{L}'-]*(?: \p{Lu}\.)?(?: \p{Lu}\p{Ll}[\p{L}'-]*){0,2})"
LISTING: Final = regex.compile(
    rf"(?<![\w.])(?<one>{NAME})(?:, (?<one>{NAME})){{0,12}},? (?:and|or|&|und|et|y|e|en) (?<one>{NAME})(?!\w)"
)


class FirstNameRecognizer(LocalRecognizer):
    """Finds first names with the surnames behind them, and names listed beside these."""

    def __init__(self) -> None:
        super().__init__(supported_entities=[v.PERSON], name="first_names", supported_language=LANGUAGE)

    def load(self) -> None:
        """Nothing to load: the lists are read on first use."""

    def analyze(self, text: str, entities: Iterable[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Give the names that begin with a known first name."""
        if v.PERSON not in entities:
            return []
        found = list(_first_names(text))
        return [result(v.PERSON, start, end, SCORE, REASON) for start, end in found]


def beside(text: str, places: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Give the names in a list ("A, B and C") of which one stands at one of `places`."""
    starts = {start for start, _ in places}
    if not starts:
        return
    for listing in LISTING.finditer(text):
        spans = listing.spans("one")
        if any(first in starts for first, _ in spans):
            yield from (span for span in spans if span[0] not in starts and _may_be_name(text[span[0] : span[1]]))


def _may_be_name(name: str) -> bool:
    return all(_is_open(part.lower()) for part in regex.findall(r"\p{L}{2,}", name))


def _is_open(word: str) -> bool:
    return word not in words.common() and word not in words.allowed() and len(word) > 1


def _is_unheard(word: str) -> bool:
    return len(word) >= SHORTEST_LOWER_SURNAME and word not in words.dictionary()


def _first_names(text: str) -> Iterator[tuple[int, int]]:
    position = 0
    for match in WORD.finditer(text):
        word = match[0].lower()
        is_sure = word in words.first_names()
        if match.start() < position or not (is_sure or word in words.first_names_also_words()):
            continue
        end = _end_of_surnames(text, match.end(), is_lower=match[0].islower())
        if end > match.end() or is_sure:
            yield match.start(), end
            position = end


def _end_of_surnames(text: str, end: int, *, is_lower: bool) -> int:
    """Take in what follows while it is written like the first name and is no common word."""
    for _ in range(1 if is_lower else MOST_SURNAMES):
        following = NEXT.match(text, end)
        if following is None:
            return end
        word = following[2]
        is_alike = word.islower() and not following[1] if is_lower else word[0].isupper()
        if not is_alike or not _is_open(word.lower()) or (is_lower and not _is_unheard(word)):
            return end
        end = following.end(2)
    return end
