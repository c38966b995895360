"""The evidence pack: three files that say the same, for a spreadsheet, for people and for programs."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from apps.audit import paper
from apps.batch.results import harmless
from portal.evidence.controls import Control, Feature
from portal.evidence.results import FAILED, NOT_RUN, PASSED, SKIPPED, Results

FORM: Final = "portcullis-evidence/1"
NAMES: Final = ("controls.csv", "controls.html", "controls.json")
COLUMNS: Final = (
    "framework", "control", "about", "what the product does", "documented in", "settings", "test", "result", "cases",
    "run at", "left to the company",
)  # fmt: skip


def write(folder: Path, controls: list[Control], results: Results, *, now: datetime) -> Counter[str]:
    """Write the three files into `folder` and count how the tests that they name ended."""
    folder.mkdir(parents=True, exist_ok=True)
    told = _told(controls, results, now)
    table, page, data = (folder / name for name in NAMES)
    data.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    table.write_text(_table(controls, results), "utf-8", newline="")
    failed = sorted({test["test"] for test in _tests(told["controls"]) if test["result"] == FAILED})
    words = {**told, "frameworks": _by_framework(told["controls"]), "failed": failed}
    page.write_text(paper.page("portal/evidence.html", words), "utf-8")
    return Counter(told["summary"])


def _told(controls: list[Control], results: Results, now: datetime) -> dict[str, Any]:
    tests = {test for control in controls for feature in control.features for test in feature.tests}
    ended = Counter(results.of(test).ended for test in tests)
    return {
        "form": FORM,
        "made_at": now.isoformat(timespec="seconds"),
        "results_sha256": results.sha256 or None,
        "summary": {each: ended[each] for each in (PASSED, FAILED, SKIPPED, NOT_RUN)},
        "controls": [_control(control, results) for control in controls],
    }


def _tests(controls: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return (test for control in controls for feature in control["features"] for test in feature["tests"])


def _control(control: Control, results: Results) -> dict[str, Any]:
    return {
        "framework": control.framework,
        "control": control.id,
        "about": control.about,
        "features": [_feature(feature, results) for feature in control.features],
        "left_to_the_company": control.company,
    }


def _feature(feature: Feature, results: Results) -> dict[str, Any]:
    return {
        "does": feature.does,
        "documented_in": list(feature.docs),
        "settings": list(feature.settings),
        "tests": [_test(test, results) for test in feature.tests],
    }


def _test(test: str, results: Results) -> dict[str, Any]:
    result = results.of(test)
    return {"test": test, "result": result.ended, "cases": result.cases, "run_at": result.at or None}


def _table(controls: list[Control], results: Results) -> str:
    written = io.StringIO(newline="")
    written.write("\ufeff")  # spreadsheets take the file for UTF-8 only with this mark
    lines = csv.writer(written)
    lines.writerow(COLUMNS)
    for row in _rows(controls, results):
        lines.writerow([harmless(cell) for cell in row])
    return written.getvalue()


def _rows(controls: list[Control], results: Results) -> Iterator[tuple[str, ...]]:
    """Give a row for each test of each feature of each control."""
    for control in controls:
        for feature in control.features:
            for test in feature.tests:
                result = results.of(test)
                yield (
                    control.framework, control.id, control.about, feature.does, " ".join(feature.docs),
                    " ".join(feature.settings), test, result.ended, str(result.cases), result.at, control.company,
                )  # fmt: skip


def _by_framework(controls: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    return [(name, list(each)) for name, each in groupby(controls, key=lambda control: control["framework"])]
