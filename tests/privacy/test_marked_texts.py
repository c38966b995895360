"""Labelled texts of our own: what is marked in a text is read where it stands."""

from __future__ import annotations

import pytest

from bench import marked
from bench.eval_privacy import DIRECT, LABEL_OF, OWN, sets

NOT_COUNTED = {"PUBLIC", "MISC", "DATE_TIME"}


def test_a_mark_is_a_label_and_no_part_of_the_text() -> None:
    rows = marked.read("### mail en\nDear ⟦PERSON|Ada⟧,\ncall ⟦PHONE|555 01⟧.\n### mail en\nNothing\n")

    assert [row["text"] for row in rows] == ["Dear Ada,\ncall 555 01.", "Nothing"]
    assert rows[0]["spans"] == [
        {"start": 5, "end": 8, "type": "PERSON"},
        {"start": 15, "end": 21, "type": "PHONE"},
    ]


@pytest.mark.parametrize("content", ["### a en\nDear ⟦PERSON|Ada", "### a en\nDear Ada⟧", "A text without a head"])
def test_a_mark_that_is_not_closed_is_refused(content: str) -> None:
    with pytest.raises(ValueError):
        marked.read(content)


def test_our_own_sets_are_there_and_marked_with_known_types() -> None:
    own = dict(sets(OWN, "", "all"))

    assert {"written", "asked"} <= own.keys()
    types = {span["type"] for rows in own.values() for row in rows for span in row["spans"]}
    assert types <= DIRECT | NOT_COUNTED | set(LABEL_OF.values())


def test_ambiguous_words_stand_as_persons_and_as_things_in_both_halves() -> None:
    for half in ("develop", "report"):
        ((_, rows),) = sets(OWN.parent / "ambiguous", "", half)

        assert {span["type"] for row in rows for span in row["spans"]} == {"PERSON"}
        assert len(rows) > 200
        assert 0.4 < sum(not row["spans"] for row in rows) / len(rows) < 0.7
