"""Turn documents into arrays: one row a token, forms described once, exactly as the product sees them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from apps.privacy.tagger import network, tokens
from apps.privacy.tagger.labels import LABELS
from training.documents import UNSURE, Document
from training.lexicon import Lexicon
from training.vectors import Vocabulary

ROW_OF: Final = {label: row for row, label in enumerate(LABELS)}
SURE: Final = 255
"""Odds are kept as 255ths."""


@dataclass(frozen=True, slots=True)
class Forms:
    """The word forms of a corpus: table rows of each; n-grams lie one behind the other, `gram_starts` says where."""

    word: Any
    shape: Any
    flags: Any
    usage: Any
    vector: Any
    sense: Any
    grams: Any
    gram_starts: Any


@dataclass(frozen=True, slots=True)
class Share:
    """A share of a corpus, cut into tokens: written forms, and for each token which of them it is, odds and weight."""

    written: list[str]
    form: Any
    place: Any
    odds: Any
    weight: Any
    is_whole: Any
    starts: Any


@dataclass(frozen=True, slots=True)
class Corpus:
    """
    All documents' tokens in a row: form, place, odds of each label, weight, whether all kinds are labelled.

    `starts` says where documents begin.
    """

    forms: Forms
    form: Any
    place: Any
    odds: Any
    weight: Any
    is_whole: Any
    starts: Any


def build(documents: Iterable[Document], lexicon: Lexicon, vocabulary: Vocabulary) -> Corpus:
    """Describe every token of every document."""
    return join([cut(documents)], lexicon, vocabulary)


def cut(documents: Iterable[Document]) -> Share:
    """Cut documents into tokens; shares can be cut side by side and joined."""
    numbers: dict[str, int] = {}
    form, place, odds, weight, whole, starts = [], [], [], [], [], [0]
    for document in documents:
        words, edges = tokens.cut(document.text)
        if not words:
            continue
        form += [numbers.setdefault(word, len(numbers)) for word in words]
        places = np.array(edges, np.int64).reshape(-1, 2)
        place.append(_places(document.text, words, places))
        known, heavy = odds_of(document, places)
        odds.append(known)
        weight.append(heavy * document.certainty)
        whole.append(np.full(len(words), document.is_whole, np.uint8))
        starts.append(len(form))
    return Share(
        list(numbers),
        np.array(form, np.int32),
        np.concatenate(place).astype(np.uint8),
        np.concatenate(odds),
        np.concatenate(weight),
        np.concatenate(whole),
        np.array(starts),
    )


def join(shares: Sequence[Share], lexicon: Lexicon, vocabulary: Vocabulary) -> Corpus:
    """Put shares together, with every form described once."""
    numbers: dict[str, int] = {}
    renumbered = [
        np.array([numbers.setdefault(word, len(numbers)) for word in share.written], np.int32)[share.form]
        for share in shares
    ]
    before = np.cumsum([0, *(len(share.form) for share in shares)])
    return Corpus(
        _forms(list(numbers), lexicon, vocabulary),
        np.concatenate(renumbered),
        np.concatenate([share.place for share in shares]),
        np.concatenate([share.odds for share in shares]),
        np.concatenate([share.weight for share in shares]),
        np.concatenate([share.is_whole for share in shares]),
        np.concatenate([[0], *(share.starts[1:] + first for share, first in zip(shares, before, strict=False))]),
    )


def _forms(written: list[str], lexicon: Lexicon, vocabulary: Vocabulary) -> Forms:
    forms = [tokens.describe(word) for word in written]
    counts = np.array([len(form.grams) for form in forms])
    usage, vector, sense = vocabulary.look_up(forms)
    return Forms(
        np.array([form.word for form in forms]),
        np.array([form.shape for form in forms]),
        lexicon.training_flags(np.array([form.key for form in forms], np.uint32)),
        usage,
        vector,
        sense,
        np.array([row for form in forms for row in form.grams]),
        np.concatenate([[0], np.cumsum(counts)]),
    )


def _places(text: str, words: Sequence[str], places: Any) -> Any:
    starts, ends = places.T
    kinds = np.array([tokens.kind_of(word) for word in words])
    return network.place_rows(network.lines_of(text, starts), starts, ends, kinds)


def odds_of(document: Document, places: Any) -> tuple[Any, Any]:
    """
    Give each token's odds: a teacher's if there are any, else its mark's; what is not sure of it is sure of none.

    `places` has start and end of each token, [tokens, 2].
    """
    weight = np.ones(len(places), np.float32)
    if document.odds is not None:
        odds = np.zeros((len(places), len(LABELS)), np.uint8)
        odds[:, : document.odds.shape[1]] = document.odds
        return odds, weight if document.weight is None else document.weight
    odds = np.zeros((len(places), len(LABELS)), np.uint8)
    odds[:, 0] = SURE
    starts, ends = places.T
    for mark in document.marks:
        row = int(np.searchsorted(ends, mark.start, side="right"))
        edge = "B"
        while row < len(places) and starts[row] < mark.end:
            if mark.label == UNSURE:
                weight[row] = mark.certainty
            else:
                sure = round(SURE * mark.certainty)
                odds[row] = 0
                odds[row, [0, ROW_OF[f"{edge}-{mark.label}"]]] = SURE - sure, sure
            row, edge = row + 1, "I"
    return odds, weight
