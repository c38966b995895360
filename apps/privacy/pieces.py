"""
Long texts in pieces: cut so that little is torn, put together so that nothing found is lost.

Pieces bound the engine's memory, let short texts in between, and show how far a long text has come.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from apps.privacy import overlaps
from apps.privacy.consistency import KnownValues
from apps.privacy.findings import Finding, checked

LONGEST: Final = 4_000
"""Characters of a piece, less than a tenth of a second of work: the longest that a short text waits behind it."""
OVERLAP: Final = 400
"""Characters that neighbours share, so that a value and its surroundings stand whole in one of them."""
BLOCK_BEGINS, BLOCK_ENDS = "-----BEGIN", "-----END"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text; `start` is its place in the whole."""

    start: int
    text: str


def cut(text: str) -> Iterator[Piece]:
    """
    Cut `text` into overlapping pieces of at most `LONGEST` characters, at ends of lines or words where there are some.

    A key block is not torn if it fits into a piece.
    """
    start = 0
    while start + LONGEST < len(text):
        end = _end(text, start, start + LONGEST)
        yield Piece(start, text[start:end])
        start = _next_start(text, start, end)
    yield Piece(start, text[start:])


def united(text: str, found: Iterable[tuple[Piece, Iterable[Finding]]]) -> tuple[Finding, ...]:
    """
    Put the findings of the pieces together: whatever any piece shows is covered, in every place of the whole text.

    :raises MalformedFinding: if findings do not fit their piece.
    """
    whole = [
        replace(finding, start=piece.start + finding.start, end=piece.start + finding.end)
        for piece, findings in found
        for finding in checked(findings, text=piece.text)
    ]
    settled = overlaps.resolve(whole, text=text)
    known = KnownValues()
    for finding in settled:
        known.add(finding.type, text[finding.start : finding.end])
    return overlaps.resolve([*settled, *known.find(text, besides=settled)], text=text)


def _end(text: str, start: int, latest: int) -> int:
    """Choose where a piece ends: before a key block that it would tear, else behind a line, else behind a word."""
    block = text.rfind(BLOCK_BEGINS, start + 1, latest)
    if block > 0 and text.find(BLOCK_ENDS, block, latest) < 0:
        return block
    line = text.rfind("\n", latest - LONGEST // 4, latest)
    word = text.rfind(" ", latest - LONGEST // 8, latest)
    return max(line, word if line < 0 else -1, -1) + 1 or latest


def _next_start(text: str, start: int, end: int) -> int:
    """Choose where the next piece begins: at a line or word near `OVERLAP` characters before this one's end."""
    earliest = end - OVERLAP
    if earliest <= start:
        return end
    line = text.find("\n", earliest, end - OVERLAP // 2)
    word = text.find(" ", earliest, end - OVERLAP // 2)
    return (line if line >= 0 else word) + 1 or earliest
