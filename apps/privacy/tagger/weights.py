"""
The name model's weights: one file of plain arrays, read without pickle and only if its checksum is right.

Tables are int8 with a scale for each row, convolutions half precision.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from apps.privacy.tagger.labels import LABELS
from apps.privacy.tagger.tokens import ABROAD_GRAM_ROWS, ABROAD_WORD_ROWS, GRAM_ROWS, WORD_ROWS, Form

Floats = npt.NDArray[np.float32]

FOLDER: Final = Path(__file__).parent.parent / "weights"
FILE: Final = FOLDER / "names.npz"
CHECKSUM: Final = FOLDER / "names.npz.sha256"
TABLES: Final = ("word", "gram", "shape", "flags", "usage", "vector", "sense", "place")
SMALL_TABLES: Final = ("shape", "flags", "usage", "place")
"""Tables of a few hundred rows, which are read once into floats."""
USAGE_STEPS: Final = 8
LATIN_ROWS: Final = {"word": WORD_ROWS, "gram": GRAM_ROWS}
ALL_WORD_ROWS: Final = WORD_ROWS + ABROAD_WORD_ROWS
ALL_GRAM_ROWS: Final = GRAM_ROWS + ABROAD_GRAM_ROWS
FLAG_ROWS: Final = 128
ROWS: Final = {"word": ALL_WORD_ROWS, "gram": ALL_GRAM_ROWS, "flags": FLAG_ROWS}
UNKNOWN: Final = -1
"""The row of the vector of words that have none: the last."""


class ModelDamaged(Exception):
    """The name model's file is missing or not the one that was shipped; install the product again."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of eight-bit numbers, each row with a scale of its own."""

    values: npt.NDArray[np.int8]
    scales: Floats

    def __getitem__(self, rows: Any) -> Floats:
        """Give rows as floats."""
        floats: Floats = self.values.take(rows, 0).astype(np.float32)
        floats *= self.scales.take(rows)[..., None]
        return floats


@dataclass(frozen=True, slots=True)
class Weights:
    """
    Everything that was learned.

    `vocabulary` has keys of written forms: half a million words of everyday text with the row of each in the table of
    vectors, its row in the table of senses (what a language model makes of it), and how frequent it is, from 1 (the
    thousand most frequent words) to 7.
    """

    word: Table
    gram: Table
    shape: Floats
    flags: Floats
    usage: Floats
    vector: Table
    sense: Table
    place: Floats
    lexicon: npt.NDArray[np.uint32]
    lexicon_flags: npt.NDArray[np.uint8]
    vocabulary: npt.NDArray[np.uint32]
    vocabulary_rows: npt.NDArray[np.uint16]
    vocabulary_senses: npt.NDArray[np.uint16]
    vocabulary_steps: npt.NDArray[np.uint8]
    kernels: tuple[Floats, ...]
    biases: tuple[Floats, ...]
    dilations: tuple[int, ...]
    output: Floats
    output_bias: Floats

    @property
    def width(self) -> int:
        """Numbers that describe one form."""
        return int(self.place.shape[1])

    def rows(self, name: str) -> int:
        """Count the rows of one of the tables."""
        table = getattr(self, name)
        return len(table.values if isinstance(table, Table) else table)

    @property
    def labels(self) -> int:
        """Number of labels."""
        return int(self.output.shape[1])

    def vectors(self, forms: Sequence[Form]) -> Floats:
        """
        Describe each form: the sum of its rows, its n-grams counting as one by their mean, then its vector, its sense.

        Both are of the form as written, else in small letters, else with a capital.
        """
        keys = np.array([(form.written, form.key, form.title) for form in forms], np.uint32)
        places, is_known = locate(self.vocabulary, keys)
        total = self._by_letters(forms)
        total += self.flags.take(self.flags_of(keys[:, 1]), 0)
        total += self.usage.take(usage_rows(np.where(is_known, self.vocabulary_steps.take(places, 0), 0)), 0)
        rows, senses = (
            vector_rows(np.where(is_known, known.take(places).astype(np.int64), UNKNOWN))
            for known in (self.vocabulary_rows, self.vocabulary_senses)
        )
        return np.concatenate([total, self.vector[rows], self.sense[senses]], axis=1)

    def vectors_of_dense(self, forms: Sequence[Form]) -> tuple[Floats, Floats]:
        """
        Describe characters of dense scripts, which no list has: what differs, and the vector and sense of all of them.

        Both side by side are what `vectors` gives.
        """
        total = self._by_letters(forms) + self.flags[0] + self.usage[0]
        return total, np.concatenate([self.vector[np.array([UNKNOWN])], self.sense[np.array([UNKNOWN])]], axis=1)

    def _by_letters(self, forms: Sequence[Form]) -> Floats:
        """Add up the rows of each form's word, shape and n-grams, which count as one by their mean."""
        total = self.word[[form.word for form in forms]]
        total += self.shape.take([form.shape for form in forms], 0)
        with_grams = [(index, form) for index, form in enumerate(forms) if form.grams]
        if with_grams:
            counts = np.array([len(form.grams) for _, form in with_grams])
            rows = self.gram[list(chain.from_iterable(form.grams for _, form in with_grams))]
            sums = np.add.reduceat(rows, np.cumsum(counts) - counts)
            total[[index for index, _ in with_grams]] += sums / counts[:, None].astype(np.float32)
        return total

    def flags_of(self, keys: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
        """Look up the lexicon's flags of words by their keys; 0 for a word it does not have."""
        places, is_known = locate(self.lexicon, keys)
        found: npt.NDArray[np.uint8] = np.where(is_known, self.lexicon_flags.take(places), 0)
        return found

    @classmethod
    def load(cls, file: Path = FILE, checksum: Path = CHECKSUM) -> Self:
        """
        Read the shipped weights.

        :raises ModelDamaged: if the file is missing, cannot be read, is not the one that was shipped, or knows other
            labels or other words than this code: of what it lacks nothing would be found, and nobody would notice.
        """
        try:
            content = file.read_bytes()
            is_right = hashlib.sha256(content).hexdigest() == checksum.read_text().split()[0]
        except (OSError, IndexError) as error:
            raise ModelDamaged(f"{file.name} or its checksum cannot be read. Install the product again.") from error
        if not is_right:
            raise ModelDamaged(f"{file.name} is not the file that was shipped. Install the product again.")
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            weights = cls.from_arrays({name: arrays[name] for name in arrays.files})
        if weights.labels != len(LABELS) or any(weights.rows(name) != count for name, count in ROWS.items()):
            raise ModelDamaged(f"{file.name} belongs to another version of the product. Install the product again.")
        return weights

    @classmethod
    def from_arrays(cls, arrays: dict[str, Any]) -> Self:
        """Make weights of the arrays of a file."""
        tables = {name: Table(arrays[name], arrays[f"{name}_scales"].astype(np.float32)) for name in TABLES}
        small = {name: tables[name][np.arange(len(tables[name].values))] for name in SMALL_TABLES}
        count = len(arrays["dilations"])
        return cls(
            word=tables["word"],
            gram=tables["gram"],
            shape=small["shape"],
            flags=small["flags"],
            usage=small["usage"],
            vector=tables["vector"],
            sense=tables["sense"],
            place=small["place"],
            lexicon=arrays["lexicon"],
            lexicon_flags=arrays["lexicon_flags"],
            vocabulary=arrays["vocabulary"],
            vocabulary_rows=arrays["vocabulary_rows"],
            vocabulary_senses=arrays["vocabulary_senses"],
            vocabulary_steps=arrays["vocabulary_steps"],
            kernels=tuple(np.ascontiguousarray(arrays[f"kernel{index}"], np.float32) for index in range(count)),
            biases=tuple(arrays[f"bias{index}"].astype(np.float32) for index in range(count)),
            dilations=tuple(int(dilation) for dilation in arrays["dilations"]),
            output=np.ascontiguousarray(arrays["output"], np.float32),
            output_bias=arrays["output_bias"].astype(np.float32),
        )


def locate(keys: npt.NDArray[np.uint32], wanted: npt.NDArray[np.uint32]) -> tuple[Any, Any]:
    """Give the places of keys in a sorted list, and whether they are there at all."""
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return places, keys.take(places) == wanted


def usage_rows(steps: Any) -> Any:
    """Give rows of the table of usage: how frequent forms are in small letters and with a capital, 0 for never."""
    return steps[:, 1].astype(np.int64) * USAGE_STEPS + steps[:, 2]


def vector_rows(rows: Any) -> Any:
    """Choose each form's vector: as written, in small letters, with a capital, whichever is there first."""
    return np.where(rows[:, 0] >= 0, rows[:, 0], np.where(rows[:, 1] >= 0, rows[:, 1], rows[:, 2]))
