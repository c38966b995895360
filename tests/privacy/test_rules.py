"""Rules are tried only where they can match: what spares the trying must never hide what would be found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from apps.privacy import normalise
from apps.privacy.analyzer import RULES
from apps.privacy.openings import opens_with, opens_with_words
from apps.privacy.reading import Reading
from apps.privacy.rules import Place, Rule, RuleRecognizer, Where, at_words, near, pattern

SAMPLES = Path(__file__).parent / "samples"
MEANT = {"An e-mail address pulled apart to hide it"}
"""Rules whose needs say more than their pattern does."""

MARK = re.compile(r"\{\{[A-Z_]+\||\}\}")


def readings() -> Iterator[Reading]:
    for file in sorted(SAMPLES.glob("*.txt")):
        for line in file.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                yield Reading(normalise.view(MARK.sub("", line).replace("\\n", "\n")).text)


def anywhere_of(place: Place) -> Place:
    """Give a place without what it asks of the length of runs, and of digits near words or in runs with letters."""
    is_at_numbers = place.where is Where.AT_NUMBERS
    return replace(place, longest=0, digits=place.digits if is_at_numbers else min(place.digits, 1))


@pytest.mark.thorough
def test_what_a_rule_needs_hides_nothing_that_its_pattern_would_find() -> None:
    sparing = [
        (rule, replace(rule, needs=(), prefilter=None, opens=None, place=anywhere_of(rule.place)))
        for rule in RULES
        if rule.reason not in MEANT
    ]

    hidden = {
        (rule.reason, reading.text)
        for reading in readings()
        for rule, alone in sparing
        if rule.find(reading) != alone.find(reading)
    }

    assert hidden == set()


@pytest.mark.thorough
def test_rules_tried_together_find_what_each_finds_by_itself() -> None:
    together = RuleRecognizer("rules", RULES)

    for reading in readings():
        alone = sorted((rule.reason, start, end) for rule in RULES for start, end in rule.find(reading))
        found = together.read(reading)

        assert sorted((one.recognition_metadata["reason"], one.start, one.end) for one in found) == alone


@pytest.mark.parametrize("text", ["ph", "no phone", "Phone?", "d.o.b", "dob", "x", "phones", "the o, b", "PH 7", "b b"])
def test_words_of_context_that_share_an_initial_are_read_as_if_they_did_not(text: str) -> None:
    terms = ("phone", "ph", r"d\.?o\.?b", "x?y", "a|b", "o")
    plain = re.compile(rf"(?<![^\W_])(?:{'|'.join(terms)})(?![^\W_])", re.IGNORECASE)

    assert bool(near(*terms).search(text)) == bool(plain.search(text))


def test_a_rule_that_opens_with_words_or_strings_is_tried_only_there_and_never_inside_what_it_found() -> None:
    named = pattern(r"(?<!\w)(?:user|log)[ ](?P<value>[a-z ]{1,12})", is_any_case=True)
    words = Rule("ID", "A name", named, 0.9, place=at_words("user log", after=20), opens=opens_with_words("user log"))
    strings = replace(words, opens=opens_with("user", "log"))
    anywhere = replace(words, opens=None)

    for text in (
        "User log user abc; log x",
        "a user b",
        "blog user",
        "no",
        "\u0130 user \u0130b user x",
        "user\nlog it",
    ):
        expected = anywhere.find(Reading(text))
        assert words.find(Reading(text)) == expected
        assert strings.find(Reading(text)) == expected


def test_a_text_with_what_may_begin_a_match_elsewhere_is_searched_whole() -> None:
    rule = Rule("ID", "A number", pattern(r"[A-Z]\d{3}"), 0.9, opens=opens_with("q", unless=("plan",)))

    assert rule.find(Reading("A123")) == []
    assert rule.find(Reading("Plan A123")) == [(5, 9)]


def test_a_rule_without_its_small_pattern_is_not_tried() -> None:
    rule = Rule("ID", "A number", pattern(r"[A-Z]\d{3}"), 0.9, prefilter=re.compile("Q"))

    assert rule.find(Reading("A123")) == []
    assert rule.find(Reading("Q123")) == [(0, 4)]
