"""
Decide which words and numbers beside labels are their values: a sum of learned weights, one for each sign.

Logistic regression, learned by `training/judge.py`; the weights are plain numbers in `data/label_weights.tsv`.
"""

# ruff: noqa: TID251 - this room is the one that uses Presidio

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Final

from presidio_analyzer import LocalRecognizer, RecognizerResult

from apps.privacy import vocabulary as v
from apps.privacy import words
from apps.privacy.judged.candidates import REST_OF_LINE, Candidate, candidates
from apps.privacy.judged.signs import is_announced
from apps.privacy.reading import Reading
from apps.privacy.rules import LANGUAGE, result

TYPES: Final = {"SECRET": v.SECRET, "USERNAME": v.USERNAME, "ID": v.REFERENCE}
REASON: Final = "What stands beside a label, by how it stands there"
SCORE: Final = 0.81
THRESHOLDS: Final = {"SECRET": 1.0, "USERNAME": 0.8, "ID": 1.2}
"""From which sum on a candidate is taken, chosen on texts that the weights were not learned from."""

ALWAYS: Final = ""
"""The name under which the weight stands that every candidate of a kind gets."""


@cache
def weights() -> dict[str, dict[str, float]]:
    """Give the learned weights of each kind by sign."""
    known: dict[str, dict[str, float]] = {kind: {} for kind in TYPES}
    for line in (words.FOLDER / "label_weights.tsv").read_text(encoding="utf-8").splitlines():
        if line and line[0] != "#":
            kind, sign, weight = line.split("\t")
            known[kind][sign] = float(weight)
    return known


def judged(candidate: Candidate) -> float:
    """Give what speaks for a candidate less what speaks against it; above 0 it is rather its label's value."""
    known = weights()[candidate.kind]
    told = [known.get(sign, 0.0) for sign in frozenset(candidate.signs)]
    return math.fsum([known[ALWAYS], *told])  # exact, so that no order of the signs decides at a threshold


def is_phrase(candidate: Candidate, text: str) -> bool:
    """Say whether a setting called password is followed by words to the line's end: too rare to learn, plain to see."""
    signs = frozenset(candidate.signs)
    if REST_OF_LINE not in signs or "label:password" not in signs or "suffix:off" in signs or "about:off" in signs:
        return False
    value = text[candidate.start : candidate.end]
    is_long_enough = value.count(" ") > 1 or any(one.isdigit() for one in value)
    return is_long_enough and value.islower() and value.count(" ") < MOST_BLANKS and "is:label" not in signs


MOST_BLANKS: Final = 5


def is_everyday(candidate: Candidate, text: str) -> bool:
    """
    Say whether a label is an everyday word here, and what follows it is too: *The safe option is to wait*.

    Weights cannot learn this from texts that are full of values: of words such as *answer*, *code* or *case* only few
    announce one.
    """
    signs, value = frozenset(candidate.signs), text[candidate.start : candidate.end]
    if candidate.kind == "SECRET":
        is_words = any(sign.startswith("shape:") and ("-known" in sign or "phrase" in sign) for sign in signs)
        is_other = "label:answer" in signs and (value.isdigit() or value.istitle())  # a count, or somebody's name
        return not signs.isdisjoint(EVERYDAY) and (is_words or is_other or NAME_OF_A_LICENCE.match(value) is not None)
    if candidate.kind == "ID" and value.isdigit() and not is_announced(candidate.signs):
        return len(value) < FEWEST_DIGITS_ALONE or not signs.isdisjoint(A_WORD_BETWEEN)
    return False


EVERYDAY: Final = frozenset(f"label:{group}" for group in ("answer", "safe", "code", "key", "secret", "licence"))
NAME_OF_A_LICENCE: Final = re.compile(r"(?i)(?:[al]?gpl|mit|bsd|apache|mpl|cc|isc|epl|eupl)(?![a-z\d])")
FEWEST_DIGITS_ALONE: Final = 5
A_WORD_BETWEEN: Final = frozenset(["before:other", "before:must"])


def values(reading: Reading) -> Iterator[Candidate]:
    """Give the candidates of a text that are the values of their labels."""
    for candidate in candidates(reading):
        is_value = judged(candidate) > THRESHOLDS[candidate.kind] and not is_everyday(candidate, reading.text)
        if is_value or is_phrase(candidate, reading.text):
            yield candidate


class LabelRecognizer(LocalRecognizer):
    """Finds values beside their labels."""

    def __init__(self) -> None:
        super().__init__(supported_entities=sorted(TYPES.values()), name="labels", supported_language=LANGUAGE)

    def load(self) -> None:
        """Nothing to load."""

    def analyze(self, text: str, entities: Iterable[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Give the values whose kind is asked for."""
        wanted = frozenset(entities)
        return [found for found in self.read(Reading(text)) if found.entity_type in wanted]

    def read(self, reading: Reading) -> list[RecognizerResult]:
        """Give the values in a text that other recognisers read too. Linear in the text."""
        return [result(TYPES[one.kind], one.start, one.end, SCORE, REASON) for one in values(reading)]
