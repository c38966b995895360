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
    "<SECRET_1>": 'a"b\n<c> & d',
    "<SECRET_2>": r"\"x\u0041",
}
TOLERATED = [
    ("Dear <PERSON_1>,", "Dear Maria Lopez,"),
    ("<PERSON_1><PERSON_12>", "Maria LopezBob"),
    ("<PERSON_12> is not <PERSON_1>", "Bob is not Maria Lopez"),
    ("&lt;PERSON_1&gt; &#60;PERSON_1&#62; &#x3c;PERSON_1&#x3E;", "Maria Lopez Maria Lopez Maria Lopez"),
    (r"\<PERSON_1\>", "Maria Lopez"),
    (r"\<PERSON\_1>", "Maria Lopez"),
    (r"**<PERSON_1>** **<PERSON\_1>** **PERSON_1**", "**Maria Lopez** **Maria Lopez** **Maria Lopez**"),
    ("<**PERSON_1**> <`PERSON_1`> <_PERSON_1_>", "**Maria Lopez** `Maria Lopez` _Maria Lopez_"),
    ("_PERSON_1_ __PERSON_1__ *PERSON_1*", "_Maria Lopez_ __Maria Lopez__ *Maria Lopez*"),
    ("`<PERSON_1>` `PERSON_1`", "`Maria Lopez` `Maria Lopez`"),
    ("[PERSON_1] [[PERSON_1]] [Person 1]", "Maria Lopez Maria Lopez Maria Lopez"),
    ("{PERSON_1} {{PERSON_1}} {{ PERSON_1 }}", "Maria Lopez Maria Lopez Maria Lopez"),
    ('f"Dear {PERSON_1}"', 'f"Dear Maria Lopez"'),
    (r"(PERSON_1) \name{PERSON_1}", r"(Maria Lopez) \name{Maria Lopez}"),
    ("[PERSON_1](https://example.com)", "[Maria Lopez](https://example.com)"),
    ("<PERSON_1's> car", "Maria Lopez's car"),
    ("<PERSON_1>'s car, PERSON_1's car, <PERSON_1's car", "Maria Lopez's car, Maria Lopez's car, Maria Lopez's car"),
    ("the <PERSON_1s> the <PERSON_1>s the PERSON_1s", "the Maria Lopezs the Maria Lopezs the Maria Lopezs"),
    ("<person_1> <Person 1> <PERSON-1>", "Maria Lopez Maria Lopez Maria Lopez"),
    ("<PERSON1> < PERSON_1 > <PERSON: 1> <PERSON_1/>", "Maria Lopez Maria Lopez Maria Lopez Maria Lopez"),
    ("PERSON_1, PERSON_1. PERSON_1", "Maria Lopez, Maria Lopez. Maria Lopez"),
    ("Person_1 met Person_12.", "Maria Lopez met Bob."),
    ("<PERSON_1 said", "Maria Lopez said"),
    ("PERSON_1> said", "Maria Lopez said"),
    ("请联系<人物_1>先生 [姓名_1] ＜PERSON＿1＞", "请联系Maria Lopez先生 Maria Lopez Maria Lopez"),
    ("<Особа_1> <kişi_1> <व्यक्ति_1>", "Maria Lopez Maria Lopez Maria Lopez"),
    ("<PERSONNE_1> <Persona_1> [PESSOA_1] <Correo_1> <Geburtsdatum_1>", "Maria Lopez Maria Lopez Maria Lopez "
     "m@example.com 1 May 1970"),
    ('{"name": "<PERSON_1>"}', '{"name": "Maria Lopez"}'),
    (r'{"name": "\u003cPERSON_1\u003e"}', '{"name": "Maria Lopez"}'),
    (r'"\u003cSECRET_1\u003e"', r'"a\"b\n<c> & d"'),
    (r'"{\"x\": \"\\u003cSECRET_1\\u003e\"}"', r'"{\"x\": \"a\\\"b\\n<c> & d\"}"'),
    ("?q=%3CEMAIL_1%3E&r=%3CPERSON%5F1%3E", "?q=m%40example.com&r=Maria%20Lopez"),
    ("&lt;SECRET_1&gt;", "a&quot;b\n&lt;c&gt; &amp; d"),
    ("＜PERSON_1＞さん", "Maria Lopezさん"),
    ("<date of birth_1> <DATE\\_OF\\_BIRTH\\_1>", "1 May 1970 1 May 1970"),
    (r"C:\Users\<PERSON_1>\Desktop", r"C:\Users\Maria Lopez\Desktop"),
    ('```json\n{"a": "<SECRET_1>"}\n```\n"<SECRET_1>"', '```json\n{"a": "a\\"b\\n<c> & d"}\n```\n"a"b\n<c> & d"'),
    ('~~~ JSON\n["\\"<SECRET_1>"]', '~~~ JSON\n["\\"a\\"b\\n<c> & d"]'),
    ('```json\n"<SECRET_2>", <SECRET_1>\n```', '```json\n"\\"x\\u0041", a"b\n<c> & d\n```'),
    ('```python\n"<SECRET_1>"', '```python\n"a"b\n<c> & d"'),
]  # fmt: skip
LEFT_ALONE = [
    "<PERSON_2>",
    "<PERSON_123>",
    "<PERSON_01>",
    "<PERSON_1234567890123>",
    "<PERSON_>",
    "<PERSON_ONE> <PERSON_I> <PERSON>",
    "<PERSONNE_2> <PERSONNE 1> PERSONNE_1 <NAME_1>",
    "person_1 = load()",
    "MY_PERSON_1 PERSON_1_ID MY_PERSON_1X PERSON_1X xPERSON_1 _PERSON_1",
    "$PERSON_1 ${PERSON_1} $PERSON_12",
    "</PERSON_1>",
    "<PERSON_1_name>",
    "<email1>x</email1>",
    "a < b && c > d &amp; e &lt; f [x] %3 {y} {{z}} _ __",
    "Person 1 asked, Person 12 answered",
    "person_1, id_1, PERSON 1",
    "",
]
PIECES = st.lists(
    st.one_of(
        st.sampled_from([text for text, _ in TOLERATED] + LEFT_ALONE),
        st.sampled_from([*"<>[]{}&%\\_ PERSONpersonEMAIL_12'’s;ltg\n*`\"/$#", "```json\n", "\n```\n", "u003c"]),
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


def test_every_split_into_two_and_letter_by_letter_gives_the_same_text() -> None:
    for answer in [text for text, _ in TOLERATED] + LEFT_ALONE:
        whole = restored(answer, PLACEHOLDERS)
        for cut in range(len(answer) + 1):
            assert in_pieces(answer[:cut], answer[cut:]) == whole
        assert in_pieces(*answer) == whole


def in_pieces(*pieces: str) -> str:
    restorer = Restorer(PLACEHOLDERS)
    return "".join(map(restorer.feed, pieces)) + restorer.finish()


def test_every_split_into_three_gives_the_same_text() -> None:
    for answer in (r"x \<PERSON\_1\>s", "{{ PERSON_1 }}", "<**PERSON_12**>", "_PERSON_1_, PERSON_1>", "[PERSON_1]("):
        whole = restored(answer, PLACEHOLDERS)
        for first, second in itertools.combinations_with_replacement(range(len(answer) + 1), 2):
            assert in_pieces(answer[:first], answer[first:second], answer[second:]) == whole


@pytest.mark.thorough
@given(answer=PIECES, cuts=st.lists(st.integers(0, 200), max_size=12))
@settings(deadline=None, max_examples=300)
def test_no_split_of_any_answer_changes_the_text(answer: str, cuts: list[int]) -> None:
    restorer = Restorer(PLACEHOLDERS)
    edges = sorted({0, len(answer), *(min(cut, len(answer)) for cut in cuts)})

    released = "".join(restorer.feed(answer[start:end]) for start, end in itertools.pairwise(edges))

    assert released + restorer.finish() == restored(answer, PLACEHOLDERS)


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
    restorer = Restorer(PLACEHOLDERS)

    restorer.feed(answer)

    assert len(restorer._pending) <= len("\\\\u003c <DATE_OF_BIRTH_1> \\\\u003e") + 20


def test_without_placeholders_everything_passes_at_once() -> None:
    assert Restorer({}).feed("<PERSON_1") == "<PERSON_1"
