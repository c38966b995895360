"""
What the installation costs: seconds to ready (first and second start), memory of each process, installed size.

    python -m bench

Uses a folder of its own and removes it. Takes about a minute. What an exchange costs beside other gateways:
`python -m bench.gateway`.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from portal.embedded.ports import free_port

ROOT = Path(__file__).resolve().parents[1]
MEBIBYTE = 1024 * 1024
SETTLE_SECONDS = 20


def main() -> None:
    """Measure and print."""
    print(f"installed: .venv {_size(Path(sys.prefix)):.0f} MiB")
    with tempfile.TemporaryDirectory(prefix="portcullis-bench-") as folder:
        state = Path(folder) / "state"
        Path(folder).chmod(0o711)
        environment = {**_bare(), "PORTCULLIS_STATE_DIR": str(state), "PORT": str(free_port())}
        for start in ("first", "second"):
            _measure(start, state, environment)


def _measure(start: str, state: Path, environment: dict[str, str]) -> None:
    log = state.parent / f"{start}.log"
    began = time.monotonic()
    with log.open("wb") as file:
        launcher = subprocess.Popen(
            [sys.executable, "-m", "portal.embedded", "run"], stdout=file, stderr=file, cwd=ROOT, env=environment
        )
    while not (ready := re.search(r"is ready after ([\d.]+) s", log.read_text())):
        if launcher.poll() is not None:
            sys.exit(log.read_text())
        time.sleep(0.05)
    print(f"{start} start: ready after {ready[1]} s, {time.monotonic() - began:.1f} s with the launcher's own start")
    time.sleep(SETTLE_SECONDS)
    status = [sys.executable, "-m", "portal.embedded", "status"]
    print(subprocess.run(status, env=environment, cwd=ROOT, capture_output=True, text=True, check=True).stdout.rstrip())
    began = time.monotonic()
    launcher.send_signal(signal.SIGINT)
    launcher.wait()
    print(f"  stopped after {time.monotonic() - began:.1f} s; data {_size(state):.0f} MiB\n")


def _bare() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("PORTCULLIS_", "DJANGO_"))}


def _size(folder: Path) -> float:
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_blocks * 512 for path in files) / MEBIBYTE


if __name__ == "__main__":
    main()
