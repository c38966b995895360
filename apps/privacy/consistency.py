"""
What was recognised once is masked everywhere: in any case, as a possessive, by the surname alone, as a user name.

The index is by first word and then by length, so a text is walked once however many values are known, and however many
of them begin alike.
"""

from __future__ import annotations

import re
from bisect import insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from apps.privacy import variants, vocabulary, words
from apps.privacy.findings import Finding
from apps.privacy.tagger.tokens import DENSE, DENSE_CHARACTER, DENSE_MARKS, MARKS

LATIN: Final = r"A-Za-z\u00c0-\u024f\d"
"""Letters and digits that begin a word behind marks: those of other scripts go on with one."""

WORD: Final = re.compile(rf"(?:[^\W_{DENSE}](?:[{MARKS}]+(?![{LATIN}]))?)+[{MARKS}]*|(?:[{DENSE}][{MARKS}]*)+")
"""
A word with the marks on its letters.

One in Latin letters ends where Chinese begins, and begins anew behind a mark: marks are laid over words to hide them.
"""

RUNS_ON: Final = re.compile(
    rf"(?<=[^\W_{DENSE}])[{MARKS}]*[^\W_{DENSE}]|(?<=[{MARKS}])(?<![{DENSE_MARKS}])[{MARKS}]*[^\W_{DENSE}{LATIN}]"
    rf"|(?<=[{DENSE}{DENSE_MARKS}])[{MARKS}]*[{DENSE}]"
)
"""Where a word does not end, nor begin, at the place at which this matches. Marks behind a word do not change it."""

ENDS_WITH_MARKS: Final = re.compile(f"[{MARKS}]+\\Z")
SHORTEST_DENSE: Final = 2
"""Characters of a name in a script without blanks, which is looked for inside longer runs as well."""

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
                if known.is_written(there) and (
                    DENSE_CHARACTER.match(there, -1 + len(there)) or not _runs_on(text, end)
                ):
                    return known, start, end
        return None


@dataclass(slots=True)
class _InsideWords:
    """Values that are found inside longer words as well: by their first letters, then by their length."""

    begin: int
    types: dict[str, str] = field(default_factory=dict)
    lengths: dict[str, list[int]] = field(default_factory=dict)

    def add(self, type_: str, value: str) -> None:
        self.types[value] = type_
        lengths = self.lengths.setdefault(value[: self.begin], [])
        if len(value) not in lengths:
            insort(lengths, len(value), key=lambda length: -length)

    def find(self, text: str) -> Iterator[tuple[str, int, int]]:
        """Give type, start and end of the longest value at every place where one begins: they may overlap."""
        for start, lengths in self._candidates(text):
            for length in lengths:
                type_ = self.types.get(text[start : start + length])
                if type_ is not None:
                    yield type_, start, start + length
                    break

    def _candidates(self, text: str) -> Iterator[tuple[int, Sequence[int]]]:
        if len(self.lengths) <= FEW:
            places = ((begin, start) for begin in self.lengths for start in _places(text, begin))
        else:
            last = len(text) - self.begin
            places = ((text[start : start + self.begin], start) for start in range(last + 1))
        for begin, start in places:
            lengths = self.lengths.get(begin)
            if lengths is not None:
                yield start, lengths


def _places(text: str, part: str) -> Iterator[int]:
    start = text.find(part)
    while start >= 0:
        yield start
        start = text.find(part, start + 1)


class KnownValues:
    """The values recognised so far, ready to be found again."""

    def __init__(self) -> None:
        self._by_first_word: dict[str, _Alike] = {}
        self._inside_words = _InsideWords(SHORTEST_INSIDE_WORDS)
        self._dense = _InsideWords(SHORTEST_DENSE)
        self._seen: set[str] = set()

    def add(self, type_: str, value: str) -> None:
        """Remember a value; of a person's full name remember the parts as well."""
        if value in self._seen or len(value) < SHORTEST or _is_rest_of_an_address(type_, value):
            return
        self._seen.add(value)
        if DENSE_CHARACTER.match(value) and len(value) >= SHORTEST_DENSE:
            self._dense.add(type_, value)
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
        for values in (self._inside_words, self._dense):
            for type_, start, end in values.find(text):
                yield Finding(type_, start, end, 0.9, SEEN_BEFORE)

    def _first_words(self, text: str) -> Iterator[tuple[int, _Alike]]:
        """Give every word with which a value begins, in order: few are searched for, many are looked up."""
        folded = text.lower()
        if len(self._by_first_word) > FEW or len(folded) != len(text):
            for word in WORD.finditer(text):
                for written in _with_and_without_marks(word[0].lower()):
                    alike = self._by_first_word.get(written)
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
    return not _runs_on(text, start) and not _runs_on(text, end)


def _runs_on(text: str, place: int) -> bool:
    """Say whether a word runs over a place. Latin letters and those of scripts without blanks make no word together."""
    return RUNS_ON.match(text, place) is not None


def _with_and_without_marks(word: str) -> Iterator[str]:
    """Give a word as it is written, and without the marks at its end: an Arabic case ending makes no other name."""
    yield word
    if not word[-1].isalnum():
        yield ENDS_WITH_MARKS.sub("", word)


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
