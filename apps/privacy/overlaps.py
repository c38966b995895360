"""Settle overlapping findings so that none overlap and nothing that was found becomes uncovered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from apps.privacy.findings import Finding

STRONG: Final = 0.8
"""From this score on a finding rests on a pattern or a check digit, below it on a guess."""


def resolve(findings: Iterable[Finding], *, text: str) -> tuple[Finding, ...]:
    """
    Let the strong win over guesses, then the longer, then the surer; keep what sticks out of a loser.

    The result is in order, never overlaps, never begins or ends with blanks, and does not depend on the order of
    `findings`. Linear in the text.
    """
    unique = sorted(set(findings), key=_place)
    if _is_settled(unique, text):
        return tuple(unique)
    taken = bytearray(len(text))
    settled: list[Finding] = []
    for finding in sorted(unique, key=_rank):
        for start, end in _free_pieces(taken, finding.start, finding.end):
            start, end = _trimmed(text, start, end)
            is_whole = (start, end) == (finding.start, finding.end)
            if start < end and (is_whole or _is_worth_masking(text[start:end])):
                settled.append(replace(finding, start=start, end=end))
                taken[start:end] = b"\1" * (end - start)
    return tuple(sorted(settled, key=_place))


def _place(finding: Finding) -> int:
    return finding.start


def _is_settled(in_order: Sequence[Finding], text: str) -> bool:
    """Say whether findings already are what `resolve` promises: most texts hold few, and none that touch."""
    position = 0
    for finding in in_order:
        if finding.start < position or finding.start >= finding.end or finding.end > len(text):
            return False
        if text[finding.start].isspace() or text[finding.end - 1].isspace():
            return False
        position = finding.end
    return True


def _rank(finding: Finding) -> tuple[bool, int, float, int, str, str]:
    length = finding.end - finding.start
    return finding.score < STRONG, -length, -finding.score, finding.start, finding.type, finding.reason


def _free_pieces(taken: bytearray, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end:
        first = taken.find(0, start, end)
        if first < 0:
            return
        stop = taken.find(1, first, end)
        stop = end if stop < 0 else stop
        yield first, stop
        start = stop


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    stripped = piece.strip()
    start += len(piece) - len(piece.lstrip()) if stripped else 0
    return start, start + len(stripped)


def _is_worth_masking(piece: str) -> bool:
    return any(character.isalnum() for character in piece)
