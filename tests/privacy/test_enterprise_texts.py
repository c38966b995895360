"""Texts that people paste at work: what must not leave is found by the rules alone, what is nobody's is left alone."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from apps.privacy.reading import Reading
from apps.privacy.recognisers.tables import TableRecognizer
from bench import eval_privacy

SAMPLES = Path(__file__).parent / "samples"
MARKED = re.compile(r"\{\{([A-Z]+)\|(.*?)\}\}", re.DOTALL)
MOST_TOUCHED = 0.01
"""The share of texts with nothing personal that rules may touch; one list of programming languages is known."""

MOST_LEAKED = 0.005
"""The share of letters and digits of all kinds but names that rules alone may leave; names are the model's."""


MOST_SECONDS = 5.0
"""What a table of 360,000 characters may cost on a slow machine; it takes a fifth of that."""


def lines(name: str) -> Iterator[str]:
    """Read the texts of a sample."""
    for line in (SAMPLES / name).read_text(encoding="utf-8").splitlines():
        if line and not re.match(r"# (?!TODO)", line):
            yield line.replace("\\n", "\n")


def unmarked(line: str) -> tuple[str, list[tuple[str, int, int]]]:
    """Give a text without its marks, and what they marked."""
    text, spans, place = "", [], 0
    for match in MARKED.finditer(line):
        text += line[place : match.start()]
        spans.append((match[1], len(text), len(text) + len(match[2])))
        text, place = text + match[2], match.end()
    return text + line[place:], spans


@pytest.fixture(scope="module")
def rules() -> eval_privacy.Detector:
    """Give the engine without its model of names."""
    return eval_privacy.patterns()


def test_texts_of_work_with_nothing_personal_are_left_alone(rules: eval_privacy.Detector) -> None:
    texts = list(lines("nothing_personal.txt"))

    touched = [text for text in texts if list(rules(text))]

    assert len(texts) >= 150
    assert len(touched) <= MOST_TOUCHED * len(texts), touched


def test_what_is_personal_in_texts_of_work_is_found_by_rules_alone_but_for_names(rules: eval_privacy.Detector) -> None:
    letters = leaked = 0
    missed = []
    for text, spans in map(unmarked, lines("enterprise_prompts.txt")):
        covered = covered_by(text, rules(text))
        for kind, start, end in spans:
            places = [place for place in range(start, end) if text[place].isalnum() and kind != "PERSON"]
            left = sum(not covered[place] for place in places)
            letters, leaked = letters + len(places), leaked + left
            missed += [text[start:end]] if left else []

    assert letters > 2500
    assert leaked <= MOST_LEAKED * letters, missed


def covered_by(text: str, found: Iterable[eval_privacy.Found]) -> bytearray:
    """Mark the characters that are covered."""
    covered = bytearray(len(text))
    for start, end, _ in found:
        covered[start:end] = b"\1" * (end - start)
    return covered


TABLES = [
    ("first_name;last_name;zip\nMathis;Dubois;69003\n\nhello, world", ["Mathis", "Dubois", "69003"]),
    (
        "| Name | Extension | Mobile |\n|---|---|---|\n| Priya Raman | 4412 | 07700 900461 |",
        ["Priya Raman", "07700 900461"],
    ),
    ('"surname","given","passport"\r\n"Castellanos","Ximena","G38291047"\r\n', ["Castellanos", "G38291047"]),
    ("id\tname\tusername\n7\tKwabena Mensah\tkmensah\n8\tnull\t-", ["Kwabena Mensah", "kmensah"]),
    (
        "INSERT INTO t (id, name, ssn) VALUES (1, 'Deborah W', '219-09-9999'), (2, 'X. Y', NULL)",
        ["Deborah W", "219-09-9999", "X. Y"],
    ),
    ("name,price\nWidget,10\nBolt,20", []),
    ("Year,Region,Sales\n2022,North,10440", []),
    ("Please send name, phone\nand a short note, thanks", []),
    ("username,password\nroot,********\nmaya,Sommer!24", ["root", "maya", "Sommer!24"]),
]


@pytest.mark.parametrize(("text", "values"), TABLES)
def test_cells_are_masked_by_the_name_of_their_column(text: str, values: list[str]) -> None:
    found = TableRecognizer().read(Reading(text))

    assert [text[one.start : one.end] for one in found] == values


def test_a_table_of_many_lines_costs_no_more_than_its_length() -> None:
    text = "name,email\n" + "name,phone,x\n" * 20_000 + "name," * 20_000
    began = time.process_time()

    TableRecognizer().read(Reading(text))

    assert time.process_time() - began < MOST_SECONDS
