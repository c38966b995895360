"""Values told by found ones beside them: the rest of a list, the rest of a column, the password after a user name."""

# ruff: noqa: E501 - patterns are read whole

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from apps.privacy import vocabulary as v
from apps.privacy.findings import Finding
from apps.privacy.judged.labels import folded, kinds_of
from apps.privacy.judged.values import cannot_be, shape_of
from apps.privacy.recognisers.logins import is_login

SCORE: Final = 0.81
IN_A_LIST: Final = "A number listed beside one that was found"
IN_A_COLUMN: Final = "A cell of a column whose other cells were found"
AFTER_A_USER: Final = "What follows a user name as a password does"

JOINT: Final = re.compile(r"[\"'`]?(?:, ?|; ?| ?/ ?|,? (?:and|or|und|oder|et|ou|y|o|e|en|of|sowie) )[\"'`]?")
ONE: Final = re.compile(r"[^\s\"'`,;|(){}\[\]<>]+(?<![.:!?])")
LISTED: Final = frozenset([v.REFERENCE, v.SECRET, v.ID])
MOST_LISTED: Final = 40

SEPARATORS: Final = ("\t", ";", "|", ",")
FEWEST_ROWS: Final = 3
FEWEST_FOUND: Final = 2
IN_COLUMNS: Final = frozenset([v.REFERENCE, v.SECRET, v.ID, v.USERNAME])
SPLIT: Final = {mark: re.compile(rf"[^{re.escape(mark)}\n]+") for mark in SEPARATORS}

PASSWORD_FOLLOWS: Final = re.compile(
    r"[\"'`]?(?: ?[/|:,] ?| (?:with|and|using|mit|und|avec|et|con|y|e|com|met|en) )(?:(?:the |das |le |la |il |het |a )?"
    r"(?:password|passwort|kennwort|pass|pw|pwd|mdp|mot de passe|contraseña|clave|senha|wachtwoord)[ :=]{1,2})?[\"'`]?"
)
TYPED: Final = re.compile(r"(?=[^\s]{0,30}[^\W\d_])[^\s\"'`,;()<>\[\]{}]{5,40}(?<![.:!?,])")
MARKS: Final = re.compile(r"\d|[!#$%&*+?^~=]|[a-z][A-Z]")
"""What a password holds and a word does not."""


def beside(text: str, findings: Sequence[Finding]) -> Iterator[Finding]:
    """Give what lists, columns and users tell. Linear in the text for what was found in it."""
    taken = {(one.start, one.end) for one in findings}
    for finding in findings:
        if finding.type in LISTED:
            yield from _listed(text, finding, taken)
        elif finding.type == v.USERNAME:
            yield from _password(text, finding)
    yield from _columns(text, findings)


def _form(value: str) -> str:
    return re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", value))


def _listed(text: str, finding: Finding, taken: set[tuple[int, int]]) -> Iterator[Finding]:
    """Give the numbers that follow a found one in a list and have its form: as many digits, letters where it has some."""
    value = text[finding.start : finding.end]
    if sum(map(str.isdigit, value)) < FEWEST_FOUND or " " in value or "\n" in value:
        return
    form, reached = _form(value), finding.end
    for _ in range(MOST_LISTED):
        joint = JOINT.match(text, reached)
        one = ONE.match(text, joint.end()) if joint is not None else None
        if one is None or _form(one[0]) != form:
            return
        if one.span() not in taken:
            yield Finding(finding.type, one.start(), one.end(), SCORE, IN_A_LIST)
        reached = one.end()


def _password(text: str, user: Finding) -> Iterator[Finding]:
    """Give what follows a user name behind a stroke, "with" or "and", if it is written as passwords are."""
    joint = PASSWORD_FOLLOWS.match(text, user.end)
    one = TYPED.match(text, joint.end()) if joint is not None else None
    if one is None or MARKS.search(one[0]) is None or cannot_be(text, *one.span()) or "@" in one[0][1:-1]:
        return
    if (
        joint is not None
        and joint[0].strip(" \"'`") in {",", "and", "und", "et", "y", "e", "en", ":"}
        and is_login(one[0])
    ):
        return  # another user of a list
    yield Finding(v.SECRET, one.start(), one.end(), SCORE, AFTER_A_USER)


def _columns(text: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Give the cells of columns in which two cells at least, and half of them, were found whole."""
    found = [one for one in findings if one.type in IN_COLUMNS]
    if len(found) < FEWEST_FOUND or text.count("\n") < FEWEST_ROWS - 1:
        return
    by_line: dict[int, list[Finding]] = {}
    for one in found:
        by_line.setdefault(text.rfind("\n", 0, one.start) + 1, []).append(one)
    for rows in _tables(text):
        for column in range(len(rows[0])):
            cells = [row[column] for row in rows]
            kinds = [_kind(text, cell, by_line) for cell in cells]
            (kind, count), *_ = Counter(kinds).most_common(1)
            if kind == "":
                known = Counter(one for one in kinds if one)
                (kind, count) = known.most_common(1)[0] if known else ("", 0)
            if kind and count >= FEWEST_FOUND and 2 * count >= len(cells) - 1:
                for cell, known_as in zip(cells, kinds, strict=True):
                    start, end = _trimmed(text, *cell)
                    if not known_as and _is_like(text[start:end], kind):
                        yield Finding(kind, start, end, SCORE, IN_A_COLUMN)


def _kind(text: str, cell: tuple[int, int], by_line: dict[int, list[Finding]]) -> str:
    start, end = _trimmed(text, *cell)
    for one in by_line.get(text.rfind("\n", 0, start) + 1, ()):
        if one.start <= start + 1 and one.end >= end - 1 and start < end:
            return one.type
    return ""


def _is_like(value: str, kind: str) -> bool:
    """Say whether a cell may hold what the others of its column hold: no heading, no phrase, no word for nothing."""
    if len(value) < 3 or " " in value or kinds_of(folded(value)) or cannot_be(value, 0, len(value)):
        return False
    if kind in {v.REFERENCE, v.ID}:
        return sum(map(str.isdigit, value)) > 2
    if kind == v.SECRET:
        return shape_of(value).split("-")[-1] != "known"
    return is_login(value)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in " \t\"'`":
        start += 1
    while end > start and text[end - 1] in " \t\"'`\r":
        end -= 1
    return start, end


def _tables(text: str) -> Iterator[list[list[tuple[int, int]]]]:
    """Give runs of lines that one sign cuts into as many cells, two at least."""
    for mark in SEPARATORS:
        if text.count(mark) < FEWEST_ROWS:
            continue
        rows: list[list[tuple[int, int]]] = []
        place = 0
        for line in (*text.split("\n"), ""):
            cells = (
                [match.span() for match in SPLIT[mark].finditer(text, place, place + len(line))] if mark in line else []
            )
            if rows and len(cells) != len(rows[0]):
                if len(rows) >= FEWEST_ROWS:
                    yield rows
                rows = []
            if len(cells) > 1:
                rows.append(cells)
            place += len(line) + 1
