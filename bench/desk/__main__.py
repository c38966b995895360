"""
Measure the officers' pages at a million exchanges and at ten, in one run: p50 and p95 of each page and their ratio.

    python -m bench.desk [--small 1000000] [--large 10000000] [--times 20] [--folder /var/tmp]

Seeds two databases of a scratch cluster (about 2 GB for each million), asks the pages through the product's own views
as the runtime role, alternating, and removes everything. What the officers' reading does to the chat is measured last:
the time to record an exchange, alone and with two officers who read without pause.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench.desk import report, seeding
from bench.tamper.scene import Copy, Scene
from portal.embedded.database import APP

ROUNDS = 2
READERS = 2


def main() -> None:
    """Seed, measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--small", type=int, default=1_000_000)
    parser.add_argument("--large", type=int, default=10_000_000)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--folder", default=None, help="where there is room for the scratch cluster")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="portcullis-bench-", dir=wanted.folder) as folder, ExitStack() as stack:
        Path(folder).chmod(0o711)
        scene = stack.enter_context(Scene(Path(folder)).built(durable=True))
        copies = {size: stack.enter_context(scene.copy()) for size in (wanted.small, wanted.large)}
        for size, copy in copies.items():
            _seed(copy, size)
        taken: dict[int, dict[str, list[float]]] = {size: {} for size in copies}
        for _ in range(ROUNDS):
            for size, copy in copies.items():
                for page, times in _asked(copy, "measure", str(wanted.times // ROUNDS)).items():
                    taken[size].setdefault(page, []).extend(times)
        report.print_pages(taken[wanted.small], taken[wanted.large], (wanted.small, wanted.large))
        _effect_on_the_chat(copies[wanted.large])


def _seed(copy: Copy, size: int) -> None:
    began = time.monotonic()
    queue = _asked(copy, "queue")
    with copy.connect("postgres") as connection:
        connection.execute("SET session_replication_role = replica")
        seeding.seed(connection, (queue["queue"], queue["version"]), exchanges=size)
    print(f"{size:,} exchanges seeded in {time.monotonic() - began:.0f} s", flush=True)


def _effect_on_the_chat(copy: Copy) -> None:
    alone = _asked(copy, "record")["record"]
    readers = [_started(copy, "read") for _ in range(READERS)]
    time.sleep(10)
    beside = _asked(copy, "record")["record"]
    for reader in readers:
        reader.kill()
        reader.wait()
    report.print_recorded({"alone": alone, f"beside {READERS} officers who read without pause": beside})


def _asked(copy: Copy, *what: str) -> Any:
    process = _started(copy, *what)
    answer, _ = process.communicate()
    if process.returncode:
        sys.exit(f"{' '.join(what)} failed")
    return json.loads(answer)


def _started(copy: Copy, *what: str) -> subprocess.Popen[bytes]:
    """Start an officer, or whatever `what` says, in a process of its own on this copy's database."""
    environment = os.environ | {"PORTCULLIS_DATABASE_URL": copy.postgres.url(APP, copy.name)}
    return subprocess.Popen(
        [sys.executable, "-m", "bench.desk.officer", *what], stdout=subprocess.PIPE, env=environment
    )


if __name__ == "__main__":
    main()
