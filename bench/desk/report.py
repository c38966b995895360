"""What was measured, as tables."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

LIMIT_MILLISECONDS = 300


def print_pages(small: Mapping[str, list[float]], large: Mapping[str, list[float]], sizes: Sequence[int]) -> None:
    """Print p50 and p95 at both sizes and how much the larger one takes of the smaller."""
    print(f"| Page | p50 / p95 ms at {sizes[0]:,} | at {sizes[1]:,} | ratio of p50 |\n|---|---|---|---|")
    for name in small:
        before, after = _middle_and_slow(small[name]), _middle_and_slow(large[name])
        mark = "" if after[1] <= LIMIT_MILLISECONDS else " (over the limit)"
        cells = [f"{before[0]:.0f} / {before[1]:.0f}", f"{after[0]:.0f} / {after[1]:.0f}{mark}"]
        print(f"| {name} | {' | '.join(cells)} | {after[0] / before[0]:.2f} |")


def print_recorded(taken: Mapping[str, list[float]]) -> None:
    """Print what it takes to record an exchange under each circumstance."""
    for name, times in taken.items():
        middle, slow = _middle_and_slow(times)
        print(f"one exchange recorded {name}: p50 {middle:.1f} ms, p95 {slow:.1f} ms")


def _middle_and_slow(taken: Sequence[float]) -> tuple[float, float]:
    return statistics.median(taken), statistics.quantiles(taken, n=20)[-1]
