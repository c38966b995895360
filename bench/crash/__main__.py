"""
Kill at every step, and make the ledger unwritable: `python -m bench.crash [sweep|ways|sequencer] [--stride N]`.

Needs strace for the system calls (`apt-get install strace`). Exits 1 if any promise was broken.
"""

from __future__ import annotations

import argparse
import re
import sys
import time

from bench.crash import referee, sequencing, sweep
from bench.crash.scene import scene


def main() -> None:
    """Run what was asked for, print the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.crash")
    parser.add_argument("part", nargs="?", choices=("sweep", "ways", "sequencer", "all"), default="all")
    parser.add_argument("--stride", type=int, default=1, help="take every N-th moment only")
    parser.add_argument("--minutes", type=float, default=600, help="begin no new moment after this time")
    parser.add_argument("--begin", type=int, default=1, help="begin each series at its N-th moment")
    parser.add_argument("--lanes", type=int, default=3, help="try so many series at once")
    parser.add_argument("--only", default="", help="only series and ways whose name matches this")
    wanted = parser.parse_args()
    parts = {"ways": lambda: _ways(wanted), "sequencer": lambda: _sequencer(wanted), "sweep": lambda: _sweep(wanted)}
    problems = [problem for name, part in parts.items() if wanted.part in (name, "all") for problem in part()]
    sys.exit(f"\nBROKEN: {len(problems)} findings" if problems else 0)


def _ways(wanted: argparse.Namespace) -> list[str]:
    from bench.crash import ways

    return ways.run(wanted.only)


def _sequencer(wanted: argparse.Namespace) -> list[str]:
    with scene(with_worker=False, with_sequencer=False) as made:
        problems = sequencing.run(made, stride=wanted.stride)
    for problem in problems:
        print(f"  FOUND {problem}")
    return problems


def _sweep(wanted: argparse.Namespace) -> list[str]:
    began = time.monotonic()
    series = [one for one in sweep.all_series(wanted.stride, begin=wanted.begin) if re.search(wanted.only, one.name)]
    with scene() as made:
        web = sweep.bystander(made)
        swept = sweep.run(made, series, seconds=wanted.minutes * 60, lanes=wanted.lanes)
        sweep.settle(made)
        found = referee.judge(made, swept.asks)
        web.close()
    problems = [*swept.problems, *found.problems]
    print(
        f"  {sum(swept.points.values())} points, {len(swept.asks)} exchanges asked, {found.served} reached the provider"
    )
    print(f"  outcomes: {dict(found.outcomes)}; slowest close after a kill {found.slowest:.1f} s")
    print(f"  booked {found.booked.normalize():f}, counted by the provider {found.counted.normalize():f}")
    print(f"  {time.monotonic() - began:.0f} s")
    for problem in problems[:60]:
        print(f"  FOUND {problem}")
    return problems


if __name__ == "__main__":
    main()
