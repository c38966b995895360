"""The control mapping names what exists, and the pack says of each test how it ended and no better."""

from __future__ import annotations

import ast
import csv
import json
import re
from functools import cache
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from portal.environment import declared
from portal.evidence import controls, pack, results
from portal.evidence.controls import Control, Feature
from tests.platform.processes import ROOT

MAPPED = controls.read()
FEATURES = sorted({feature for control in MAPPED for feature in control.features}, key=lambda feature: feature.name)
ASKED = {
    "SOC 2": {"CC6.1", "CC7.2", "CC7.3", "CC8.1"},
    "ISO/IEC 42001": {"A.6.2.8"},
    "ISO/IEC 27001": {"A.8.15", "A.8.16", "A.5.33"},
    "EU AI Act": {"Art. 12", "Art. 19", "Art. 26(6)"},
    "NIST SP 800-53": {"AU-2", "AU-3", "AU-6", "AU-9", "AU-10", "AU-11", "AU-12"},
    "GDPR": {"Art. 15", "Art. 17", "Art. 30"},
    "HIPAA": {"164.312(b)"},
}
JUNIT = """<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest" timestamp="2026-11-27T10:00:00+00:00">
<testcase classname="tests.one.test_a" name="test_holds" />
<testcase classname="tests.one.test_a" name="test_cases[1-x]" />
<testcase classname="tests.one.test_a" name="test_cases[2-y]"><failure message="no" /></testcase>
<testcase classname="tests.one.test_a" name="test_waits"><skipped message="no root" /></testcase>
</testsuite></testsuites>
"""


@cache
def headings(page: str) -> set[str]:
    """The anchors of a page, as they are made from its headings wherever Markdown is shown."""
    named = re.findall(r"^#+ (.+)$", (ROOT / page).read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-") for words in named}


@cache
def functions(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_what_a_feature_names_exists(feature: Feature) -> None:
    gone = [each for each in feature.docs if each.partition("#")[2] not in headings(each.partition("#")[0])]
    gone += [each for each in feature.tests if each.partition("::")[2] not in functions(each.partition("::")[0])]
    gone += [each for each in feature.settings if each not in {one.name for one in declared}]

    assert not gone, f"{controls.SOURCE.name} names for {feature.name} what is gone: {gone}. Say what took its place."
    assert feature.tests


def test_every_control_that_is_asked_for_is_answered() -> None:
    found: dict[str, set[str]] = {}
    for control in MAPPED:
        assert control.features
        found.setdefault(control.framework, set()).add(control.id)

    assert found == ASKED
    assert len(MAPPED) == sum(map(len, ASKED.values()))


def control_with(*tests: str, about: str = "Logs are kept") -> Control:
    feature = Feature("logs", "=1+1 is what it does", ("docs/ledger.md#the-ledger",), (), tests)
    return Control("Framework", "1", about, (feature,), "-2 is left")


def rows(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO((folder / "controls.csv").read_text("utf-8-sig"))))


def test_each_test_has_the_worst_of_its_cases_and_none_is_taken_for_passed(tmp_path: Path) -> None:
    (tmp_path / "results.xml").write_text(JUNIT)
    names = ["holds", "cases", "waits", "forgotten"]
    named = [f"tests/one/test_a.py::test_{name}" for name in names]

    ended = pack.write(tmp_path, [control_with(*named)], results.read(tmp_path / "results.xml"), now=timezone.now())

    assert [row["result"] for row in rows(tmp_path)] == ["passed", "failed", "skipped", "not run here"]
    assert [row["run at"] for row in rows(tmp_path)] == ["2026-11-27T10:00:00+00:00"] * 3 + [""]
    assert ended == {"passed": 1, "failed": 1, "skipped": 1, "not run here": 1}
    told = json.loads((tmp_path / "controls.json").read_text())
    assert [test["cases"] for test in told["controls"][0]["features"][0]["tests"]] == [1, 2, 1, 0]
    assert "(2 cases)" in (tmp_path / "controls.html").read_text()


def test_no_cell_is_run_and_no_word_is_markup(tmp_path: Path) -> None:
    control = control_with("tests/a.py::test_a", about="<script>alert(1)</script>")

    pack.write(tmp_path, [control], results.Results(), now=timezone.now())

    (row,) = rows(tmp_path)
    assert (row["what the product does"], row["left to the company"]) == ("'=1+1 is what it does", "'-2 is left")
    page = (tmp_path / "controls.html").read_text()
    assert "<script" not in page
    assert "default-src &#x27;none&#x27;" in page


def test_the_command_writes_the_pack_and_says_how_the_tests_ended(tmp_path: Path) -> None:
    said = StringIO()

    call_command("evidence_pack", str(tmp_path / "pack"), stdout=said)

    assert f"{len(MAPPED)} controls; tests: {len(controls.tests_of(MAPPED))} not run here" in said.getvalue()
    assert {path.name for path in (tmp_path / "pack").iterdir()} == set(pack.NAMES)
    assert len({row["control"] for row in rows(tmp_path / "pack")}) == len(MAPPED)


@pytest.mark.parametrize(
    "content", ["no xml", "<html/>", '<!DOCTYPE a [<!ENTITY b "c">]><testsuite>&b;</testsuite>', None]
)
def test_what_holds_no_results_is_refused_with_a_sentence(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "results.xml"
    if content is not None:
        file.write_text(content)

    with pytest.raises(CommandError, match="not a JUnit file"):
        call_command("evidence_pack", str(tmp_path / "pack"), results=file)

    assert not (tmp_path / "pack").exists()
