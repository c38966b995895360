"""Edits to a text that remember where every character came from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

Edit: TypeAlias = tuple[int, int, str]
"""From, to, and what stands there instead."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A text after edits. The tuples hold, for each edit, its place in the new text and in the old one."""

    new_starts: tuple[int, ...]
    new_ends: tuple[int, ...]
    old_starts: tuple[int, ...]
    old_ends: tuple[int, ...]

    def to_old(self, start: int, end: int) -> tuple[int, int]:
        """Map a span of the new text, not empty, to the old one. What replaced something maps to all of it."""
        return self._first(start), self._last(end - 1)

    def _first(self, place: int) -> int:
        index = bisect_right(self.new_starts, place) - 1
        if index < 0:
            return place
        if place < self.new_ends[index]:
            return self.old_starts[index]
        return self.old_ends[index] + place - self.new_ends[index]

    def _last(self, place: int) -> int:
        index = bisect_right(self.new_starts, place) - 1
        if index < 0:
            return place + 1
        if place < self.new_ends[index]:
            return self.old_ends[index]
        return self.old_ends[index] + place - self.new_ends[index] + 1


def applied(text: str, edits: Iterable[Edit]) -> tuple[str, Layer | None]:
    """Apply edits, which are in order and do not overlap. No edits, no layer."""
    parts: list[str] = []
    rows: list[tuple[int, int, int, int]] = []
    position = length = 0
    for start, end, instead in edits:
        parts += (text[position:start], instead)
        length += start - position
        rows.append((length, length + len(instead), start, end))
        length += len(instead)
        position = end
    if not rows:
        return text, None
    parts.append(text[position:])
    new_starts, new_ends, old_starts, old_ends = zip(*rows, strict=True)
    return "".join(parts), Layer(new_starts, new_ends, old_starts, old_ends)
