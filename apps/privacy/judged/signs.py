"""What can be said of a label, of what stands between it and a word, and of that word: signs, true or not."""

# ruff: noqa: RUF001 - people write curly quotes and long dashes

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from apps.privacy.judged import labels
from apps.privacy.judged.labels import folded, kinds_of
from apps.privacy.judged.values import DATED, PARTS, WORD, shape_of
from apps.privacy.recognisers.credentials import shapes

HARD: Final = re.compile(r"\d|[^\W\d_][!@#$%&*+_][^\W_]")
LIKE_A_FILE: Final = re.compile(r"\.[a-z]{2,5}$")
JOINTS: Final = {
    ":": "copula::", "=": "copula:=", ",": "copula:comma", ";": "copula:comma",
    **dict.fromkeys(">→", "copula:>"), **dict.fromkeys("–—-/|\t", "copula:dash"),
}  # fmt: skip
"""What the last sign before a word says."""

SIDES: Final = (("copula", labels.COPULAS), ("with", labels.WITH), ("of", labels.OF), ("must", labels.MUST))
BETWEEN: Final = (
    ("gap:newline", "\n"), ("gap:comma", ","), ("gap:colon", ":"), ("gap:equals", "="), ("gap:bracket", "({"),
)  # fmt: skip
BEHIND: Final = {
    "=": "after:equals",
    ":": "after:colon",
    **dict.fromkeys("([{", "after:opens"),
    **dict.fromkeys(".,;", "after:stop"),
}
HELD: Final = (
    ("has:dot", "."), ("has:underscore", "_"), ("has:dash", "-"), ("has:slash", "/"), ("has:at", "@"),
    ("has:colon", ":"), ("has:blank", " "),
)  # fmt: skip
LONGEST_COUNTED: Final = 8
"""Up to here sizes are told apart one by one, then by threes."""


def genre_of(text: str) -> tuple[str, ...]:
    """Say what kind of text it is, by the marks in it."""
    lines = text.count("\n") + 1
    pairs = len(re.findall(r"(?m)^[ \t#-]*[\w.\"'-]{1,60}[ ]?[:=]", text))
    signs = [f"genre:pairs{min(3, pairs * 4 // (lines + 1))}"]
    if text.count("{") + text.count(";\n") + text.count("();") > 2:
        signs.append("genre:code")
    if len(WORD.findall(text)) > 9 * lines:
        signs.append("genre:prose")
    return tuple(signs)


def is_announced(gap: Iterable[str]) -> bool:
    """Say whether what stands before a word says that it is what is meant: a colon, "is", "as"."""
    return not ANNOUNCING.isdisjoint(gap)


ANNOUNCING: Final = frozenset(["copula::", "copula:=", "copula:>", "copula:dash", "before:copula"])


def of_label(text: str, start: int, end: int, prefix: str, suffix: str) -> list[str]:
    """Say how a label is written, and what it is about by the words beside it."""
    signs = []
    is_name = (
        bool(prefix.strip("-")) or bool(suffix) or (text[start - 1 : start] in "\"'" and text[end : end + 1] in "\"'")
    )
    signs.append("named:part" if is_name else "named:word")
    if text[start:end].isupper():
        signs.append("named:capitals")
    line = text.rfind("\n", 0, start) + 1
    if not text[line:start].strip(" \t-*#\"'<"):
        signs.append("named:first")
    around = {folded(one) for one in PARTS.findall(suffix)}
    if around & labels.OFF:
        signs.append("suffix:off")
    if {"name", "id"} & around:
        signs.append("suffix:name")
    if prefix.endswith("-") and prefix.strip("-") == "":
        signs.append("named:flag")
    if prefix.startswith("$") or text[max(0, start - 2) : start] == "${":
        signs.append("named:variable")
    before = {folded(one) for one in PARTS.findall(text[max(line, start - 45) : start])[-3:]}
    ahead = {folded(one) for one in WORD.findall(text[end : end + 30].split("\n")[0])[:3]}
    if before & labels.ACCESS or ahead & labels.ACCESS:
        signs.append("about:access")
    if "public" in before:
        signs.append("about:public")
    if before & labels.NO_ACCESS:
        signs.append("about:other")
    if (before | ahead) & labels.OF_PERSONS:
        signs.append("about:person")
    if before & labels.OFF:
        signs.append("about:off")
    return signs


def of_gap(text: str, start: int, end: int, number: int, seen: list[str]) -> list[str]:
    """Say what stands between a label and a word: how many others (`number`, `seen`), and signs."""
    gap = text[start:end]
    signs = [f"gap:n{min(number, 6)}"]
    last = gap.rstrip("\"'`“„«‘*@(<[ \t")[-1:]
    if last in JOINTS:
        signs.append(JOINTS[last])
    elif not seen:
        signs.append("copula:blank")
    if seen:
        other = "label" if kinds_of(seen[-1]) else "other"
        signs.append(f"before:{next((side for side, group in SIDES if seen[-1] in group), other)}")
        signs += [f"among:{side}" for side, group in SIDES if side != "with" and not group.isdisjoint(seen)]
        if any(kinds_of(one) for one in seen):
            signs.append("among:label")
        if any(HARD.search(one) for one in seen):
            signs.append("among:marked")
    return signs + [sign for sign, marks in BETWEEN if any(mark in gap for mark in marks)]


def of_value(text: str, start: int, end: int, *, is_quoted: bool) -> list[str]:
    """Say what a word is made of, and what stands around it."""
    value, plain = text[start:end], folded(text[start:end])
    signs = [f"shape:{shape_of(value)}", f"size:{_size(value)}"]
    if is_quoted:
        signs.append("quoted")
        if text[start - 2 : start - 1].isalnum():
            signs.append("quoted:odd")
    signs += [sign for sign, mark in HELD if mark in value]
    is_so = {
        "is:label": bool(kinds_of(plain)),
        "is:small": plain in labels.SMALL,
        "is:topic": plain in labels.TOPICS,
        "is:capital": value[:1].isupper(),
        "is:placeholder": shapes.is_placeholder(value),
        "is:code": shapes.is_code(value),
        "is:file": LIKE_A_FILE.search(value) is not None,
        "is:date": DATED.fullmatch(value) is not None,
        "again": len(value) > 4 and text.count(value) > 1,
    }
    signs += [sign for sign, holds in is_so.items() if holds]
    behind = _behind(text[end : end + 2].lstrip("\"'`”»"))
    return [*signs, behind] if behind else signs


def _size(value: str) -> int:
    return min(len(value), 30) // 3 if len(value) > LONGEST_COUNTED else len(value)


def _behind(after: str) -> str:
    """Say what the two characters behind a word, without its quotes, tell; nothing where they tell nothing."""
    if not after:
        return NOTHING_BEHIND
    if after[0] in BEHIND:
        return BEHIND[after[0]]
    return "after:line" if not after.strip() and "\n" in after else ""


NOTHING_BEHIND: Final = "after:end"
