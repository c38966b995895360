"""
The name model at work: a small convolutional network over words, in plain numpy on one core.

Each word form is a sum of rows: its hash, its n-grams, its shape, its flags in a lexicon of names and words. Where the
form stands (line, blanks, case of its line) adds one more row; then four convolutions of three words look as far as
fifteen words to each side. The first of them is linear in these rows, so what it makes of a form is kept for the forms
seen lately, and what it makes of a place is a table. Most texts have twenty words, for which a call of numpy costs as
much as its work: the others take one product each, in arrays that are made once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from apps.privacy.tagger import tokens
from apps.privacy.tagger.weights import Weights

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

REMEMBERED_FORMS: Final = 1 << 13
"""Forms seen lately that are remembered, beside those that are known from the start."""

BLOCK: Final = 512
AT_ONCE: Final = 4
"""Rows of a product are a multiple of this: a rest of three costs as much as eight more."""

LINE_END: Final = re.compile("\n")
PLACE_ROWS: Final = 16
NUMBERS: Final = tuple("0" * length for length in range(1, tokens.LONGEST + 1))
"""Of a number the network sees no more than how many digits it has."""

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

    def __init__(self, weights: Weights, known: Iterable[str] = ()) -> None:
        """Describe the forms in `known` once and for all; a few thousand take a quarter of a second."""
        at_start = sorted({*known, *NUMBERS})
        room = len(at_start) + REMEMBERED_FORMS
        self._weights = weights
        self._rows: dict[str, int] = {}
        self._first: Floats = np.concatenate(weights.kernels[0], axis=1)
        self._places: Floats = weights.place @ self._first
        self._forms: Floats = np.zeros((room, self._first.shape[1]), np.float32)
        self._kinds = np.zeros(room, np.int64)
        self._flags = np.zeros(room, np.int64)
        self._layers = Layers(weights)
        for start in range(0, len(at_start), BLOCK):
            self._remember(at_start[start : start + BLOCK])
        self._known = dict(self._rows)

    def forget(self) -> None:
        """Forget the forms of all texts but those known from the start."""
        self._rows = dict(self._known)

    def read(self, text: str) -> Tagged:
        """Tag `text` at once; give it pieces of bounded length. About 2 ms of CPU for 1,000 characters."""
        words, edges = tokens.cut(text)
        starts, ends = np.array(edges, np.int64).reshape(-1, 2).T
        if not words:
            return Tagged(starts, ends, starts, starts, np.zeros((0, self._weights.labels), np.float32))
        rows = self._look_up(words)
        kinds = self._kinds[rows]
        places = place_rows(lines_of(text, starts), starts, ends, kinds)
        projected = self._forms.take(rows, axis=0)
        projected += self._places.take(places, axis=0)
        return Tagged(starts, ends, kinds, self._flags[rows], self._convolve(projected))

    def _look_up(self, words: Sequence[str]) -> Integers:
        """Give each word's row among the remembered forms; what is new is described first."""
        fresh = [word for word in set(words) if word not in self._rows]
        if fresh:
            if len(self._rows) + len(fresh) > len(self._forms):
                self.forget()
                fresh = [word for word in set(words) if word not in self._rows]
            if len(fresh) > REMEMBERED_FORMS:
                raise ValueError("The piece is too long for the model's memory. Cut the text into smaller pieces.")
            self._remember(sorted(fresh))
        return np.array(list(map(self._rows.__getitem__, words)), np.int64)

    def _remember(self, words: Sequence[str]) -> None:
        """Describe words and keep what the first layer makes of them. Numbers of as many digits are described alike."""
        numbers = [word for word in words if word.isdecimal() and word.isascii()]
        alike = {word: NUMBERS[min(len(word), len(NUMBERS)) - 1] for word in numbers}
        new = [word for word in words if alike.get(word) not in self._rows]
        first = len(self._rows)
        if new:
            dense = [word for word in new if tokens.NEIGHBOURS in word]
            if dense:
                new = [*dense, *(word for word in new if tokens.NEIGHBOURS not in word)]
                self._describe_dense(first, dense)
            if len(new) > len(dense):
                self._describe(first + len(dense), new[len(dense) :])
            self._rows.update(zip(new, range(first, first + len(new)), strict=True))
        for word, number in alike.items():
            if word not in self._rows:
                self._copy(self._rows[number], word)

    def _describe(self, first: int, words: Sequence[str]) -> None:
        """Keep what the first layer makes of words in rows from `first` on."""
        forms = [tokens.describe(word) for word in words]
        here = slice(first, first + len(words))
        self._forms[here] = self._weights.vectors(forms) @ self._first
        self._flags[here] = self._weights.flags_of(np.array([form.key for form in forms], np.uint32))
        self._kinds[here] = [form.kind for form in forms]

    def _describe_dense(self, first: int, words: Sequence[str]) -> None:
        """Do so for characters of dense scripts, of which there are many: most of the product is the same for all."""
        own, shared = self._weights.vectors_of_dense([tokens.describe(word) for word in words])
        here, width = slice(first, first + len(words)), own.shape[1]
        self._forms[here] = own @ self._first[:width]
        self._forms[here] += shared @ self._first[width:]
        self._flags[here] = 0
        self._kinds[here] = tokens.UNCASED

    def _copy(self, row: int, word: str) -> None:
        here = self._rows[word] = len(self._rows)
        for table in (self._forms, self._flags, self._kinds):
            table[here] = table[row]

    def _convolve(self, projected: Floats) -> Floats:
        """Run the layers over blocks that overlap by as much as the network sees: the result is that of the whole."""
        if len(projected) <= BLOCK:
            return self._layers.odds(projected)
        reach = sum(self._weights.dilations)
        parts = []
        for start, end in _blocks(len(projected)):
            first, last = max(0, start - reach), min(len(projected), end + reach)
            parts.append(self._layers.odds(projected[first:last])[start - first : end - first])
        return np.concatenate(parts)


class Layers:
    """The convolutions at work, in arrays for one block that are made once."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._kernels = [np.concatenate(kernel, axis=0) for kernel in weights.kernels[1:]]
        width = len(weights.output)
        rows = BLOCK + 2 * sum(weights.dilations) + AT_ONCE
        self._reach = max(weights.dilations)
        state: Floats = np.zeros((rows + 2 * self._reach, width), np.float32)
        """What is known of each word, between rows of zeros: beyond the first and the last word there is nothing."""
        self._state = state
        self._around: Floats = np.zeros((rows, 3 * width), np.float32)
        """Side by side what is known of the word before, of the word and of the one after."""
        self._sums: Floats = np.zeros((rows, width), np.float32)
        self._neighbours = [_neighbours(state, rows, self._reach, dilation) for dilation in weights.dilations[1:]]

    def odds(self, projected: Floats) -> Floats:
        """Give the odds of a block's words. The first layer's three products, side by side, are what is given."""
        weights, count = self._weights, len(projected)
        rounded = -(-count // AT_ONCE) * AT_ONCE
        x = self._state[self._reach : self._reach + count]
        self._state[self._reach + count : 2 * self._reach + rounded] = 0
        _first_layer(projected, weights.dilations[0], weights.biases[0], out=x)
        around, sums = self._around[:rounded], self._sums[:rounded]
        taps = around.reshape(rounded, 3, -1)
        for neighbours, kernel, bias in zip(self._neighbours, self._kernels, weights.biases[1:], strict=True):
            taps[:] = neighbours[:rounded]
            np.matmul(around, kernel, out=sums)
            np.add(sums, bias, out=sums)
            np.maximum(sums, 0, out=sums)
            x += sums[:count]
        return _softmax(x @ weights.output + weights.output_bias)


def _first_layer(projected: Floats, dilation: int, bias: Floats, *, out: Floats) -> None:
    """Add up what a word, the one before and the one after say, and cut off what is negative."""
    width = projected.shape[1] // 3
    np.add(projected[:, width:-width], bias, out=out)
    out[dilation:] += projected[:-dilation, :width]
    out[:-dilation] += projected[dilation:, -width:]
    np.maximum(out, 0, out=out)


def _neighbours(state: Floats, rows: int, reach: int, dilation: int) -> Floats:
    """Give a view of `state`: for each word the rows of the one so many before it, of itself, of the one after."""
    row, number = state.strides
    view: Floats = np.ndarray(
        (rows, 3, state.shape[1]), np.float32, state, (reach - dilation) * row, (row, dilation * row, number)
    )
    return view


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
