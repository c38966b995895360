"""
What runs inside the engine's own process. Free of Django: it needs no settings and no database.

The engine is imported inside the functions on purpose: the web process imports this module to name the functions, and
must not load the language model itself.
"""

from __future__ import annotations

import ctypes
import logging
import signal
import sys

from apps.privacy.findings import Finding

PR_SET_PDEATHSIG = 1
WARM_UP = "Warm up: Grace Hopper, grace@example.com, +1 212 555 0123."


def load() -> None:
    """Load the engine when the process starts, so that no message waits for it."""
    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    _die_with_parent()
    find(WARM_UP)


def find(text: str) -> tuple[Finding, ...]:
    """Find in `text` what must be masked."""
    from apps.privacy import analyzer

    return analyzer.find(text)


def _die_with_parent() -> None:
    """Ask the kernel (Linux) to end this process when its parent is killed, so that no engine is left behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
