"""From odds for tokens to names: where they begin and end, and how sure the model is of each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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

NAMES, PLAIN = 3, 8 | 64
"""
The lexicon's flags of first names and surnames, and of words written in lower case in a language it knows: one of the
seven, or another.
"""

RIVAL: Final = 0.7
"""A token is no name of a kind if another kind is more likely by half."""

RIVAL_PLACE: Final = 1.4
"""Nor if it is nearly as likely a place: `Answer: Paris`."""

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
    odds: Floats = tagged.odds[:, first] + tagged.odds[:, first + 1]
    if not (odds >= surely).any():
        return
    run: dict[int, float] = {}
    last = -1
    for row, begins, continues, own in _likely(kind, tagged, odds, hardly):
        is_next = bool(run) and row == last + 1 and (kind == ADDRESS or continues >= begins)
        if run and not (is_next and _belongs(kind, text, tagged, row)):
            yield from _span(kind, run, tagged, surely)
            run = {}
        run[row] = own
        last = row
    yield from _span(kind, run, tagged, surely)


def _likely(kind: str, tagged: Tagged, odds: Floats, hardly: float) -> Iterator[tuple[int, float, float, float]]:
    """
    Give the tokens that may belong to a name of a kind: number, odds of beginning and continuing one, and of both.

    A town beside a street is part of the address. There are few of them, so this is no matter of arrays.
    """
    begins = 1 + 2 * KINDS.index(kind)
    town = 1 + 2 * KINDS.index(LOCATION)
    reached = odds + tagged.odds[:, town] + tagged.odds[:, town + 1] if kind == ADDRESS else odds
    rows = np.flatnonzero(reached >= hardly)
    for row, values in zip(rows.tolist(), tagged.odds[rows].tolist(), strict=True):
        own = values[begins] + values[begins + 1]
        rival = max(values[other] + values[other + 1] for other in range(1, len(values), 2) if other != begins)
        place = values[town] + values[town + 1] if kind == PERSON else 0.0
        own = 0.0 if own < max(RIVAL * rival, RIVAL_PLACE * place) else own
        if own + (values[town] + values[town + 1] if kind == ADDRESS else 0) >= hardly:
            yield row, values[begins], values[begins + 1], own


def _belongs(kind: str, text: str, tagged: Tagged, row: int) -> bool:
    between = text[tagged.ends[row - 1] : tagged.starts[row]]
    return BELONGS_INSIDE.get(kind, OTHER_INSIDE).fullmatch(between) is not None


def _span(kind: str, run: Mapping[int, float], tagged: Tagged, surely: float) -> Iterator[Span]:
    highest = max(run.values(), default=0.0)
    if highest >= surely:
        rows = list(run)
        is_word = (tagged.kinds[rows] < tokens.DIGITS).tolist()
        words = [flags for flags, counts in zip(tagged.flags[rows].tolist(), is_word, strict=True) if counts]
        is_worded = bool(words) and all(flags & PLAIN and not flags & NAMES for flags in words)
        yield Span(kind, int(tagged.starts[rows[0]]), int(tagged.ends[rows[-1]]), highest, is_worded)
