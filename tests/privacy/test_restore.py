"""Restoring: whole, in pieces, and what models do to placeholders."""

# ruff: noqa: RUF001 - look-alike brackets are meant

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.privacy.restore import Restorer, restored

PLACEHOLDERS = {
    "<PERSON_1>": "Maria Lopez",
    "<PERSON_12>": "Bob",
    "<EMAIL_1>": "m@example.com",
    "<DATE_OF_BIRTH_1>": "1 May 1970",
    "<LITERAL_1>": "<PERSON_1>",
}
TOLERATED = [
    ("Dear <PERSON_1>,", "Dear Maria Lopez,"),
    ("<PERSON_1><PERSON_12>", "Maria LopezBob"),
    ("<PERSON_12> is not <PERSON_1>", "Bob is not Maria Lopez"),
    ("&lt;PERSON_1&gt;", "Maria Lopez"),
    (r"\<PERSON_1\>", "Maria Lopez"),
    (r"\<PERSON\_1>", "Maria Lopez"),
    ("**<PERSON_1>**", "**Maria Lopez**"),
    ("`<PERSON_1>`", "`Maria Lopez`"),
    ("[PERSON_1]", "Maria Lopez"),
    ("[PERSON_1](https://example.com)", "[Maria Lopez](https://example.com)"),
    ("<PERSON_1's> car", "Maria Lopez's car"),
    ("<PERSON_1>'s car", "Maria Lopez's car"),
    ("the <PERSON_1s>", "the Maria Lopezs"),
    ("<person_1> <Person 1> <PERSON-1>", "Maria Lopez Maria Lopez Maria Lopez"),
    ("PERSON_1, PERSON_1. PERSON_1", "Maria Lopez, Maria Lopez. Maria Lopez"),
    ("<PERSON_1 said", "Maria Lopez said"),
    ("PERSON_1> said", "Maria Lopez said"),
    ('{"name": "<PERSON_1>"}', '{"name": "Maria Lopez"}'),
    (r'{"name": "\u003cPERSON_1\u003e"}', '{"name": "Maria Lopez"}'),
    ("?q=%3CEMAIL_1%3E", "?q=m@example.com"),
    ("＜PERSON_1＞さん", "Maria Lopezさん"),
    ("<date of birth_1>", "1 May 1970"),
    (r"C:\Users\<PERSON_1>\Desktop", r"C:\Users\Maria Lopez\Desktop"),
]
LEFT_ALONE = [
    "<PERSON_2>",
    "<PERSON_123>",
    "<PERSON_01>",
    "<PERSON_>",
    "person_1 = load()",
    "MY_PERSON_1 PERSON_1_ID",
    "<PERSON_1_name>",
    "a < b && c > d &amp; e &lt; f [x] %3",
    "Person 1 asked, Person 12 answered",
    "",
]
PIECES = st.lists(
    st.one_of(
        st.sampled_from([text for text, _ in TOLERATED] + LEFT_ALONE),
        st.sampled_from(list("<>[]&%\\_ PERSONpersonEMAIL_12'’s;ltg\n")),
        st.text(max_size=6),
    ),
    max_size=8,
).map("".join)


@pytest.mark.parametrize(("answer", "expected"), TOLERATED)
def test_what_models_do_to_placeholders_is_forgiven(answer: str, expected: str) -> None:
    assert restored(answer, PLACEHOLDERS) == expected


@pytest.mark.parametrize("answer", LEFT_ALONE)
def test_nothing_is_invented_for_what_was_never_issued(answer: str) -> None:
    assert restored(answer, PLACEHOLDERS) == answer


def test_a_restored_value_is_not_restored_again() -> None:
    assert restored("<LITERAL_1>", PLACEHOLDERS) == "<PERSON_1>"


@pytest.mark.parametrize("answer", [text for text, _ in TOLERATED] + LEFT_ALONE)
def test_every_split_into_three_gives_the_same_text(answer: str) -> None:
    whole = restored(answer, PLACEHOLDERS)

    for first, second in itertools.combinations_with_replacement(range(len(answer) + 1), 2):
        restorer = Restorer(PLACEHOLDERS)
        pieces = (answer[:first], answer[first:second], answer[second:])
        assert "".join(map(restorer.feed, pieces)) + restorer.finish() == whole


@given(answer=PIECES, cuts=st.lists(st.integers(0, 200), max_size=12))
@settings(deadline=None, max_examples=300)
def test_no_split_of_any_answer_changes_the_text(answer: str, cuts: list[int]) -> None:
    restorer = Restorer(PLACEHOLDERS)
    edges = sorted({0, len(answer), *(min(cut, len(answer)) for cut in cuts)})

    in_pieces = "".join(restorer.feed(answer[start:end]) for start, end in itertools.pairwise(edges))

    assert in_pieces + restorer.finish() == restored(answer, PLACEHOLDERS)


@given(answer=PIECES)
@settings(deadline=None, max_examples=150)
def test_letter_by_letter_is_the_same_as_whole(answer: str) -> None:
    restorer = Restorer(PLACEHOLDERS)

    assert "".join(map(restorer.feed, answer)) + restorer.finish() == restored(answer, PLACEHOLDERS)


@pytest.mark.parametrize(
    ("answer", "released"),
    [
        ("Hello there", "Hello there"),
        ("Hello <PERS", "Hello "),
        ("Hello <PERSON_1", "Hello "),
        ("Hello <PERSON_1>", "Hello Maria Lopez"),
        ("1 < 2", "1 < 2"),
        ("a <b>bold", "a <b>bold"),
        ("Perhaps", "Perhaps"),
    ],
)
def test_only_what_may_become_a_placeholder_is_held_back(answer: str, released: str) -> None:
    assert Restorer(PLACEHOLDERS).feed(answer) == released


@given(answer=PIECES)
@settings(deadline=None, max_examples=150)
def test_no_more_than_one_placeholder_is_ever_held_back(answer: str) -> None:
    restorer = Restorer({"<PERSON_1>": "X"})

    restorer.feed(answer)

    assert len(restorer.finish()) <= len("\\u003cPERSON_1's\\u003e") + 8


def test_without_placeholders_everything_passes_at_once() -> None:
    assert Restorer({}).feed("<PERSON_1") == "<PERSON_1"
