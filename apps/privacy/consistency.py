"""
What was recognised once is masked everywhere: in any case, as a possessive, by the surname alone, as a user name.

The index is by first word and then by length, so a text is walked once however many values are known, and however many
of them begin alike.
"""

from __future__ import annotations

import re
from bisect import insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from apps.privacy import variants, vocabulary, words
from apps.privacy.findings import Finding

WORD: Final = re.compile(r"[^\W_]+")
SHORTEST: Final = 2
SHORTEST_PART: Final = 3
SHORTEST_FOREIGN_CASE: Final = 4
SHORTEST_INSIDE_WORDS: Final = 8
WHOLE_WORD_TYPES: Final = frozenset(
    {
        vocabulary.PERSON,
        vocabulary.ORGANIZATION,
        vocabulary.LOCATION,
        vocabulary.PROJECT,
        vocabulary.CODE_NAME,
        vocabulary.PRODUCT,
        vocabulary.COMPANY_TERM,
    }
)
FEW: Final = 40
"""Up to here many values are searched for one by one, from here on every place of the text is looked up."""
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

    def is_written(self, there: str) -> bool:
        return there == self.value or (self.is_any_case and there.lower() == self.folded)


@dataclass(slots=True)
class _Alike:
    """The values with the same first word: by their form in lower case, which is looked up for each length there is."""

    forms: dict[tuple[int, str], list[_Known]] = field(default_factory=dict)
    shapes: list[tuple[int, int]] = field(default_factory=list)
    """Negative length and offset of the first word, so that the longest come first."""

    def add(self, known: _Known) -> None:
        shape = (-len(known.value), known.offset)
        if shape not in self.shapes:
            insort(self.shapes, shape)
        same = self.forms.setdefault((known.offset, known.folded), [])
        if all(other.value != known.value for other in same):
            insort(same, known, key=lambda other: other.value)

    def at(self, text: str, word: int) -> tuple[_Known, int, int] | None:
        """Give the longest value whose first word stands at `word`, with its start and end."""
        for negative_length, offset in self.shapes:
            start, end = word - offset, word - offset - negative_length
            there = text[start:end] if start >= 0 else ""
            for known in self.forms.get((offset, there.lower()), ()):
                if known.is_written(there) and not (there[-1].isalnum() and text[end : end + 1].isalnum()):
                    return known, start, end
        return None


@dataclass(slots=True)
class _InsideWords:
    """Values that are found inside longer words as well: by their first letters, then by their length."""

    types: dict[str, str] = field(default_factory=dict)
    lengths: dict[str, list[int]] = field(default_factory=dict)

    def add(self, type_: str, value: str) -> None:
        self.types[value] = type_
        lengths = self.lengths.setdefault(value[:SHORTEST_INSIDE_WORDS], [])
        if len(value) not in lengths:
            lengths.append(len(value))

    def find(self, text: str) -> Iterator[tuple[str, int, int]]:
        """Give type, start and end of every place of a value, overlapping ones included."""
        for start, length in self._candidates(text):
            type_ = self.types.get(text[start : start + length])
            if type_ is not None:
                yield type_, start, start + length

    def _candidates(self, text: str) -> Iterator[tuple[int, int]]:
        if len(self.lengths) <= FEW:
            places = ((begin, start) for begin in self.lengths for start in _places(text, begin))
        else:
            last = len(text) - SHORTEST_INSIDE_WORDS
            places = ((text[start : start + SHORTEST_INSIDE_WORDS], start) for start in range(last + 1))
        for begin, start in places:
            for length in self.lengths.get(begin, ()):
                yield start, length


def _places(text: str, part: str) -> Iterator[int]:
    start = text.find(part)
    while start >= 0:
        yield start
        start = text.find(part, start + 1)


class KnownValues:
    """The values recognised so far, ready to be found again."""

    def __init__(self) -> None:
        self._by_first_word: dict[str, _Alike] = {}
        self._inside_words = _InsideWords()
        self._seen: set[str] = set()

    def add(self, type_: str, value: str) -> None:
        """Remember a value; of a person's full name remember the parts as well."""
        if value in self._seen or len(value) < SHORTEST or _is_rest_of_an_address(type_, value):
            return
        self._seen.add(value)
        self._index(type_, value, SEEN_BEFORE, is_any_case=_may_change_case(type_, value))
        if type_ not in WHOLE_WORD_TYPES and len(value) >= SHORTEST_INSIDE_WORDS:
            self._inside_words.add(type_, value)
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
        for place, alike in self._first_words(text):
            found = alike.at(text, place)
            if found:
                known, start, end = found
                yield Finding(known.type, start, end, 0.9, known.reason)
        for type_, start, end in self._inside_words.find(text):
            yield Finding(type_, start, end, 0.9, SEEN_BEFORE)

    def _first_words(self, text: str) -> Iterator[tuple[int, _Alike]]:
        """Give every word with which a value begins, in order: few are searched for, many are looked up."""
        folded = text.lower()
        if len(self._by_first_word) > FEW or len(folded) != len(text):
            for word in WORD.finditer(text):
                alike = self._by_first_word.get(word[0].lower())
                if alike is not None:
                    yield word.start(), alike
            return
        found = [
            (place, alike)
            for first, alike in self._by_first_word.items()
            for place in _places(folded, first)
            if _is_whole_word(folded, place, place + len(first))
        ]
        yield from sorted(found, key=lambda one: one[0])

    def _index(self, type_: str, value: str, reason: str, *, is_any_case: bool) -> None:
        first = WORD.search(value)
        if first is not None:
            known = _Known(type_, value, value.lower(), first.start(), is_any_case, reason)
            self._by_first_word.setdefault(first[0].lower(), _Alike()).add(known)


def _is_whole_word(text: str, start: int, end: int) -> bool:
    return not (start and text[start - 1].isalnum()) and not text[end : end + 1].isalnum()


def _is_rest_of_an_address(type_: str, value: str) -> bool:
    """Say whether a value is but the everyday word that was left of an address: `Street`, without name or number."""
    return type_ == vocabulary.ADDRESS and value.lower() in words.dictionary()


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
