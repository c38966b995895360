"""What the launcher says while it works: one line a step, with its time."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

WIDTH = 34


def say(text: str = "") -> None:
    """Print one line at once."""
    print(text, flush=True)


def complain(text: str) -> None:
    """Print what went wrong and what to do, for people."""
    print(f"\n{text}\n", file=sys.stderr, flush=True)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Announce a step, then say how long it took; a step that raises says so."""
    print(f"  {name:<{WIDTH}}", end=" ", flush=True)
    began = time.monotonic()
    try:
        yield
    except BaseException:
        print("failed", flush=True)
        raise
    print(f"{time.monotonic() - began:5.1f} s", flush=True)
