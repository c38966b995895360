"""From odds for tokens to names: where they begin and end, and how sure the model is of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from apps.privacy.tagger import tokens
from apps.privacy.tagger.labels import ADDRESS, KINDS, LOCATION, PERSON
from apps.privacy.tagger.network import Floats, Tagged

BELONGS_INSIDE: Final = {
    PERSON: re.compile(r"[ \u00a0]{0,2}|[-'\u2019.]|\. |, "),
    ADDRESS: re.compile(r"[ \u00a0]{0,2}|[-'\u2019./#]|, ?|\. |,? ?\r?\n {0,8}"),
}
"""What may stand between two tokens of one name; signs are tokens too, so this is about blanks and line ends."""

NAMES, PLAIN = 3, 8
"""The lexicon's flags of first names and surnames, and of words written in lower case in a language it knows."""

RIVAL: Final = 0.7
"""A token is no name of a kind if another kind is more likely by half."""

OTHER_INSIDE: Final = re.compile(r"[ \u00a0]{0,2}")


@dataclass(frozen=True, slots=True)
class Span:
    """
    A name in ``text[start:end]``; `odds` is the model's certainty at its surest token.

    `is_worded` says that the lexicon knows all of its words as ordinary ones and none as a name.
    """

    kind: str
    start: int
    end: int
    odds: float
    is_worded: bool = False


def spans_of(kind: str, text: str, tagged: Tagged, *, surely: float, hardly: float) -> Iterator[Span]:
    """
    Give the names of one kind: runs of tokens of which one has odds of at least `surely`, all at least `hardly`.

    A token that rather begins a name than continues one starts a new span.
    """
    first = 1 + 2 * KINDS.index(kind)
    begins, continues = tagged.odds[:, first], tagged.odds[:, first + 1]
    odds: Floats = begins + continues
    if not (odds >= surely).any():
        return
    odds[odds < RIVAL * _rivals(tagged, first)] = 0
    reached = odds + _town(tagged) if kind == ADDRESS else odds
    run: list[int] = []
    for row in np.flatnonzero(reached >= hardly).tolist():
        is_next = bool(run) and row == run[-1] + 1 and (kind == ADDRESS or continues[row] >= begins[row])
        if run and not (is_next and _belongs(kind, text, tagged, row)):
            yield from _span(kind, run, tagged, odds, surely)
            run = []
        run.append(row)
    yield from _span(kind, run, tagged, odds, surely)


def _rivals(tagged: Tagged, first: int) -> Floats:
    """Give for each token the odds of the likeliest other kind."""
    kinds = tagged.odds[:, 1:].reshape(-1, len(KINDS), 2).sum(-1)
    kinds[:, (first - 1) // 2] = 0
    highest: Floats = kinds.max(-1, initial=0)
    return highest


def _town(tagged: Tagged) -> Floats:
    """Give for each token the odds of a place: a town beside a street is part of the address."""
    first = 1 + 2 * KINDS.index(LOCATION)
    town: Floats = tagged.odds[:, first : first + 2].sum(-1)
    return town


def _belongs(kind: str, text: str, tagged: Tagged, row: int) -> bool:
    between = text[tagged.ends[row - 1] : tagged.starts[row]]
    return BELONGS_INSIDE.get(kind, OTHER_INSIDE).fullmatch(between) is not None


def _span(kind: str, run: list[int], tagged: Tagged, odds: Floats, surely: float) -> Iterator[Span]:
    highest = max((float(odds[row]) for row in run), default=0.0)
    if highest >= surely:
        words = tagged.flags[run][tagged.kinds[run] < tokens.DIGITS]
        is_worded = len(words) > 0 and bool(((words & PLAIN > 0) & (words & NAMES == 0)).all())
        yield Span(kind, int(tagged.starts[run[0]]), int(tagged.ends[run[-1]]), highest, is_worded)
