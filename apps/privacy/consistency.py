"""
What was recognised once is masked everywhere: in any case, as a possessive, by the surname alone, as a user name.

The index is by first word, so a text is walked once however many values are known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from apps.privacy import variants, vocabulary, words
from apps.privacy.findings import Finding

WORD: Final = re.compile(r"[^\W_]+")
SHORTEST: Final = 2
SHORTEST_PART: Final = 3
SHORTEST_FOREIGN_CASE: Final = 4
SHORTEST_INSIDE_WORDS: Final = 8
WHOLE_WORD_TYPES: Final = frozenset({vocabulary.PERSON, vocabulary.ORGANIZATION, vocabulary.LOCATION})
SEEN_BEFORE: Final = "The same value was recognised elsewhere in this conversation"
OTHER_FORM: Final = "Another form of a name recognised elsewhere in this conversation"
PART_OF_A_NAME: Final = "Part of a name recognised elsewhere in this conversation"


@dataclass(frozen=True, slots=True)
class _Known:
    type: str
    value: str
    folded: str
    offset: int
    is_any_case: bool
    reason: str

    def stands_at(self, text: str, position: int) -> bool:
        if position < 0:
            return False
        end = position + len(self.value)
        there = text[position:end]
        if there != self.value and not (self.is_any_case and there.lower() == self.folded):
            return False
        return end >= len(text) or not (self.value[-1].isalnum() and text[end].isalnum())


class KnownValues:
    """The values recognised so far, ready to be found again."""

    def __init__(self) -> None:
        self._by_first_word: dict[str, list[_Known]] = {}
        self._inside_words: dict[str, str] = {}
        self._seen: set[str] = set()

    def add(self, type_: str, value: str) -> None:
        """Remember a value; of a person's full name remember the parts as well."""
        if value in self._seen or len(value) < SHORTEST:
            return
        self._seen.add(value)
        self._index(type_, value, SEEN_BEFORE, is_any_case=_may_change_case(type_, value))
        if type_ not in WHOLE_WORD_TYPES and len(value) >= SHORTEST_INSIDE_WORDS:
            self._inside_words[value] = type_
        if type_ == vocabulary.PERSON:
            for part in _parts(value):
                self._index(type_, part, PART_OF_A_NAME, is_any_case=_may_change_case(type_, part))
            for form in variants.of_a_name(value):
                self._index(type_, form, OTHER_FORM, is_any_case=True)
        if type_ == vocabulary.EMAIL:
            for form in variants.of_an_address(value):
                self._index(vocabulary.PERSON, form, OTHER_FORM, is_any_case=True)

    def find(self, text: str, *, besides: Iterable[Finding] = ()) -> list[Finding]:
        """Find every known value in `text` that `besides` does not cover already. The findings may overlap."""
        covered = bytearray(len(text))
        for finding in besides:
            covered[finding.start : finding.end] = b"\1" * (finding.end - finding.start)
        return [finding for finding in self._find(text) if 0 in covered[finding.start : finding.end]]

    def _find(self, text: str) -> Iterator[Finding]:
        for word in WORD.finditer(text):
            for known in self._by_first_word.get(word[0].lower(), ()):
                start = word.start() - known.offset
                if known.stands_at(text, start):
                    yield Finding(known.type, start, start + len(known.value), 0.9, known.reason)
                    break
        for value, type_ in self._inside_words.items():
            start = text.find(value)
            while start >= 0:
                yield Finding(type_, start, start + len(value), 0.9, SEEN_BEFORE)
                start = text.find(value, start + len(value))

    def _index(self, type_: str, value: str, reason: str, *, is_any_case: bool) -> None:
        first = WORD.search(value)
        if first is None:
            return
        bucket = self._by_first_word.setdefault(first[0].lower(), [])
        if any(known.value == value for known in bucket):
            return
        bucket.append(_Known(type_, value, value.lower(), first.start(), is_any_case, reason))
        bucket.sort(key=lambda known: (-len(known.value), known.value))


def _may_change_case(type_: str, value: str) -> bool:
    if type_ in {vocabulary.SECRET, vocabulary.LITERAL, vocabulary.CRYPTO}:
        return False
    if type_ not in WHOLE_WORD_TYPES or " " in value:
        return True
    return len(value) >= SHORTEST_FOREIGN_CASE and value.lower() not in words.dictionary()


def _parts(name: str) -> Iterator[str]:
    found = [match[0] for match in WORD.finditer(name)]
    if len(found) < 2:
        return
    for part in found:
        if len(part) >= SHORTEST_PART and part[0].isupper() and part.lower() not in words.common():
            yield part
