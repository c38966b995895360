"""Replace findings by placeholders with Presidio's anonymizer, a stretch of text at a time."""

# ruff: noqa: TID251 - this room is the one that uses Presidio

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Final, TypeAlias

import regex

from apps.privacy.findings import Finding

# For a cloud operator that nobody uses here, the anonymizer imports the whole analyzer and its language library (100 MB
# of memory in every web process). It accepts their absence, so they are made absent while it is imported.
_is_absent = sys.modules.get("presidio_analyzer") is None
if _is_absent:
    sys.modules["presidio_analyzer"] = None  # type: ignore[assignment]
try:
    from presidio_anonymizer import AnonymizerEngine
    from presidio_anonymizer.entities import OperatorConfig, RecognizerResult
finally:
    if _is_absent:
        del sys.modules["presidio_analyzer"]

STRETCH: Final = 4_000
"""Characters after which a new stretch begins: the anonymizer copies the whole text for each finding."""
LOOKS_ESCAPED: Final = regex.compile(r"(?<![\w\\/:.])\\\Z")
PlaceholderFor: TypeAlias = Callable[[str, str], str]


def widened(text: str, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """
    Take in a lone backslash before a value: before a placeholder it would read as an escape and be lost in restoring.

    Widening twice changes nothing.
    """
    wide: list[Finding] = []
    for finding in findings:
        escape = finding.start - 1
        follows_a_placeholder = bool(wide) and wide[-1].end == escape
        has_escape = escape >= 0 and text[escape] == "\\" and (not wide or wide[-1].end <= escape)
        if has_escape and (follows_a_placeholder or LOOKS_ESCAPED.search(text, max(0, escape - 1), finding.start)):
            wide.append(replace(finding, start=escape))
        else:
            wide.append(finding)
    return tuple(wide)


def masked(text: str, findings: Sequence[Finding], *, placeholder_for: PlaceholderFor) -> str:
    """
    Replace `findings`, which are in order and do not overlap, by what `placeholder_for` gives for type and value.

    Linear in the text, however many findings there are.
    """
    for finding in findings:
        placeholder_for(finding.type, text[finding.start : finding.end])
    return "".join(_anonymized(text, stretch, placeholder_for) for stretch in _stretches(text, findings))


def _stretches(text: str, findings: Sequence[Finding]) -> Iterator[tuple[int, int, list[Finding]]]:
    start = 0
    inside: list[Finding] = []
    for finding in findings:
        if inside and finding.end - start > STRETCH:
            yield start, inside[-1].end, inside
            start, inside = inside[-1].end, []
        inside.append(finding)
    yield start, len(text), inside


def _anonymized(text: str, stretch: tuple[int, int, list[Finding]], placeholder_for: PlaceholderFor) -> str:
    start, end, findings = stretch
    if not findings:
        return text[start:end]
    results = [RecognizerResult(f.type, f.start - start, f.end - start, f.score) for f in findings]
    operators = {
        type_: OperatorConfig("custom", {"lambda": partial(placeholder_for, type_)})
        for type_ in {f.type for f in findings}
    }
    engine_result = _anonymizer().anonymize(
        text[start:end], results, operators=operators, merge_entities_with_spaces=False
    )
    return str(engine_result.text)


@cache
def _anonymizer() -> AnonymizerEngine:
    return AnonymizerEngine()  # type: ignore[no-untyped-call]
