"""Bars, laid out in units of the drawing; the template draws them and a table beside says the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 720, 160


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar: what it stands for, where its upper end is, and its height."""

    kind: str
    top: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One day or hour: its left side and its pieces from the ground up, with the numbers behind them."""

    label: str
    left: float
    parts: tuple[Part, ...]
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Bars:
    """A whole drawing."""

    kinds: tuple[str, ...]
    bars: tuple[Bar, ...]
    bar_width: float
    highest: int
    width: int = WIDTH
    height: int = HEIGHT


def stacked(labels: Sequence[str], by_kind: Mapping[str, Sequence[int]]) -> Bars:
    """Stack the numbers of each place on each other, the highest stack as high as the drawing."""
    kinds = tuple(kind for kind, numbers in by_kind.items() if any(numbers))
    columns = [tuple(by_kind[kind][place] for kind in kinds) for place in range(len(labels))]
    highest = max((sum(column) for column in columns), default=0)
    step = WIDTH / max(1, len(labels))
    bars = tuple(
        Bar(label, round(place * step, 2), _parts(kinds, column, highest or 1), column)
        for place, (label, column) in enumerate(zip(labels, columns, strict=True))
    )
    return Bars(kinds, bars, round(step * 0.8, 2), highest)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of a lying bar: what it stands for, where it begins and how long it is, in hundredths of the drawing."""

    kind: str
    left: float
    length: float


def lying(numbers: Mapping[str, int], longest: int) -> tuple[Stretch, ...]:
    """Lay the numbers behind each other; `longest` fills the whole drawing."""
    left, stretches = 0.0, []
    for kind, number in numbers.items():
        length = round(100 * number / longest, 2) if longest else 0.0
        if number:
            stretches.append(Stretch(kind, round(left, 2), length))
        left += length
    return tuple(stretches)


def _parts(kinds: Sequence[str], numbers: Sequence[int], highest: int) -> tuple[Part, ...]:
    ground, parts = float(HEIGHT), []
    for kind, number in zip(kinds, numbers, strict=True):
        height = round(number * HEIGHT / highest, 2)
        ground = round(ground - height, 2)
        if number:
            parts.append(Part(kind, ground, height))
    return tuple(parts)
