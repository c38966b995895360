"""
The name model at work: a small convolutional network over words, in plain numpy on one core.

Each word form is a sum of rows: its hash, its n-grams, its shape, its flags in a lexicon of names and words. Where the
form stands (line, blanks, case of its line) adds one more row; then four convolutions of three words look as far as
fifteen words to each side. The first of them is linear in these rows, so what it makes of a form is kept for the forms
seen lately, and what it makes of a place is a table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from apps.privacy.tagger import tokens
from apps.privacy.tagger.weights import Weights

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

REMEMBERED_FORMS: Final = 1 << 13
BLOCK: Final = 512
LINE_END: Final = re.compile("\n")
PLACE_ROWS: Final = 16
NO_CAPITALS, MANY_CAPITALS, ALL_CAPITALS = 1, 2, 3
FEWEST_WORDS: Final = 3


@dataclass(frozen=True, slots=True)
class Tagged:
    """
    A text's tokens: places, kinds (see `tokens`), flags in the lexicon, and the model's odds for every label.

    Rows of odds sum to 1.
    """

    starts: Integers
    ends: Integers
    kinds: Integers
    flags: Integers
    odds: Floats


class Network:
    """The network and its memory of forms. Not for several threads at once."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._rows: dict[str, int] = {}
        self._first: Floats = np.concatenate(weights.kernels[0], axis=1)
        self._places: Floats = weights.place @ self._first
        self._forms: Floats = np.zeros((REMEMBERED_FORMS, self._first.shape[1]), np.float32)
        self._kinds = np.zeros(REMEMBERED_FORMS, np.int64)
        self._flags = np.zeros(REMEMBERED_FORMS, np.int64)

    def read(self, text: str) -> Tagged:
        """Tag `text` at once; give it pieces of bounded length. About 2 ms of CPU for 1,000 characters."""
        spans = [match.span() for match in tokens.TOKEN.finditer(text)]
        words = [text[start:end] for start, end in spans]
        starts, ends = np.array(spans, np.int64).reshape(-1, 2).T
        if not words:
            return Tagged(starts, ends, starts, starts, np.zeros((0, self._weights.labels), np.float32))
        rows = self._look_up(words)
        kinds = self._kinds[rows]
        places = place_rows(lines_of(text, starts), starts, ends, kinds)
        odds = self._convolve(self._forms[rows] + self._places[places])
        return Tagged(starts, ends, kinds, self._flags[rows], odds)

    def _look_up(self, words: Sequence[str]) -> Integers:
        """Give each word's row among the remembered forms; what is new is described first."""
        fresh = {word for word in words if word not in self._rows}
        if len(self._rows) + len(fresh) > REMEMBERED_FORMS:
            self._rows.clear()
            fresh = set(words)
        if len(fresh) > REMEMBERED_FORMS:
            raise ValueError("The piece is too long for the model's memory. Cut the text into smaller pieces.")
        self._remember(sorted(fresh))
        return np.array([self._rows[word] for word in words])

    def _remember(self, words: Sequence[str]) -> None:
        if not words:
            return
        forms = [tokens.describe(word) for word in words]
        first = len(self._rows)
        here = slice(first, first + len(words))
        self._forms[here] = self._weights.vectors(forms) @ self._first
        self._flags[here] = self._weights.flags_of(np.array([form.key for form in forms], np.uint32))
        self._kinds[here] = [tokens.kind_of(word) for word in words]
        self._rows.update({word: first + offset for offset, word in enumerate(words)})

    def _convolve(self, projected: Floats) -> Floats:
        """Run the layers over blocks that overlap by as much as the network sees: the result is that of the whole."""
        if len(projected) <= BLOCK:
            return self._layers(projected)
        reach = sum(self._weights.dilations)
        parts = []
        for start, end in _blocks(len(projected)):
            first, last = max(0, start - reach), min(len(projected), end + reach)
            parts.append(self._layers(projected[first:last])[start - first : end - first])
        return np.concatenate(parts)

    def _layers(self, projected: Floats) -> Floats:
        """Give the odds. The first layer's three products, side by side, are what is given."""
        weights = self._weights
        width = projected.shape[1] // 3
        before, here, after = projected[:, :width], projected[:, width:-width], projected[:, -width:]
        x = _joined(here.copy(), before, after, weights.dilations[0], weights.biases[0])
        for dilation, kernel, bias in zip(weights.dilations[1:], weights.kernels[1:], weights.biases[1:], strict=True):
            x += _joined(x @ kernel[1], x @ kernel[0], x @ kernel[2], dilation, bias)
        return _softmax(x @ weights.output + weights.output_bias)


def _joined(here: Floats, before: Floats, after: Floats, dilation: int, bias: Floats) -> Floats:
    """Add up, in `here`, what a word, the one before and the one after say, and cut off what is negative."""
    here += bias
    here[dilation:] += before[:-dilation]
    here[:-dilation] += after[dilation:]
    return np.maximum(here, 0, out=here)


def lines_of(text: str, starts: Integers) -> Integers:
    """Give the number of the line in which each token stands."""
    if "\n" not in text:
        return np.zeros(len(starts), np.int64)
    breaks = [match.start() for match in LINE_END.finditer(text)]
    return np.searchsorted(np.array(breaks, np.int64), starts)


def place_rows(lines: Integers, starts: Integers, ends: Integers, kinds: Integers) -> Integers:
    """
    Describe where tokens stand, as rows of the table of places.

    Two bits for the case of the line (ordinary, no capitals, nearly all words capitalised, all in capitals), one for
    the first token of a line, one for a blank before the token.
    """
    if lines[0] == lines[-1]:
        return _rows_of_a_line(starts, ends, kinds)
    is_first = np.ones(len(starts), bool)
    np.not_equal(lines[1:], lines[:-1], out=is_first[1:])
    firsts = np.flatnonzero(is_first)
    words = np.add.reduceat((kinds < tokens.DIGITS).astype(np.int64), firsts)
    capitals = np.add.reduceat(((kinds > tokens.LOWER) & (kinds < tokens.DIGITS)).astype(np.int64), firsts)
    uppers = np.add.reduceat((kinds == tokens.UPPER).astype(np.int64), firsts)
    case = np.zeros(len(firsts), np.int64)
    case[(words >= FEWEST_WORDS) & (capitals * 4 >= words * 3)] = MANY_CAPITALS
    case[(words >= FEWEST_WORDS) & (uppers * 4 >= words * 3)] = ALL_CAPITALS
    case[(words >= FEWEST_WORDS) & (capitals == 0)] = NO_CAPITALS
    rows: Integers = case[np.cumsum(is_first) - 1] * 4 + is_first * 2 + _has_blank(starts, ends)
    return rows


def _rows_of_a_line(starts: Integers, ends: Integers, kinds: Integers) -> Integers:
    """Do as `place_rows` for one line: most texts are short, and arrays of one number cost more than numbers."""
    counts = np.bincount(kinds, minlength=tokens.KINDS).tolist()
    words = sum(counts[: tokens.DIGITS])
    capitals = words - counts[tokens.LOWER]
    case = 0
    if words >= FEWEST_WORDS:
        if capitals == 0:
            case = NO_CAPITALS
        elif counts[tokens.UPPER] * 4 >= words * 3:
            case = ALL_CAPITALS
        elif capitals * 4 >= words * 3:
            case = MANY_CAPITALS
    rows: Integers = _has_blank(starts, ends) + 4 * case
    rows[0] += 2
    return rows


def _has_blank(starts: Integers, ends: Integers) -> Integers:
    has_blank = np.ones(len(starts), np.int64)
    has_blank[1:] = starts[1:] > ends[:-1]
    return has_blank


def _blocks(length: int) -> Iterator[tuple[int, int]]:
    for start in range(0, length, BLOCK):
        yield start, min(length, start + BLOCK)


def _softmax(logits: Floats) -> Floats:
    logits -= logits.max(-1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(-1, keepdims=True)
    return logits
