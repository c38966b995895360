"""
Values that the model sees in their sentence: user names, passwords, numbers of persons, telephone numbers.

What kind a value is of is often open (a number of an account, or a telephone?) where it is plain that it is somebody's:
a word is taken by the odds of all these kinds together, and named by the likeliest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import numpy as np

from apps.privacy.tagger.labels import KINDS, PHONE, REFERENCE, SECRET, STATED, USERNAME
from apps.privacy.tagger.network import Floats, Tagged
from apps.privacy.tagger.spans import Span

SURELY: Final = {USERNAME: 0.6, SECRET: 0.7, REFERENCE: 0.5, PHONE: 0.5}
HARDLY: Final = 0.2
LONGEST: Final = 300
"""Characters of a value; keys are longer, and those rules find. It bounds what looking at one costs."""

FIRST: Final = 1 + 2 * KINDS.index(STATED[0])
INSIDE: Final = {
    USERNAME: re.compile(r""),
    SECRET: re.compile(r"[ \u00a0]?"),
    REFERENCE: re.compile(r"[ \u00a0]?"),
    PHONE: re.compile(r"[ \u00a0]{0,2}"),
}
"""What may stand between two words of one value; signs are words too, so this is about blanks."""


def find(text: str, tagged: Tagged) -> Iterator[Span]:
    """Give the values in a piece of text, in order."""
    together: Floats = tagged.odds[:, FIRST:].sum(1)
    rows = np.flatnonzero(together >= HARDLY)
    if not len(rows) or together.max() < min(SURELY.values()):
        return
    run: list[int] = []
    for row in rows.tolist():
        if run and not _goes_on(text, tagged, run, row):
            yield from _value(tagged, run, together)
            run = []
        run.append(row)
    yield from _value(tagged, run, together)


def _goes_on(text: str, tagged: Tagged, run: list[int], row: int) -> bool:
    """Say whether a word belongs to the value before it."""
    if row != run[-1] + 1:
        return False
    between = text[tagged.ends[row - 1] : tagged.starts[row]]
    odds = tagged.odds[row]
    begins, continues = odds[FIRST::2].sum(), odds[FIRST + 1 :: 2].sum()
    if between and begins > continues:
        return False
    return INSIDE[_kind(tagged, run)].fullmatch(between) is not None


def _kind(tagged: Tagged, run: list[int]) -> str:
    odds = tagged.odds[run, FIRST:].sum(0)
    return STATED[int((odds[::2] + odds[1::2]).argmax())]


def _value(tagged: Tagged, run: list[int], together: Floats) -> Iterator[Span]:
    kind, highest = _kind(tagged, run), float(together[run].max())
    start, end = int(tagged.starts[run[0]]), int(tagged.ends[run[-1]])
    if highest >= SURELY[kind] and end - start <= LONGEST:
        yield Span(kind, start, end, highest)
