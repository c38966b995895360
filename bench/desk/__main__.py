"""
Measure the officers' pages at a million exchanges and at ten, in one run: p50 and p95 of each page and their ratio.

    python -m bench.desk [--small 1000000] [--large 10000000] [--times 20] [--folder /var/tmp]

Seeds a scratch cluster (about 2.5 GB for each million), asks the pages through the product's own views as the runtime
role, and removes everything. What the officers' reading does to the chat is measured last: the time to record an
exchange, alone and with two officers who read without pause.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from bench.desk import seeding
from bench.tamper.scene import Scene


def main() -> None:
    """Seed, measure, seed more, measure again, and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--small", type=int, default=1_000_000)
    parser.add_argument("--large", type=int, default=10_000_000)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--folder", default=None, help="where there is room for the scratch cluster")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="portcullis-bench-", dir=wanted.folder) as folder:
        Path(folder).chmod(0o711)
        with Scene(Path(folder)).built(durable=True) as scene:
            _measured(scene, wanted)


def _measured(scene: Scene, wanted: argparse.Namespace) -> None:
    from bench.desk import pages

    results: list[dict[str, list[float]]] = []
    seeded = 0
    for size in (wanted.small, wanted.large):
        began = time.monotonic()
        with scene.as_forger() as connection:
            seeding.seed(connection, since=seeded, until=size, whole=wanted.large)
            seeding.add_up(connection)
        seeded = size
        print(f"{size:,} exchanges seeded in {time.monotonic() - began:.0f} s")
        results.append(pages.measured(times=wanted.times))
    pages.print_table(results, (wanted.small, wanted.large))
    pages.print_effect_on_the_chat()


if __name__ == "__main__":
    main()
