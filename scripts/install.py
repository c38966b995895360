"""
Create `.venv` and install a lock file into it, every file checked against its hash. Needs Python 3.11 to 3.13 alone.

Usage: python scripts/install.py requirements.lock

Does nothing when the same lock is installed already. The mark is written last, so an interrupted run is done again.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST, NEWEST = (3, 11), (3, 13)
REQUIREMENT = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*==", re.MULTILINE)
STARTED = re.compile(r"(?:Collecting|Processing|Requirement already satisfied:) (\S+)")
BROADER = {"requirements.lock": ["requirements-dev.lock"]}


def main() -> int:
    """Install what is missing; return the exit code."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        print(
            f"Python 3.11, 3.12 or 3.13 is needed; this is {sys.version.split()[0]}. Choose: make run PYTHON=python3.12"
        )
        return 1
    lock = ROOT / sys.argv[1]
    if any(_is_installed(ROOT / name) for name in [lock.name, *BROADER.get(lock.name, [])]):
        return 0
    return _create() or _install(lock)


def _mark(lock: Path) -> Path:
    return VENV / f"{lock.name}.installed"


def _digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def _is_installed(lock: Path) -> bool:
    try:
        return PYTHON.exists() and _mark(lock).read_text() == _digest(lock)
    except FileNotFoundError:
        return False


def _create() -> int:
    if PYTHON.exists():
        return 0
    print("Creating .venv", flush=True)
    done = subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=False, capture_output=True, text=True)
    if done.returncode:
        print(done.stdout + done.stderr)
        print("Python could not make a virtual environment. On Debian and Ubuntu, install python3-venv.")
    return done.returncode


def _install(lock: Path) -> int:
    total = len(REQUIREMENT.findall(lock.read_text()))
    print(f"Installing {total} packages from {lock.name}, each checked against its hash", flush=True)
    command = [str(PYTHON), "-m", "pip", "install", "--require-hashes", "--no-deps", "--progress-bar=off"]
    command += ["--disable-pip-version-check", "--no-input", "--only-binary=:all:", "-r", str(lock)]
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        lines = _follow(pip, total)
    if pip.returncode:
        print("\n".join(["", *lines[-30:], "", f"pip could not install {lock.name}; the lines above say why."]))
        return pip.returncode
    print(f"Installed in {time.monotonic() - began:.0f} s", flush=True)
    for stale in VENV.glob("*.installed"):
        stale.unlink()
    _mark(lock).write_text(_digest(lock))
    return 0


def _follow(pip: subprocess.Popen[str], total: int) -> list[str]:
    """Show one line of progress that is rewritten on a terminal, and every tenth package elsewhere."""
    lines: list[str] = []
    done = 0
    assert pip.stdout is not None
    for line in pip.stdout:
        lines.append(line.rstrip())
        if line.startswith("Ignoring "):  # a package of another platform
            total -= 1
        if started := STARTED.match(line):
            done += 1
            _show(f"  {done:>3} of {total}  {Path(started[1]).name[:50]}", is_last=False, count=done)
        elif line.startswith("Installing collected"):
            _show("  unpacking", is_last=True, count=0)
    return lines


def _show(text: str, *, is_last: bool, count: int) -> None:
    if sys.stdout.isatty():
        print(f"\r{text:<70}", end="\n" if is_last else "", flush=True)
    elif is_last or count % 10 == 0:
        print(text, flush=True)


if __name__ == "__main__":
    os.environ.pop("PIP_REQUIRE_VIRTUALENV", None)
    sys.exit(main())
