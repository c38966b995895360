"""
The company's own words: find customers, projects, code names and staff in a text, and what is never masked.

A text costs the same however many terms there are: each of its words is looked up as a possible first word of a term,
and only then are the words behind it joined. Matching sees through case, accents and whatever blanks, line breaks,
hyphens or quotes stand between the words; the longest term wins. Free of Django, so that the engine's process can use
it.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate
from typing import Final, NamedTuple

from apps.privacy import normalise, overlaps, words
from apps.privacy import vocabulary as v
from apps.privacy.findings import Finding

MOST_WORDS: Final = 12
FEWEST_CHARACTERS: Final = 2
WIDEST_GAP: Final = 24
SHORTEST_JOINED: Final = 8
SHORTEST_SURNAME: Final = 4
SHORTEST_NUMBER: Final = 6
IN_THE_DICTIONARY: Final = "In the company's dictionary"
IN_THE_DIRECTORY: Final = "In the company's directory of people"

ALLOWED: Final = "ALLOWED"
STAFF_NAME: Final = "STAFF_NAME"
STAFF_USERNAME: Final = "STAFF_USERNAME"
STAFF_EMAIL: Final = "STAFF_EMAIL"
_STAFF_SURNAME: Final = "STAFF_SURNAME"
TYPE_OF_KIND: Final = {
    "CUSTOMER": v.ORGANIZATION,
    "ORGANIZATION": v.ORGANIZATION,
    "PROJECT": v.PROJECT,
    "CODE_NAME": v.CODE_NAME,
    "PERSON": v.PERSON,
    "PRODUCT": v.PRODUCT,
    "OTHER": v.COMPANY_TERM,
    STAFF_NAME: v.PERSON,
    _STAFF_SURNAME: v.PERSON,
    STAFF_USERNAME: v.USERNAME,
    STAFF_EMAIL: v.EMAIL,
}
_STAFF: Final = frozenset({STAFF_NAME, STAFF_USERNAME, STAFF_EMAIL})
SURE: Final = 0.95
SURNAME_ALONE: Final = 0.75

_SINGLE: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
"""Scripts that put no blanks between words: each character counts as a word."""
_LETTER: Final = rf"[^\W_{_SINGLE}]"
WORD: Final = re.compile(rf"{_LETTER}+(?:[\u0300-\u036f]+{_LETTER}*)*|[{_SINGLE}]")
_APART: Final = re.compile(f"({WORD.pattern})")
_LOOSE: Final = re.compile(r"[\s\-\u2013_*>|`\"'~]+")
_STROKED: Final = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "\u0131": "i", "æ": "ae", "œ": "oe"})
_WRITTEN_OUT: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_PLAIN: Final = re.compile(r"[A-Za-z0-9]+(?: [A-Za-z0-9]+)*", re.ASCII)


class Term(NamedTuple):
    """One entry as the matcher takes it: its kind, the words as written, and whether case and accents count."""

    kind: str
    text: str
    is_exact: bool = False


@dataclass(frozen=True, slots=True)
class Sightings:
    """What the dictionary says about one text: what must be masked, and the places that need not be, in order."""

    findings: tuple[Finding, ...] = ()
    allowed: tuple[tuple[int, int], ...] = ()

    def is_allowed(self, finding: Finding) -> bool:
        """Say whether a guess lies inside a term that is never masked. What check digits or rules prove stays."""
        if finding.score >= overlaps.STRONG:
            return False
        before = bisect_right(self.allowed, (finding.start, sys.maxsize))
        return before > 0 and finding.end <= self.allowed[before - 1][1]


@dataclass(frozen=True, slots=True)
class _Reading:
    """One meaning of a key: its kind, and how it must be written ("" for in any case)."""

    kind: str
    written: str = ""
    has_capital: bool = False

    def fits(self, key: str) -> bool:
        """Say whether the words as they stand in the text (`key`, unfolded) may have this meaning."""
        return (not self.written or self.written == key) and (not self.has_capital or key[:1].isupper())


class Dictionary:
    """The terms of one version, indexed by their folded words. Of two meanings of one term the first added counts."""

    def __init__(self, terms: Iterable[Term] = ()) -> None:
        self._readings: dict[str, str | tuple[_Reading, ...]] = {}
        self._most_words: dict[str, int] = {}
        """For every word that a term begins with, how many words the longest such term has."""
        for term in terms:
            self._add(term)

    def look(self, text: str) -> Sightings:
        """Find every term in `text`, which is a normalised view; offsets are into it. Linear in the text."""
        if not self._readings:
            return Sightings()
        findings: list[Finding] = []
        allowed: list[tuple[int, int]] = []
        for start, end, kind in self._find(text):
            if kind == ALLOWED:
                allowed.append((start, end))
            else:
                findings.append(_finding(kind, start, end))
        return Sightings(tuple(findings), tuple(allowed))

    def _find(self, text: str) -> Iterator[tuple[int, int, str]]:
        parts = _Parts.of(text)
        most_words = self._most_words
        position = 0
        for index in [index for index, word in enumerate(parts.folded) if word in most_words]:
            if index >= position:
                found = self._longest(parts, index)
                if found is not None:
                    position = found[0]
                    yield parts.start(index), parts.end(position - 1), found[1]

    def _longest(self, parts: _Parts, first: int) -> tuple[int, str] | None:
        """Give the word behind the longest term that begins with word number `first`, and the term's kind."""
        key, best = parts.folded[first], None
        folded, gaps, readings = parts.folded, parts.gaps, self._readings
        last = min(first + self._most_words[key], len(folded))
        for index in range(first, last):
            if index > first:
                gap = gaps[index] if gaps[index] == " " else _gap(gaps[index])
                if gap is None:
                    break
                key += gap + folded[index]
            if key in readings:
                kind = _kind(readings[key], parts, first, index)
                best = best if kind is None else (index + 1, kind)
        return best

    def _add(self, term: Term) -> None:
        if term.kind in _STAFF:
            self._add_staff(term)
        elif term.is_exact:
            self._put_guarded(key_of(term.text), _Reading(term.kind, written_of(term.text)))
        else:
            self._put_forms(term.text, term.kind, is_person=term.kind == "PERSON")

    def _add_staff(self, term: Term) -> None:
        """Take a person in, by the surname alone too. What is short or an everyday word is not looked for by itself."""
        is_name = term.kind == STAFF_NAME
        text = _surname_last(term.text) if is_name else term.text
        key = key_of(text)
        if not _tells_a_person(key):
            return
        self._put_forms(text, term.kind, is_person=is_name)
        surname = key_of(text.rpartition(" ")[2])
        if is_name and surname != key and _tells_a_person(surname):
            self._put_guarded(surname, _Reading(_STAFF_SURNAME, has_capital=True))

    def _put_forms(self, text: str, kind: str, *, is_person: bool) -> None:
        """Put a term and the other ways to write it: run together, surname first, umlauts written out."""
        text = _surname_last(text) if is_person else text
        key = key_of(text)
        self._put(key, kind)
        if not text.isascii() and text.translate(_WRITTEN_OUT) != text:
            self._put(key_of(text.translate(_WRITTEN_OUT)), kind)
        if " " in key:
            joined = key.replace(" ", "")
            if len(joined) >= SHORTEST_JOINED:
                self._put(joined, kind)
        first, _, last = text.rpartition(" ")
        if is_person and first:
            self._put(f"{key_of(last)} {key_of(first)}", kind)
            self._put(f"{key_of(last)},{key_of(first)}", kind)

    def _put(self, key: str, kind: str) -> None:
        """Give a key its meaning in any case, unless it has one."""
        there = self._readings.setdefault(key, kind)
        if not isinstance(there, str):
            self._readings[key] = _merged(there, _Reading(kind))
        if key.isalnum() and key.isascii():
            self._most_words.setdefault(key, 1)
        else:
            self._count_words(key)

    def _put_guarded(self, key: str, reading: _Reading) -> None:
        """Give a key a meaning that depends on how it is written; one in any case holds anyway."""
        there = self._readings.get(key)
        if reading.written or not isinstance(there, str):
            self._readings[key] = _merged(there, reading)
            self._count_words(key)

    def _count_words(self, key: str) -> None:
        found = WORD.findall(key)
        if found and len(found) > self._most_words.get(found[0], 0):
            self._most_words[found[0]] = len(found)


@dataclass(frozen=True, slots=True)
class _Parts:
    """A text taken apart: its words, folded, what stands before each of them, and where they begin and end."""

    text: str
    folded: list[str]
    gaps: list[str]
    edges: list[int]

    @classmethod
    def of(cls, text: str) -> _Parts:
        pieces = _APART.split(text)
        folded = [word.lower() if word.isascii() else _folded(word) for word in pieces[1::2]]
        return cls(text, folded, pieces[0::2], list(accumulate(map(len, pieces))))

    def start(self, index: int) -> int:
        return self.edges[2 * index]

    def end(self, index: int) -> int:
        return self.edges[2 * index + 1]


EMPTY: Final = Dictionary()


def _kind(there: str | tuple[_Reading, ...], parts: _Parts, first: int, last: int) -> str | None:
    """Give the kind that the words `first` to `last` have as they are written here."""
    if isinstance(there, str):
        return there
    written = written_of(parts.text[parts.start(first) : parts.end(last)])
    return next((reading.kind for reading in there if reading.fits(written)), None)


def key_of(term: str) -> str:
    """Give the form in which terms are compared: folded words, between them a blank or the sign that stands there."""
    plain = term if term.isascii() else term.translate(_without_accents())
    if _PLAIN.fullmatch(plain):
        return plain.lower()
    return _key(normalise.view(term).text, is_folded=True)


def written_of(term: str) -> str:
    """Give a term's words in exactly the letters it is written with; blanks and hyphens between them do not count."""
    return unicodedata.normalize("NFC", _key(normalise.view(term).text, is_folded=False))


def word_count(term: str) -> int:
    """Count the words of a term as the matcher sees them."""
    return len(WORD.findall(normalise.view(term).text))


def is_everyday(term: str) -> bool:
    """Say whether a term is one everyday word, so that masking it would hit much that is not meant."""
    key = key_of(term)
    return " " not in key and (key in words.dictionary() or key in words.first_names_also_words())


def _tells_a_person(key: str) -> bool:
    """Say whether words of the directory are worth looking for by themselves: several words, or one that is rare."""
    if not WORD.fullmatch(key):
        return bool(key)
    lists = (words.dictionary(), words.allowed(), words.places(), words.first_names(), words.first_names_also_words())
    is_short = len(key) < (SHORTEST_NUMBER if key.isdigit() else SHORTEST_SURNAME)
    return not is_short and not any(key in each for each in lists)


def _surname_last(name: str) -> str:
    """Tidy a name, and turn "Lopez, Maria" round."""
    last, comma, first = name.partition(",")
    return " ".join(f"{first} {last}".split() if comma and first.strip() else name.split())


def _key(text: str, *, is_folded: bool) -> str:
    pieces = _APART.split(text)
    pieces[0] = pieces[-1] = ""
    pieces[2:-1:2] = [gap if gap == " " else _sign_between(gap) for gap in pieces[2:-1:2]]
    if is_folded:
        pieces[1::2] = [word.lower() if word.isascii() else _folded(word) for word in pieces[1::2]]
    return "".join(pieces)


def _gap(between: str) -> str | None:
    return None if len(between) > WIDEST_GAP else _sign_between(between)


def _sign_between(between: str) -> str:
    """Give what of the characters between two words must agree: a blank for whatever separates words loosely."""
    if between in {" ", ""}:
        return between
    return _LOOSE.sub("", between) or " "


@lru_cache(maxsize=20_000)
def _folded(word: str) -> str:
    """Give a word without case, accents and strokes."""
    if word.isascii():
        return word.lower()
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(each for each in apart if each.isalnum()).translate(_STROKED)


@cache
def _without_accents() -> dict[int, str]:
    """Map Latin letters with accents to what `_folded` makes of them: the short way for most names."""
    return {code: _folded(chr(code)) for code in [*range(0xC0, 0x250), *range(0x1E00, 0x1F00)] if chr(code).isalpha()}


def _merged(there: str | tuple[_Reading, ...] | None, new: _Reading) -> tuple[_Reading, ...]:
    """Add a meaning to those of the same key; those that ask for an exact writing come first."""
    before = (_Reading(there),) if isinstance(there, str) else there or ()
    if new in before:
        return before
    return tuple(sorted([*before, new], key=lambda reading: not reading.written))


def _finding(kind: str, start: int, end: int) -> Finding:
    reason = IN_THE_DIRECTORY if kind.startswith("STAFF") else IN_THE_DICTIONARY
    return Finding(TYPE_OF_KIND[kind], start, end, SURNAME_ALONE if kind == _STAFF_SURNAME else SURE, reason)
