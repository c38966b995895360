"""Texts that were written to learn from: every kind is labelled, and variations keep their build."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apps.privacy.tagger.labels import LABELS, ORGANIZATION, PERSON, REFERENCE, SECRET, USERNAME
from apps.privacy.tagger.tokens import TOKEN
from training import arrays, pasted, people
from training.documents import Document, Mark

TEXT = (
    "### ticket en\n"
    "Unlock ⟦USERNAME|jkowal7⟧ of Halvex (policy ⟦ID|KX-20917⟧), mail ⟦EMAIL|jk@halvex.example⟧. "
    "His password ⟦SECRET|Marmot?44⟧ no longer works, says ⟦PERSON|Jan Kowal⟧. Is ⟦USERNAME|jkowal7⟧ locked?\n"
)


@pytest.fixture
def document(tmp_path: Path) -> Document:
    file = tmp_path / "one.marked.txt"
    file.write_text(TEXT, encoding="utf-8")
    (read,) = pasted.read([file])
    return read


def by_word(document: Document) -> dict[str, Any]:
    words = [match[0] for match in TOKEN.finditer(document.text)]
    return dict(zip(words, document.odds / arrays.SURE, strict=True))


def invented(rng: random.Random, *, language: str) -> people.Person:
    """Give a person without the lists of names, which only who trains has."""
    return people.Person(*(novel_name(rng).title() for _ in range(2)))


def novel_name(rng: random.Random) -> str:
    return "".join(rng.choice("bdfgklmnprstv") + rng.choice("aeiou") for _ in range(3))


def nothing(document: Document) -> Any:
    odds = np.zeros((len(TOKEN.findall(document.text)), len(LABELS)), np.float32)
    odds[:, 0] = 1
    return odds


def test_every_kind_is_learned_and_what_is_unmarked_is_nothing(document: Document) -> None:
    odds = by_word(pasted.labelled(document, nothing(document)))

    assert odds["jkowal"][LABELS.index(f"B-{USERNAME}")] == 1
    assert odds["KX"][LABELS.index(f"B-{REFERENCE}")] == odds["20917"][LABELS.index(f"I-{REFERENCE}")] == 1
    assert odds["Marmot"][LABELS.index(f"B-{SECRET}")] == 1
    assert odds["Kowal"][LABELS.index(f"I-{PERSON}")] == 1
    assert odds["works"][0] == 1


def test_what_rules_find_is_no_lesson_either_way(document: Document) -> None:
    taught = pasted.labelled(document, nothing(document))

    weights = dict(zip([match[0] for match in TOKEN.finditer(taught.text)], taught.weight, strict=True))
    assert weights["example"] == 0
    assert weights["Unlock"] == weights["jkowal"] == 1


def test_an_unmarked_firm_stays_what_the_network_takes_it_for(document: Document) -> None:
    own = nothing(document)
    row = [match[0] for match in TOKEN.finditer(document.text)].index("Halvex")
    own[row] = 0
    own[row, [LABELS.index(f"B-{ORGANIZATION}"), LABELS.index(f"B-{PERSON}")]] = 0.75, 0.25

    odds = by_word(pasted.labelled(document, own))["Halvex"]

    assert odds[LABELS.index(f"B-{ORGANIZATION}")] == pytest.approx(0.75, abs=0.01)
    assert odds[LABELS.index(f"B-{PERSON}")] == 0
    assert odds.sum() == pytest.approx(1)


def test_a_variation_has_other_values_of_the_same_build_and_the_same_one_twice(
    document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "person", invented)
    seen = set()
    for seed in range(20):
        changed = pasted.varied(document, random.Random(seed))  # noqa: S311 - nothing is kept secret by it
        values = {mark.label: changed.text[mark.start : mark.end] for mark in changed.marks}
        seen.add(tuple(sorted(values.items())))
        assert [mark.label for mark in changed.marks] == [mark.label for mark in document.marks]
        assert changed.text.count(values[USERNAME]) == 2
        assert values[REFERENCE][:2].isupper()
        assert values[REFERENCE].endswith("-20917")
        assert values[SECRET].endswith("?44")
        assert values[""] == "jk@halvex.example"
        assert changed.is_whole
    assert len(seen) > 15


def test_a_mark_of_a_kind_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "slip.marked.txt"
    file.write_text(TEXT.replace("USERNAME|", "USRNAME|"), encoding="utf-8")

    with pytest.raises(KeyError, match="USRNAME"):
        list(pasted.read([file]))


@pytest.mark.parametrize("file", sorted(pasted.FOLDER.glob("*.marked.txt")), ids=lambda file: file.name)
def test_the_texts_can_be_read_and_hold_no_kind_that_nobody_knows(file: Path) -> None:
    texts = list(pasted.read([file]))

    assert texts
    for text in texts:
        assert all(isinstance(mark, Mark) and text.text[mark.start : mark.end].strip() for mark in text.marks)
