"""Turn documents into arrays: one row a token, forms described once, exactly as the product sees them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from apps.privacy.tagger import network, tokens
from apps.privacy.tagger.labels import LABELS
from training.documents import UNSURE, Document
from training.lexicon import Lexicon
from training.vectors import Vocabulary

ROW_OF: Final = {label: row for row, label in enumerate(LABELS)}


@dataclass(frozen=True, slots=True)
class Forms:
    """The word forms of a corpus: table rows of each; n-grams lie one behind the other, `gram_starts` says where."""

    word: Any
    shape: Any
    flags: Any
    usage: Any
    vector: Any
    grams: Any
    gram_starts: Any


@dataclass(frozen=True, slots=True)
class Corpus:
    """All documents' tokens in a row: form, place, label, certainty, weight; `starts` says where documents begin."""

    forms: Forms
    form: Any
    place: Any
    label: Any
    certainty: Any
    weight: Any
    starts: Any


def build(documents: Iterable[Document], lexicon: Lexicon, vocabulary: Vocabulary) -> Corpus:
    """Describe every token of every document."""
    numbers: dict[str, int] = {}
    form, place, label, certainty, weight, starts = [], [], [], [], [], [0]
    for document in documents:
        matches = list(tokens.TOKEN.finditer(document.text))
        if not matches:
            continue
        form += [numbers.setdefault(match[0], len(numbers)) for match in matches]
        place.append(_places(document.text, matches))
        labels, sure, heavy = _labels(document, matches)
        label.append(labels)
        certainty.append(sure)
        weight.append(heavy * document.certainty)
        starts.append(len(form))
    return Corpus(
        _forms(list(numbers), lexicon, vocabulary),
        np.array(form),
        np.concatenate(place),
        np.concatenate(label),
        np.concatenate(certainty),
        np.concatenate(weight),
        np.array(starts),
    )


def _forms(written: list[str], lexicon: Lexicon, vocabulary: Vocabulary) -> Forms:
    forms = [tokens.describe(word) for word in written]
    counts = np.array([len(form.grams) for form in forms])
    usage, vector = vocabulary.look_up(forms)
    return Forms(
        np.array([form.word for form in forms]),
        np.array([form.shape for form in forms]),
        lexicon.training_flags(np.array([form.key for form in forms], np.uint32)),
        usage,
        vector,
        np.array([row for form in forms for row in form.grams]),
        np.concatenate([[0], np.cumsum(counts)]),
    )


def _places(text: str, matches: list[Any]) -> Any:
    starts = np.array([match.start() for match in matches])
    ends = np.array([match.end() for match in matches])
    kinds = np.array([tokens.kind_of(match[0]) for match in matches])
    return network.place_rows(network.lines_of(text, starts), starts, ends, kinds)


def _labels(document: Document, matches: list[Any]) -> tuple[Any, Any, Any]:
    labels = np.zeros(len(matches), np.int64)
    sure, weight = np.ones((2, len(matches)), np.float32)
    ends = np.array([match.end() for match in matches])
    for mark in document.marks:
        row = int(np.searchsorted(ends, mark.start, side="right"))
        edge = "B"
        while row < len(matches) and matches[row].start() < mark.end:
            if mark.label == UNSURE:
                weight[row] = mark.certainty
            else:
                labels[row], sure[row] = ROW_OF[f"{edge}-{mark.label}"], mark.certainty
            row, edge = row + 1, "I"
    return labels, sure, weight
