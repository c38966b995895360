"""
Values that the model sees in their sentence: user names, passwords, numbers of persons, telephone numbers.

What kind a value is of is often open (a number of an account, or a telephone?) where it is plain that it is somebody's:
a word is taken by the odds of all these kinds together, and named by the likeliest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from apps.privacy.tagger import tokens
from apps.privacy.tagger.labels import KINDS, PHONE, REFERENCE, SECRET, STATED, USERNAME
from apps.privacy.tagger.network import Floats, Tagged
from apps.privacy.tagger.spans import Span

SURELY: Final = {USERNAME: 0.6, SECRET: 0.7, REFERENCE: 0.5, PHONE: 0.5}
HARDLY: Final = 0.2
LONGEST: Final = 300
"""
Characters of a value, which bounds what looking at one costs. More words in a row, as in lists of numbers, are cut at a
blank; one longer word is no value: keys are as long, and those rules find.
"""

WORD: Final = re.compile(rf"\S{{0,{LONGEST}}}")
FIRST: Final = 1 + 2 * KINDS.index(STATED[0])
INSIDE: Final = {
    USERNAME: re.compile(r""),
    SECRET: re.compile(r"[ \u00a0]?"),
    REFERENCE: re.compile(r"[ \u00a0]?"),
    PHONE: re.compile(r"[ \u00a0]{0,2}"),
}
"""What may stand between two words of one value; signs are words too, so this is about blanks."""


@dataclass(slots=True)
class _Run:
    """Words of one value, one behind the other, and the sums of their odds."""

    first: int
    last: int
    odds: Floats

    @property
    def kind(self) -> str:
        """The likeliest kind of all words together."""
        return STATED[int((self.odds[::2] + self.odds[1::2]).argmax())]


def find(text: str, tagged: Tagged) -> Iterator[Span]:
    """Give the values in a piece of text, in order."""
    together: Floats = tagged.odds[:, FIRST:].sum(1)
    rows = np.flatnonzero(together >= HARDLY)
    if not len(rows) or together.max() < min(SURELY.values()):
        return
    run: _Run | None = None
    for row in rows.tolist():
        if run is not None and _goes_on(text, tagged, run, row):
            run.last = row
            run.odds += tagged.odds[row, FIRST:]
            continue
        if run is not None:
            yield from _value(tagged, run, together)
        run = _Run(row, row, tagged.odds[row, FIRST:].copy())
    if run is not None:
        yield from _value(tagged, run, together)


def _goes_on(text: str, tagged: Tagged, run: _Run, row: int) -> bool:
    """Say whether a word belongs to the value before it."""
    if row == run.last + 2 and _is_joint(tagged, run.last + 1):
        return bool(tagged.ends[row] - tagged.starts[run.first] <= LONGEST)
    if row != run.last + 1:
        return False
    between = text[tagged.ends[run.last] : tagged.starts[row]]
    if not between:
        return True
    odds, word = tagged.odds[row], WORD.match(text, tagged.starts[row])
    is_another = odds[FIRST::2].sum() > odds[FIRST + 1 :: 2].sum()
    is_full = word is not None and word.end() - tagged.starts[run.first] > LONGEST
    return not is_another and not is_full and INSIDE[run.kind].fullmatch(between) is not None


def _is_joint(tagged: Tagged, row: int) -> bool:
    """Say whether a sign that the model is not sure of stands right between two words of a value: `2209/KL`."""
    is_glued = tagged.ends[row - 1] == tagged.starts[row] and tagged.ends[row] == tagged.starts[row + 1]
    return bool(is_glued and tagged.kinds[row] == tokens.SIGN)


def _value(tagged: Tagged, run: _Run, together: Floats) -> Iterator[Span]:
    highest = float(together[run.first : run.last + 1].max())
    start, end = int(tagged.starts[run.first]), int(tagged.ends[run.last])
    if highest >= SURELY[run.kind] and end - start <= LONGEST:
        yield Span(run.kind, start, end, highest)
