"""How tests ended, read from the JUnit file that pytest writes."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

PASSED, FAILED, SKIPPED, NOT_RUN = "passed", "failed", "skipped", "not run here"
ENDINGS: Final = {"failure": FAILED, "error": FAILED, "skipped": SKIPPED}
WORST_FIRST: Final = (FAILED, SKIPPED, PASSED)


class NotReadable(Exception):
    """The file holds no results."""

    def __init__(self, path: Path) -> None:
        self.sentence = f"{path} is not a JUnit file. Write one with `pytest --junitxml={path}`."
        super().__init__(self.sentence)


@dataclass(frozen=True, slots=True)
class Result:
    """How one test ended, over how many cases, and when the run began, as the file says; empty if it was not run."""

    ended: str = NOT_RUN
    cases: int = 0
    at: str = ""


@dataclass(frozen=True, slots=True)
class Results:
    """Results by test, and the SHA-256 of the file they are from."""

    by_test: dict[str, Result] = field(default_factory=dict)
    sha256: str = ""

    def of(self, test: str) -> Result:
        """Give the result of a test by its node id."""
        return self.by_test.get(test, Result())


def read(path: Path) -> Results:
    """
    Read a file of results. Of a test with many cases, the worst counts.

    :raises NotReadable: if the file is missing or of another form.
    """
    try:
        raw = path.read_bytes()
        root = ElementTree.fromstring(raw)
    except (OSError, ParseError, DefusedXmlException):
        raise NotReadable(path) from None
    if root.tag not in {"testsuites", "testsuite"}:
        raise NotReadable(path)
    found: defaultdict[str, list[Result]] = defaultdict(list)
    for test, result in _cases(root):
        found[test].append(result)
    by_test = {test: Result(_worst(each), len(each), max(one.at for one in each)) for test, each in found.items()}
    return Results(by_test, hashlib.sha256(raw).hexdigest())


def _cases(root: Any) -> Iterator[tuple[str, Result]]:
    for suite in root.iter("testsuite"):
        for case in suite.iter("testcase"):
            test = f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name', '').partition('[')[0]}"
            endings = [ENDINGS[child.tag] for child in case if child.tag in ENDINGS]
            yield test, Result((endings or [PASSED])[0], 1, suite.get("timestamp", ""))


def _worst(results: list[Result]) -> str:
    ended = {result.ended for result in results}
    return next(each for each in WORST_FIRST if each in ended)
