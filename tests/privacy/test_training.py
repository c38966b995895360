"""What the name model learns from: never a text by which it is measured; words that it never met keep their meaning."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apps.privacy.tagger import tokens
from apps.privacy.tagger.weights import Weights
from bench import eval_privacy
from training import quarters


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """A folder with one labelled set of two hundred texts."""
    folder = tmp_path / "sets"
    folder.mkdir()
    rows = [
        {"text": f"Ticket {number} is for Grace.", "spans": [{"start": 19, "end": 24, "type": "PERSON"}]}
        for number in range(1000, 1200)
    ]
    (folder / "tickets.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return folder


def texts_of(folder: Path, half: str) -> set[str]:
    """Give the texts of one half of a folder's sets."""
    return {row["text"] for _, rows in eval_privacy.sets(folder, "", half) for row in rows}


def test_no_text_that_is_reported_or_chosen_by_is_learned_from(
    labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["quarters", "--out", str(tmp_path / "out"), str(labelled)])

    quarters.main()

    learned = texts_of_training(tmp_path / "out" / "tickets.jsonl")
    assert len(learned) > 20
    assert learned <= texts_of(labelled, "develop")
    assert not learned & (texts_of(labelled, "report") | texts_of(labelled, "choose"))
    assert texts_of(labelled, "all") == learned | texts_of(labelled, "report") | texts_of(labelled, "choose")


def test_a_last_round_learns_from_the_whole_developed_half_and_from_no_other(
    labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["quarters", "--whole", "--out", str(tmp_path / "out"), str(labelled)])

    quarters.main()

    assert texts_of_training(tmp_path / "out" / "tickets.jsonl") == texts_of(labelled, "develop")


def texts_of_training(file: Path) -> set[str]:
    """Give the texts of a file to learn from; each says where its one person stands."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert all(row["text"][row["spans"][0][0] : row["spans"][0][1]] == "Grace" for row in rows)
    return {row["text"] for row in rows}


@pytest.fixture(scope="module")
def shipped() -> Weights:
    """The weights that are shipped."""
    return Weights.load()


def everyday(weights: Weights, *words: str) -> Any:
    """Give the vectors of everyday text that words have."""
    described = weights.vectors([tokens.describe(word) for word in words])
    last = described.shape[1] - weights.sense.values.shape[1]
    return described[:, last - weights.vector.values.shape[1] : last]


def likeness(weights: Weights, one: str, other: str) -> float:
    """Say how alike two forms are by what the network knows of everyday text, from -1 to 1."""
    vectors = everyday(weights, one, other)
    return float(vectors[0] @ vectors[1] / np.linalg.norm(vectors, axis=1).prod())


@pytest.mark.parametrize(
    ("word", "alike", "unlike"),
    [("Wolverine", "Spiderman", "spreadsheet"), ("Tuesday", "Thursday", "Susan"), ("cobalt", "nickel", "Robert")],
)
def test_words_of_one_kind_have_like_vectors(shipped: Weights, word: str, alike: str, unlike: str) -> None:
    assert likeness(shipped, word, alike) > 0.4 > likeness(shipped, word, unlike)


def test_a_form_without_a_vector_takes_that_of_its_small_letters_and_words_of_none_share_one(shipped: Weights) -> None:
    small, odd, unknown, other = everyday(shipped, "tuesday", "tUESday", "Qvxzzkrq", "Wrrghtzop")

    assert (small == odd).all()
    assert (unknown == other).all()
    assert not np.allclose(small, unknown)


def test_a_word_that_is_written_small_and_with_a_capital_has_two_vectors(shipped: Weights) -> None:
    assert likeness(shipped, "joker", "Joker") < 0.95
