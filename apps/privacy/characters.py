"""Characters that look like others, that stand for several, or that cannot be seen."""

# ruff: noqa: E501 - a list of characters is read whole

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Final

from apps.privacy.layers import Edit
from apps.privacy.tagger.tokens import DENSE, DENSE_MARKS

REMOVED: Final = "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f\U000e0100-\U000e01ef"
SPACES: Final = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
DASHES: Final = "\u2010\u2011\u2012\u2212\ufe58\ufe63\uff0d\u00af"
DOTS: Final = "\u2024\u3002\uff61\ufe52\uff0e\u0701\u0702\ua60e"
QUOTES: Final = {"\u2018": "'", "\u2019": "'", "\u02bc": "'", "\uff07": "'", "\u201c": '"', "\u201d": '"'}
LOOK_ALIKES: Final = dict(
    zip(
        "асеорхуіјѕԁһвкмнтґѵԛԝАВСЕНІЈКМОРЅТХУЅΑΒΕΖΗΙΚΜΝΟΡΤΥΧοανρτικ",
        "aceopxyijsdhbkmhtrvqwABCEHIJKMOPSTXYSABEZHIKMNOPTYXoavptik",
        strict=True,
    )
)
MIXED_WORD: Final = re.compile(r"(?=[^\W\d_]*[A-Za-z])(?=[^\W\d_]*[\u0370-\u03ff\u0400-\u052f])[^\W\d_]+")
OTHER_SCRIPT: Final = re.compile(r"[A-Za-z][\u0370-\u03ff\u0400-\u052f]|[\u0370-\u03ff\u0400-\u052f][A-Za-z]")
SURROGATE: Final = re.compile("[\ud800-\udfff]")
HIDDEN: Final = re.compile(
    f"[{REMOVED}]+|(?P<base>[A-Za-z0-9\u00c0-\u024f\u0370-\u03ff\u0400-\u052f\u1e00-\u1fff@._-])[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f{REMOVED}]+|(?P<parts>[\u3041-\u30ff][\u3099\u309a]|[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?)|[\ufb00-\ufb06\u2025\u2460-\u2473\u24ff\u2121\u2105]"
)
LAST: Final = 0x20000
NARROW_KANA: Final = range(0xFF66, 0xFFA0)
SPACED: Final = "A-Za-z0-9\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
PARTED: Final = re.compile(f"(?<=[{DENSE}{DENSE_MARKS}])(?=[{SPACED}@])|(?<=[{SPACED}])(?=[{DENSE}])")
"""Where a script that puts no blanks between words meets letters or digits that every rule expects at a word's edge."""


def plain(text: str) -> str:
    """Replace single characters by the single characters they look like: the length never changes."""
    text = SURROGATE.sub("\ufffd", text).translate(_table())
    if OTHER_SCRIPT.search(text):
        text = MIXED_WORD.sub(lambda match: match[0].translate(_look_alikes()), text)
    return text


def edits(text: str) -> Iterator[Edit]:
    """Give the edits that take out what cannot be seen, join accents to letters, and spell out what stands for several."""
    for match in HIDDEN.finditer(text):
        base = match["base"]
        if match["parts"] is not None:
            yield match.start(), match.end(), _whole(match[0])
        elif base is None:
            spelt = unicodedata.normalize("NFKC", match[0])
            yield match.start(), match.end(), spelt if spelt.isascii() and spelt != match[0] else ""
        elif any(unicodedata.combining(mark) for mark in match[0][1:]):
            yield match.start(), match.end(), _joined(base, match[0][1:])
        else:
            yield match.start() + 1, match.end(), ""


def parted(text: str) -> Iterator[Edit]:
    """Give the edits that put blanks around Latin words and numbers in scripts that have none: `手机138…`."""
    for match in PARTED.finditer(text):
        yield match.start(), match.start() + 1, f" {text[match.start()]}"


def _joined(base: str, marks: str) -> str:
    """Give the one letter that base and accents make, or the base if there is no such letter."""
    return _whole(base + "".join(mark for mark in marks if unicodedata.combining(mark)))


def _whole(parts: str) -> str:
    """Give the one letter that parts make, or the first if there is no such letter."""
    whole = unicodedata.normalize("NFC", parts)
    return whole if len(whole) == 1 else parts[0]


@cache
def _table() -> dict[int, str]:
    """Map single characters to single characters: the length of a text never changes by it."""
    table: dict[int, str] = {}
    for code in range(0x80, LAST):
        character = chr(code)
        digit = unicodedata.decimal(character, None)
        if digit is not None:
            table[code] = str(digit)
        elif unicodedata.decomposition(character).startswith("<"):
            simple = unicodedata.normalize("NFKC", character)
            if len(simple) == 1 and simple.isascii() and simple.isprintable():
                table[code] = simple
    table |= {code: unicodedata.normalize("NFKC", chr(code)) for code in NARROW_KANA}
    table |= {ord(space): " " for space in SPACES} | {ord(dash): "-" for dash in DASHES}
    table |= {ord(dot): "." for dot in DOTS} | {ord(quote): simple for quote, simple in QUOTES.items()}
    return table


@cache
def _look_alikes() -> dict[int, str]:
    return {ord(disguise): letter for disguise, letter in LOOK_ALIKES.items()}
