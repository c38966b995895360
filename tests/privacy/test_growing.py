"""What stands beside the heart of a name or an address belongs to it: `{}` is found, `<>` is what becomes of it."""

from __future__ import annotations

import re

import pytest

from apps.privacy import growing
from apps.privacy import vocabulary as v
from apps.privacy.findings import Finding
from apps.privacy.judged import neighbours

NAMES = [
    "a note from <{Okonjo} van der Quillen> today",
    "ask <{Nurul} binti Rashidon> for it",
    "<von der {Quillen}> signed",
    "<{Kowalczyk}, Agnieszka>; next",
    "dear <{Perera} R.K.>, thank you",
    "<{Jayawardene} A.> called",
    "<{Jae}-won> agreed",
    "<{Maria}>, Anna and I",
    "<{Anna}>, Maria; next",
    "<{Kowalczyk}>, Agnieszka called",
    "<{Okonjo}> van der Table",
    "<{mark}> van der Quillen",
]
ADDRESSES = [
    "at <{14 Baker Street}, Flat 4B>, since May",
    "at <{Hauptstr. 12}, 3. OG links>.",
    "at <{14 Baker Street}, Springvale>.",
    "at <{14 rue de lyon, 69003} lyon>, please",
    "at <{14 Baker Street}, Springvale>. Perera, thanks",
    "at <{14 Baker Street}, St. Gallen>, since May",
    "at <{14 Baker Street}>, Maria",
    "at <{Baker Street}>, Springvale",
    "at <Flat B, {14 Baker Street}>",
    "at <{14 Baker Street}>, thanks",
]


def _read(marked: str) -> tuple[str, tuple[int, int], tuple[int, int]]:
    """Give the text of a marked one, where its heart is, and where what it grows to."""
    places = {sign: marked[: marked.index(sign)] for sign in "{}<>"}
    at = {sign: len(re.sub(r"[{}<>]", "", before)) for sign, before in places.items()}
    return re.sub(r"[{}<>]", "", marked), (at["{"], at["}"]), (at["<"], at[">"])


@pytest.mark.parametrize(
    ("kind", "marked"), [*((v.PERSON, one) for one in NAMES), *((v.ADDRESS, one) for one in ADDRESSES)]
)
def test_a_finding_grows_to_what_belongs_to_it_and_no_farther(kind: str, marked: str) -> None:
    text, heart, whole = _read(marked)
    finding = Finding(kind, *heart, 0.9, "Found")

    grown = [(one.start, one.end) for one in growing.grown(text, [finding])]

    assert (grown or [heart]) == [whole]


def test_cells_that_hold_nothing_are_not_those_of_their_column() -> None:
    text = "user;pass\naokafor;Lk-3054-ox\nkgreen;none\nbnguyen;Lk-1013-ox\ncsilva;Lk-9821-ox"
    known = [re.search(value, text) for value in ("Lk-3054-ox", "Lk-1013-ox")]
    findings = [Finding(v.SECRET, one.start(), one.end(), 0.9, "Found") for one in known if one]

    beside = [text[one.start : one.end] for one in neighbours.beside(text, findings)]

    assert beside == ["Lk-9821-ox"]
