"""
See through disguises: a normalised view of a text for matching, with exact offsets back into the original.

Full-width and other scripts' digits become ASCII, odd spaces and dashes plain ones, zero-width characters vanish,
Cyrillic and Greek letters inside a Latin word become the Latin letters they look like.
"""

# ruff: noqa: E501 - a list of characters is read whole

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Final

REMOVED: Final = "\u00ad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufe0e\ufe0f\ufeff"
HAS_REMOVED: Final = re.compile(f"[{REMOVED}]")
SPACES: Final = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
DASHES: Final = "\u2010\u2011\u2012\u2212\ufe58\ufe63\uff0d"
QUOTES: Final = {"\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u201c": '"', "\u201d": '"'}
LOOK_ALIKES: Final = dict(
    zip(
        "асеорхуіјѕԁһвкмнтАВСЕНІЈКМОРЅТХУΑΒΕΖΗΙΚΜΝΟΡΤΥΧο",
        "aceopxyijsdhbkmhtABCEHIJKMOPSTXYABEZHIKMNOPTYXo",
        strict=True,
    )
)
MIXED_WORD: Final = re.compile(r"(?=[^\W\d_]*[A-Za-z])(?=[^\W\d_]*[\u0370-\u03ff\u0400-\u052f])[^\W\d_]+")
SURROGATE: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class View:
    """A text as recognisers read it. `starts` maps its offsets to the original's; None means they are the same."""

    text: str
    starts: list[int] | None

    def to_original(self, start: int, end: int) -> tuple[int, int]:
        """Map a span, given in offsets of the view, to the original text."""
        if self.starts is None:
            return start, end
        return self.starts[start], self.starts[end - 1] + 1


def view(text: str) -> View:
    """Normalise `text` for matching. ASCII comes back as it is; anything else costs a few passes over it."""
    if text.isascii():
        return View(text, None)
    plain = SURROGATE.sub("\ufffd", text).translate(_table())
    plain = MIXED_WORD.sub(lambda match: match[0].translate(_look_alikes()), plain)
    if not HAS_REMOVED.search(plain):
        return View(plain, None)
    starts = [offset for offset, character in enumerate(plain) if character not in REMOVED]
    return View("".join(plain[offset] for offset in starts), starts)


@cache
def _table() -> dict[int, str]:
    """Map single characters to single characters: the length of a text never changes by it."""
    table = {ord(space): " " for space in SPACES} | {ord(dash): "-" for dash in DASHES}
    table |= {ord(quote): plain for quote, plain in QUOTES.items()}
    table |= {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if code != 0xFF0D}
    for code in range(0x80, 0x20000):
        digit = unicodedata.decimal(chr(code), None)
        if digit is not None:
            table[code] = str(digit)
    return table


@cache
def _look_alikes() -> dict[int, str]:
    return {ord(disguise): letter for disguise, letter in LOOK_ALIKES.items()}
