"""
What the name model sees of a text: its tokens, and for each word form the rows of the tables that describe it.

Training and product share this file, so a change here needs new weights. Needs nothing but the standard library.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from bisect import bisect_left
from dataclasses import dataclass
from typing import Final

TOKEN: Final = re.compile(r"[^\W\d_]+|\d+|_+|([^\w\s])\1*")
"""A run of letters, a run of digits, or the same sign once or more. Linear in the text."""

WORD_ROWS: Final = 1 << 16
GRAM_ROWS: Final = 1 << 16
GRAM_SIZES: Final = (3, 4, 5)
LONGEST: Final = 24
"""Letters of a word that are looked at; what is longer is hardly a word."""

KINDS: Final = 8
LENGTHS: Final = 6
SCRIPTS: Final = 4
SHAPE_ROWS: Final = KINDS * LENGTHS * SCRIPTS
LENGTH_STEPS: Final = (1, 2, 3, 6, 10)
LOWER, TITLE, LETTER, UPPER, MIXED, DIGITS, SIGN, UNCASED = range(KINDS)


@dataclass(frozen=True, slots=True)
class Form:
    """
    How one written form is described: rows of the word, n-gram and shape tables, and its keys in the lists of words.

    `key` stands for the form in any case, `written` for what is written, `title` for the form with a capital.
    """

    word: int
    grams: tuple[int, ...]
    shape: int
    key: int
    written: int
    title: int

    @property
    def kind(self) -> int:
        """How it is written, as `kind_of` says."""
        return self.shape // (LENGTHS * SCRIPTS)


def describe(token: str) -> Form:
    """Describe one token. Digits count by their number only, letters in any case and with their accents."""
    token = token[:LONGEST]
    kind = kind_of(token)
    plain = "0" * len(token) if kind == DIGITS else token.lower()
    key = crc(plain)
    shape = (kind * LENGTHS + _length_step(token)) * SCRIPTS + _script(token)
    grams = () if kind in {DIGITS, SIGN} else _grams(plain)
    written = key if kind == DIGITS else crc(token)
    return Form(key % WORD_ROWS, grams, shape, key, written, crc(plain.title()))


def kind_of(token: str) -> int:
    """Say how a token is written: in which case, as digits, as a sign, or in letters that have no case."""
    if not token[0].isalpha():
        return DIGITS if token[0].isdecimal() else SIGN
    if token.islower():
        return LOWER
    if token.isupper():
        return LETTER if len(token) == 1 else UPPER
    if token[0].isupper() and token[1:].islower():
        return TITLE
    return MIXED if token != token.lower() or token != token.upper() else UNCASED


def crc(word: str) -> int:
    """Hash a word, the same on every machine."""
    return zlib.crc32(word.encode("utf-8", "surrogatepass"))


def fold(word: str) -> str:
    """Take the accents off, as people do who type in a hurry."""
    return (
        word
        if word.isascii()
        else "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
    )


def _grams(word: str) -> tuple[int, ...]:
    """Give the rows of its n-grams of three to five letters, ends marked."""
    marked, hashed = f"<{fold(word)}>".encode("utf-8", "surrogatepass"), zlib.crc32
    rows: list[int] = []
    for size in GRAM_SIZES:
        rows += [hashed(marked[start : start + size]) % GRAM_ROWS for start in range(max(1, len(marked) - size + 1))]
    return tuple(rows)


def _length_step(token: str) -> int:
    return bisect_left(LENGTH_STEPS, len(token))


def _script(token: str) -> int:
    """Give 0 for plain Latin, 1 for Latin with accents, 2 for Greek and Cyrillic, 3 for the rest."""
    if token.isascii():
        return 0
    highest = ord(max(token))
    return 1 if highest < 0x370 or 0x1E00 <= highest < 0x1F00 else 2 if highest < 0x530 else 3
