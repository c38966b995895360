"""
The name model at work: a small convolutional network over words, in plain numpy on one core.

Each word form is a sum of rows: its hash, its n-grams, its shape, its flags in a lexicon of names and words. Forms seen
lately are kept summed. Where the form stands (line, blanks, case of its line) adds one more row; then four
convolutions of three words look as far as fifteen words to each side.
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

REMEMBERED_FORMS: Final = 1 << 14
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
        self._vectors: Floats = np.zeros((REMEMBERED_FORMS, weights.width), np.float32)
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
        odds = self._convolve(self._vectors[rows] + self._weights.place[places])
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
        self._vectors[here] = self._weights.vectors(forms)
        self._flags[here] = self._weights.flags_of(np.array([form.key for form in forms], np.uint32))
        self._kinds[here] = [tokens.kind_of(word) for word in words]
        self._rows.update({word: first + offset for offset, word in enumerate(words)})

    def _convolve(self, embedded: Floats) -> Floats:
        """Run the layers over blocks that overlap by as much as the network sees: the result is that of the whole."""
        if len(embedded) <= BLOCK:
            return self._layers(embedded)
        reach = sum(self._weights.dilations)
        parts = []
        for start, end in _blocks(len(embedded)):
            first, last = max(0, start - reach), min(len(embedded), end + reach)
            parts.append(self._layers(embedded[first:last])[start - first : end - first])
        return np.concatenate(parts)

    def _layers(self, x: Floats) -> Floats:
        weights = self._weights
        for index, (dilation, kernel, bias) in enumerate(
            zip(weights.dilations, weights.kernels, weights.biases, strict=True)
        ):
            y = x @ kernel[1]
            y[dilation:] += x[:-dilation] @ kernel[0]
            y[:-dilation] += x[dilation:] @ kernel[2]
            y += bias
            np.maximum(y, 0, out=y)
            x = y if index == 0 else x + y
        return _softmax(x @ weights.output + weights.output_bias)


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
    is_first = np.ones(len(starts), bool)
    is_first[1:] = lines[1:] != lines[:-1]
    has_blank = np.ones(len(starts), bool)
    has_blank[1:] = starts[1:] > ends[:-1]
    firsts = np.flatnonzero(is_first)
    words = np.add.reduceat((kinds < tokens.DIGITS).astype(np.int64), firsts)
    capitals = np.add.reduceat(((kinds > tokens.LOWER) & (kinds < tokens.DIGITS)).astype(np.int64), firsts)
    uppers = np.add.reduceat((kinds == tokens.UPPER).astype(np.int64), firsts)
    case = np.zeros(len(firsts), np.int64)
    case[(words >= FEWEST_WORDS) & (capitals * 4 >= words * 3)] = MANY_CAPITALS
    case[(words >= FEWEST_WORDS) & (uppers * 4 >= words * 3)] = ALL_CAPITALS
    case[(words >= FEWEST_WORDS) & (capitals == 0)] = NO_CAPITALS
    rows: Integers = case[np.cumsum(is_first) - 1] * 4 + is_first * 2 + has_blank
    return rows


def _blocks(length: int) -> Iterator[tuple[int, int]]:
    for start in range(0, length, BLOCK):
        yield start, min(length, start + BLOCK)


def _softmax(logits: Floats) -> Floats:
    logits -= logits.max(-1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(-1, keepdims=True)
    return logits
