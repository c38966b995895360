"""
What the name model sees of a text: its tokens, and for each word form the rows of the tables that describe it.

A token is a run of letters with the marks on them, a run of digits, or a sign. Scripts that put no blanks between words
(Chinese, Japanese, Thai, Lao, Khmer, Burmese), and Korean, which glues endings to names, are read character by
character, each with its neighbours. Training and product share this file, so a change here needs new weights. Needs
nothing but the standard library.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

TOKEN: Final = re.compile(r"[^\W\d_]+|\d+|_+|([^\w\s])\1*")
"""A run of letters, a run of digits, or the same sign once or more, in letters without marks. Linear in the text."""

HAN: Final = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
KANA: Final = "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9d"
HANGUL: Final = "\uac00-\ud7a3"
UNSPACED: Final = (
    "\u0e01-\u0e30\u0e32\u0e33\u0e40-\u0e46\u0e81-\u0eb0\u0eb2\u0eb3\u0ebd-\u0ec6\u0edc-\u0edf"
    "\u1000-\u102a\u103f\u1050-\u1055\u1780-\u17b3"
)
"""Letters of Thai, Lao, Burmese and Khmer."""

DENSE: Final = HAN + KANA + HANGUL + UNSPACED
"""Characters each of which is a token of its own."""

DENSE_CHARACTER: Final = re.compile(f"[{DENSE}]")


def _ranges(codes: Iterable[int]) -> str:
    """Write rising code points as the inside of a character class."""
    runs: list[list[int]] = []
    for code in codes:
        if runs and code == runs[-1][1] + 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in runs)


MARKS: Final = (
    _ranges(code for code in range(0x300, 0x3000) if unicodedata.category(chr(code))[0] == "M") + "\u200c\u200d"
)
"""Vowel signs, accents and the like, and the two joiners: no letters, and no end of a word either."""

DENSE_MARKS: Final = (
    "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u1056-\u1059\u17b4-\u17d3\u17dd"
)
"""Those of `MARKS` that stand on letters of Thai, Lao, Burmese and Khmer."""

HAS_DENSE_OR_MARKS: Final = re.compile(f"[{DENSE}{MARKS}]")
DENSE_OR_MARKED: Final = re.compile(rf"([{DENSE}][{MARKS}]*)|(?:[^\W\d_{DENSE}][{MARKS}]*)+|\d+|_+|([^\w\s])\2*")
"""As `TOKEN`, with marks as parts of words and with one character of a dense script at a time."""

NEIGHBOURS: Final = "\n"
"""What stands between a character and its neighbours in the written form of a dense token: no token has it inside."""

WORD_ROWS: Final = 1 << 16
GRAM_ROWS: Final = 1 << 16
ABROAD_WORD_ROWS: Final = 1 << 15
ABROAD_GRAM_ROWS: Final = 1 << 16
"""Rows for words that are not in Latin letters, behind those that are: learning the one leaves the other alone."""

GRAM_SIZES: Final = (3, 4, 5)
GRAM_SIZES_ABROAD: Final = (2, 3, 4)
"""Arabic and Hebrew leave vowels out, so their words are shorter."""

NO_KEY: Final = 0
"""The key of what no list has."""

LONGEST: Final = 24
"""Letters of a word that are looked at; what is longer is hardly a word."""

KINDS: Final = 8
LENGTHS: Final = 6
SCRIPTS: Final = 4
SHAPE_ROWS: Final = KINDS * LENGTHS * SCRIPTS
LENGTH_STEPS: Final = (1, 2, 3, 6, 10)
GREEK_OR_CYRILLIC: Final = 2
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


def cut(text: str) -> tuple[list[str], list[int]]:
    """
    Give the tokens of a text as they are written, and start and end of each, one behind the other.

    The written form of a character of a dense script has its neighbours in it, so that forms can be described by
    themselves.
    """
    words: list[str] = []
    edges: list[int] = []
    if text.isascii() or HAS_DENSE_OR_MARKS.search(text) is None:
        for match in TOKEN.finditer(text):
            words.append(match[0])
            edges += match.span()
        return words, edges
    dense: list[bool] = []
    for match in DENSE_OR_MARKED.finditer(text):
        words.append(match[0])
        edges += match.span()
        dense.append(match[1] is not None)
    return _with_neighbours(words, edges, dense), edges


def _with_neighbours(words: list[str], edges: list[int], dense: list[bool]) -> list[str]:
    """Write dense tokens with the dense tokens that stand right beside them."""
    last = len(words) - 1
    return [
        NEIGHBOURS.join(
            (
                words[row - 1] if row and dense[row - 1] and edges[2 * row - 1] == edges[2 * row] else "",
                word,
                words[row + 1] if row < last and dense[row + 1] and edges[2 * row + 1] == edges[2 * row + 2] else "",
            )
        )
        if dense[row]
        else word
        for row, word in enumerate(words)
    ]


def describe(token: str) -> Form:
    """Describe one token. Digits count by their number only, letters in any case and with their accents."""
    if NEIGHBOURS in token:
        return _describe_dense(token)
    token = token[:LONGEST]
    kind = kind_of(token)
    plain = "0" * len(token) if kind == DIGITS else token.lower()
    key = crc(plain)
    script = _script(token)
    is_abroad = script >= GREEK_OR_CYRILLIC and kind not in {DIGITS, SIGN}
    shape = (kind * LENGTHS + _length_step(token)) * SCRIPTS + script
    grams = () if kind in {DIGITS, SIGN} else _grams(plain, is_abroad=is_abroad)
    written = key if kind == DIGITS else crc(token)
    word = WORD_ROWS + key % ABROAD_WORD_ROWS if is_abroad else key % WORD_ROWS
    return Form(word, grams, shape, key, written, crc(plain.title()))


def _describe_dense(token: str) -> Form:
    """Describe a character by itself and by what it makes together with the one before and the one behind."""
    before, character, behind = token.split(NEIGHBOURS)
    parts = (f"{before}{character}<", f">{character}{behind}", f"{before}{character}{behind}<>")
    grams = tuple([GRAM_ROWS + crc(part) % ABROAD_GRAM_ROWS for part in parts])
    shape = UNCASED * LENGTHS * SCRIPTS + _dense_script(character[0])
    return Form(WORD_ROWS + crc(character) % ABROAD_WORD_ROWS, grams, shape, NO_KEY, NO_KEY, NO_KEY)


def _dense_script(character: str) -> int:
    """Give 0 for Chinese, 1 for kana, 2 for Korean, 3 for the others: rows that short Latin words leave free."""
    code = ord(character)
    if 0xAC00 <= code <= 0xD7A3:
        return 2
    if 0x3041 <= code <= 0x31FF or 0xFF66 <= code <= 0xFF9D:
        return 1
    return 0 if code >= 0x3005 else 3


def kind_of(token: str) -> int:
    """Say how a token is written: in which case, as digits, as a sign, or in letters that have no case."""
    if NEIGHBOURS in token:
        return UNCASED
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


def _grams(word: str, *, is_abroad: bool) -> tuple[int, ...]:
    """Give the rows of its n-grams of three to five letters, ends marked."""
    if is_abroad:
        return _grams_abroad(f"<{fold(word)}>")
    marked, hashed = f"<{fold(word)}>".encode("utf-8", "surrogatepass"), zlib.crc32
    rows: list[int] = []
    for size in GRAM_SIZES:
        rows += [hashed(marked[start : start + size]) % GRAM_ROWS for start in range(max(1, len(marked) - size + 1))]
    return tuple(rows)


def _grams_abroad(marked: str) -> tuple[int, ...]:
    """Give the rows of n-grams of letters, not of bytes: other scripts have two or three of these for each letter."""
    return tuple(
        GRAM_ROWS + crc(marked[start : start + size]) % ABROAD_GRAM_ROWS
        for size in GRAM_SIZES_ABROAD
        for start in range(max(1, len(marked) - size + 1))
    )


def _length_step(token: str) -> int:
    return bisect_left(LENGTH_STEPS, len(token))


def _script(token: str) -> int:
    """Give 0 for plain Latin, 1 for Latin with accents, 2 for Greek and Cyrillic, 3 for the rest."""
    if token.isascii():
        return 0
    highest = ord(max(token))
    return 1 if highest < 0x370 or 0x1E00 <= highest < 0x1F00 else 2 if highest < 0x530 else 3
