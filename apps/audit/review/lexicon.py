"""
Word lists: words, phrases and simple wildcards, found in time that grows with the text and nothing else.

No regular expression of an officer is ever run. ``*`` stands for any letters or digits of a word, ``?`` for one. Case,
accents' encoding and the space between words do not matter; a line that begins with ``#`` is a remark.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

MOST_ENTRIES: Final = 2_000
LONGEST_ENTRY: Final = 100
_WORD: Final = re.compile(r"\w+")
_PATTERN_WORD: Final = re.compile(r"[\w*?]+")
_WILD: Final = re.compile(r"[*?]")


class LexiconUnusable(Exception):
    """The word list cannot be used as it stands."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a word list and its words, folded."""

    line: str
    words: tuple[str, ...]


class Matcher:
    """A word list made ready. Each word of a text is looked up once; wildcards are tried on each distinct word once."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._by_word: dict[str, list[Entry]] = defaultdict(list)
        self._by_pattern: dict[str, list[Entry]] = defaultdict(list)
        for entry in entries:
            first = entry.words[0]
            (self._by_pattern if _WILD.search(first) else self._by_word)[first].append(entry)

    def find(self, text: str) -> list[str]:
        """List the lines that the text contains, each once, in the order in which they come."""
        words = _WORD.findall(_folded(text))
        beginning = {word: self._beginning_with(word) for word in set(words)}
        found: dict[str, None] = {}
        for place, word in enumerate(words):
            for entry in beginning[word]:
                if entry.line not in found and _stands_at(words, place, entry.words):
                    found[entry.line] = None
        return list(found)

    def _beginning_with(self, word: str) -> list[Entry]:
        wild = [entry for pattern, entries in self._by_pattern.items() if fits(pattern, word) for entry in entries]
        return [*self._by_word.get(word, ()), *wild]


def parsed(text: str) -> list[Entry]:
    """
    Read a word list, an entry a line.

    :raises LexiconUnusable: if it has no entry, too many, or one that could match nothing or everything.
    """
    entries = [_entry(number, line) for number, line in enumerate(text.splitlines(), 1) if _says_something(line)]
    if not entries:
        raise LexiconUnusable("Write at least one word or phrase, each on a line of its own.")
    if len(entries) > MOST_ENTRIES:
        raise LexiconUnusable(f"There are {len(entries):,} entries; a lexicon holds {MOST_ENTRIES:,}. Make two of it.")
    return entries


@lru_cache(maxsize=64)
def matcher(text: str) -> Matcher:
    """Make a word list ready; the same one is made ready once."""
    return Matcher(parsed(text))


def digest_of(text: str) -> str:
    """Say which word list this is: SHA-256 over its text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def fits(pattern: str, word: str) -> bool:
    """Say whether a word fits a pattern. It steps back to the last star alone: at most length times length steps."""
    at = place = kept = 0
    star = -1
    while place < len(word):
        if at < len(pattern) and pattern[at] in ("?", word[place]):
            at, place = at + 1, place + 1
        elif at < len(pattern) and pattern[at] == "*":
            star, kept, at = at, place, at + 1
        elif star >= 0:
            kept += 1
            at, place = star + 1, kept
        else:
            return False
    return all(rest == "*" for rest in pattern[at:])


def _entry(number: int, line: str) -> Entry:
    line = " ".join(line.split())
    if len(line) > LONGEST_ENTRY:
        raise LexiconUnusable(f"Line {number} is longer than {LONGEST_ENTRY} characters. Shorten it.")
    words = tuple(_PATTERN_WORD.findall(_folded(line)))
    if not words or any(not _WILD.sub("", word) for word in words):
        raise LexiconUnusable(
            f"Line {number} has a part without letters or digits, which would match everything or nothing. "
            "Write at least one letter in each word."
        )
    return Entry(line, words)


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _stands_at(words: Sequence[str], place: int, wanted: Iterable[str]) -> bool:
    return all(
        place + offset < len(words) and fits(pattern, words[place + offset]) for offset, pattern in enumerate(wanted)
    )


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
