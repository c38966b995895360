"""What the network goes on to learn of posts that a reader judged: his word on persons, its own on everything else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apps.privacy.tagger.labels import LABELS
from apps.privacy.tagger.tokens import TOKEN
from bench.eval_privacy import halves_of
from bench.posts.__main__ import LABELS as MEASURED
from bench.posts.__main__ import key_of
from training import arrays, reread
from training.eight_bits import eight_bits, mean

PERSON = [LABELS.index("B-PERSON"), LABELS.index("I-PERSON")]
TOWN = LABELS.index("B-LOCATION")


def odds_of(text: str, likely: dict[str, int]) -> Any:
    """Give odds as a network would that is rather sure of some words."""
    words = [match[0] for match in TOKEN.finditer(text)]
    odds = np.full((len(words), len(LABELS)), 0.4 / (len(LABELS) - 1))
    for row, word in enumerate(words):
        odds[row, likely.get(word, 0)] = 0.6
    return odds / odds.sum(1, keepdims=True)


def learned(text: str, spans: list[tuple[str, str]], likely: dict[str, int]) -> dict[str, Any]:
    """Give, by word, the odds that are learned of a text in which words are judged."""
    marks = [{"start": text.index(word), "end": text.index(word) + len(word), "type": type_} for word, type_ in spans]
    document = reread.judged(text, odds_of(text, likely), marks)
    words = [match[0] for match in TOKEN.finditer(text)]
    return dict(zip(words, document.odds / arrays.SURE, strict=True))


def test_whom_the_reader_names_is_a_person_whatever_the_network_thought() -> None:
    odds = learned("so psyche dances", [("psyche", "PERSON")], {})

    assert odds["psyche"][PERSON].sum() > 0.9
    assert odds["dances"][PERSON].sum() < 0.02


def test_what_the_reader_says_is_nobody_is_hardly_a_person_and_what_else_it_is_stays() -> None:
    odds = learned("off to Jasper now", [("Jasper", "NONE")], {"Jasper": PERSON[0], "off": TOWN})

    assert odds["Jasper"][PERSON].sum() < 0.15
    assert odds["off"][TOWN] > 0.5


def test_what_the_reader_was_not_sure_of_stays_as_the_network_sees_it() -> None:
    odds = learned("hail Wolf there", [("Wolf", "UNSURE")], {"Wolf": PERSON[0]})

    assert odds["Wolf"][PERSON[0]] > 0.5


def test_no_passage_that_was_judged_is_one_that_measures() -> None:
    measured = [json.loads(line) for line in MEASURED.read_text().splitlines()]
    read, again = (
        [json.loads(line) for line in file.read_text().splitlines()] for file in (reread.READ, reread.READ_AGAIN)
    )

    rows = {(row["source"], row["row"]) for row in measured}

    assert (len(read), len(again)) == (2817, 3869)
    assert not [row for row in read + again if (row["source"], row["row"]) in rows]


def test_no_passage_was_judged_twice() -> None:
    read, again = (
        {(row["source"], row["row"]) for row in map(json.loads, file.read_text().splitlines())}
        for file in (reread.READ, reread.READ_AGAIN)
    )

    assert not read & again


def test_what_was_judged_too_is_learned_from_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"Post {number} thanks Ada." for number in range(20)]
    (tmp_path / "forum.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    labels = [{"source": "forum", "row": key_of(text), "start": 0, "end": len(text), "spans": []} for text in texts]
    nothing, more = tmp_path / "nothing.jsonl", tmp_path / "more.jsonl"
    nothing.write_text("")
    more.write_text("".join(json.dumps(label) + "\n" for label in labels))
    monkeypatch.setattr(reread, "DEVELOPED", nothing)
    monkeypatch.setattr(reread, "READ", nothing)

    learned_from = {post["text"] for post in reread.posts([tmp_path], (more,))}

    assert learned_from == set(texts)


def test_only_the_half_for_developing_is_learned_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"Post {number} thanks Ada." for number in range(60)]
    (tmp_path / "forum.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    labels = [{"source": "forum", "row": key_of(text), "start": 0, "end": len(text), "spans": []} for text in texts]
    measured, read = tmp_path / "labels.jsonl", tmp_path / "read.jsonl"
    measured.write_text("".join(json.dumps(label) + "\n" for label in labels))
    read.write_text("")
    monkeypatch.setattr(reread, "DEVELOPED", measured)
    monkeypatch.setattr(reread, "READ", read)

    learned_from = {post["text"] for post in reread.posts([tmp_path])}

    assert learned_from == {text for text in texts if "report" not in halves_of(text)}
    assert 0 < len(learned_from) < len(texts)


def test_the_mean_of_files_lies_between_them() -> None:
    def file(value: float) -> dict[str, Any]:
        table, scales = eight_bits(np.full((3, 4), value, np.float32))
        tables = ("word", "gram", "shape", "flags", "usage", "vector", "sense", "place")
        arrays_ = dict.fromkeys(tables, table) | {f"{name}_scales": scales for name in tables}
        return arrays_ | {"kernel0": np.full(2, value, np.float16), "lexicon": np.arange(3)}

    between = mean([file(1.0), file(3.0)])

    assert np.allclose(between["word"] * between["word_scales"][:, None], 2.0, atol=0.02)
    assert np.allclose(between["kernel0"], 2.0)
    assert (between["lexicon"] == np.arange(3)).all()
