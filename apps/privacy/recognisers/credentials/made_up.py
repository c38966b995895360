"""Values that nobody drew: a key with its letters crossed out, one character over and over, the alphabet counted up."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import regex

MOST_JUDGED: Final = 200
"""So many characters are enough to judge a value; keeps a long line cheap."""

CROSSED_OUT: Final = regex.compile(r"[xX]{8}|\*{4}|\.{4}|0{12}|_{6}|#{4}|…")
MOSTLY: Final = 0.6
SHORTEST_CROSSED_OUT: Final = 16
SHORTEST_RUN: Final = 4
"""Three letters in order happen by chance in a value of forty characters, four hardly ever."""


def is_crossed_out(text: str) -> bool:
    """Say whether a value shows the form of a key only: letters crossed out, or one character more often than all."""
    text = text[:MOST_JUDGED]
    if CROSSED_OUT.search(text):
        return True
    if len(text) < SHORTEST_CROSSED_OUT:
        return False
    lower = text.lower()
    return max(map(lower.count, set(lower))) > MOSTLY * len(text)


def is_counted(text: str) -> bool:
    """Say whether most of a value goes up or down by one, letters and digits each for themselves: ``a1B2c3D4``."""
    lower = text[:MOST_JUDGED].lower()
    letters = [ord(one) for one in lower if one.isalpha()]
    digits = [ord(one) for one in lower if one.isdigit()]
    return _in_order(letters) + _in_order(digits) >= MOSTLY * max(1, len(letters) + len(digits))


def _in_order(codes: list[int]) -> int:
    """Count the members of runs that go up or down by one; 9 is beside 0, and z beside a."""
    counted, length = 0, 1
    for before, after in pairwise([*codes, 0]):
        if abs(after - before) in {1, 9, 25}:
            length += 1
            continue
        counted += length if length >= SHORTEST_RUN else 0
        length = 1
    return counted
