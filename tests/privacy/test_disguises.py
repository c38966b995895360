"""Disguises: values that are written so that a simple search misses them, and other forms of a name that is known."""

# ruff: noqa: RUF001 - look-alike characters are the point

from __future__ import annotations

import base64

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.privacy import analyzer, normalise
from apps.privacy.consistency import KnownValues
from apps.privacy.findings import checked

MAIL = "martha.holloway@example.com"
# The whole text is one value in disguise.
WHOLE = [
    ("EMAIL", "martha\u2024holloway@example.com"),
    ("EMAIL", "mart&#104;a.holloway@example.com"),
    ("EMAIL", "mart&#x68;a&period;holloway&commat;example&period;com"),
    ("EMAIL", "martha%2Eholloway%40example.com"),
    ("EMAIL", "martha%252Eholloway%2540example.com"),
    ("EMAIL", "martha=2Eholloway=40example=2Ecom"),
    ("EMAIL", "mar\u00adtha.holloway@exam\u200bple.com"),
    ("EMAIL", "ｍａｒｔｈａ@ｅｘａｍｐｌｅ．ｃｏｍ"),
    ("EMAIL", "ma\u0301rtha@example.com"),
    ("EMAIL", "m\u0430rtha@example.com"),
    ("EMAIL", "m a r t h a @ e x a m p l e . c o m"),
    ("EMAIL", "martha dot holloway at example dot com"),
    ("EMAIL", "martha punto holloway arroba example punto com"),
    ("EMAIL", "martha(at)example.com"),
    ("EMAIL", "martha @ example . com"),
    ("EMAIL", r"martha.holloway\u0040example.com"),
    ("EMAIL", base64.b64encode(MAIL.encode()).decode()),
    ("EMAIL", MAIL.encode().hex()),
    ("EMAIL", MAIL[::-1]),
    ("CARD", "4 1 1 1 - 1 1 1 1 - 1 1 1 1 - 1 1 1 1"),
    ("CARD", "4111–1111–1111–1111"),
    ("CARD", "4111.1111.1111.1111"),
    ("CARD", "4\ufe0f\u20e31\ufe0f\u20e31\ufe0f\u20e31 1111 1111 1111"),
    ("PHONE", "plus four four seven nine one one one two three four five six"),
    ("SECRET", base64.b64encode(b"password: hunter2!x and more").decode()),
    ("PERSON", "𝐌𝐚𝐫𝐭𝐡𝐚 𝐇𝐨𝐥𝐥𝐨𝐰𝐚𝐲"),
    ("PERSON", "M A R T H A  H O L L O W A Y"),
    ("PERSON", "Martha</b> <i>Holloway"),
    ("PERSON", "Martha** **Holloway"),
]
LEFT_ALONE = [
    "width=40 and limit=4090 and x=2E5",
    "a b c d e f g",
    "100%20 done",
    r"C:\data\new\table",
    "List<b> and Map<String, b>",
    "2 * 3 * 4",
    "5f4dcc3b5aa765d61d8327deb882cf99",
    "&copy; &amp; &nbsp;",
]


def spans(text: str) -> list[tuple[str, str]]:
    """List type and value of everything found."""
    return [(finding.type, text[finding.start : finding.end]) for finding in analyzer.find(text)]


@pytest.mark.parametrize(("type_", "value"), WHOLE, ids=[case[1] for case in WHOLE])
def test_a_value_in_disguise_is_found_where_it_stands(type_: str, value: str) -> None:
    before, after = ("<b>", "</i>") if "</b>" in value else ("**", "**") if "**" in value else ("", "")

    assert spans(f"See {before}{value}{after} there") == [(type_, value)]


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_what_only_looks_like_a_disguise_is_left_alone(text: str) -> None:
    assert spans(text) == []


def test_a_value_in_an_attribute_of_a_tag_is_not_taken_out_with_the_tag() -> None:
    assert ("EMAIL", MAIL) in spans(f'<a href="mailto:{MAIL}">write</a>')


def test_a_known_name_is_found_as_initials_user_name_and_in_identifiers() -> None:
    text = "O. Vasquez; login ovasquez; class OndineVasquez; /srv/ondine_vasquez/x; the Vasquezs; vasquezo"
    known = KnownValues()

    known.add("PERSON", "Ondine Vasquez")

    assert [text[finding.start : finding.end] for finding in known.find(text)] == [
        "O. Vasquez",
        "Vasquez",
        "ovasquez",
        "OndineVasquez",
        "ondine",
        "vasquez",
        "Vasquezs",
        "vasquezo",
    ]


def test_the_name_in_an_address_is_found_in_prose() -> None:
    assert ("PERSON", "jurgen mueller") in spans("Write to jurgen.mueller@firma.example, said jurgen mueller")


PIECES = [
    "a",
    "Z",
    "9",
    " ",
    "\u200b",
    "\u00ad",
    "４",
    "ｶ",
    "а",
    "’",
    "&#64;",
    "&amp;",
    "%40",
    r"\u0041",
    "<b>",
    "</b>",
    "**",
    "=40",
    "e\u0301",
    "ﬁ",
    "\n",
]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
@settings(deadline=None)
def test_a_place_in_the_view_maps_back_to_the_characters_it_came_from(text: str) -> None:
    view = normalise.view(text)

    position = 0
    for offset in range(len(view.text)):
        start, end = view.to_original(offset, offset + 1)
        assert 0 <= start < end <= len(text)
        assert start >= position or (start, end) == view.to_original(offset - 1, offset)
        position = start
    if view.text:
        whole = view.to_original(0, len(view.text))
        assert whole == (view.to_original(0, 1)[0], view.to_original(len(view.text) - 1, len(view.text))[1])


@given(st.lists(st.sampled_from([*PIECES, MAIL, "Martha Holloway", "4111 1111 1111 1111"]), max_size=12).map("".join))
@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
def test_no_mixture_of_disguises_makes_the_engine_raise_or_point_astray(text: str) -> None:
    findings = analyzer.find(text)

    assert checked(findings, text=text) == findings


def test_a_character_that_stands_for_itself_keeps_its_place() -> None:
    text = "x&#64;y\u200bz"
    view = normalise.view(text)

    assert view.text == "x@yz"
    assert [view.to_original(place, place + 1) for place in range(4)] == [(0, 1), (1, 6), (6, 7), (8, 9)]
