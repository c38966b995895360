"""
What runs inside the engine's own process. Free of Django: it needs no settings and no database.

The engine is imported inside the functions on purpose: the web process imports this module to name the functions, and
must not load the language model itself.
"""

from __future__ import annotations

import logging
import os
import threading
import time

from apps.privacy import name_model
from apps.privacy.findings import Finding

PARENT_WATCH_SECONDS = 1.0
WARM_UP = "Warm up: Grace Hopper, grace@example.com, +1 212 555 0123."


def load(choice: str = name_model.OWN) -> None:
    """Load the engine when the process starts, so that no message waits for it. Its sums use one thread."""
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    name_model.choose(choice)
    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    _die_with_parent()
    find(WARM_UP)


def find(text: str) -> tuple[Finding, ...]:
    """Find in `text` what must be masked."""
    from apps.privacy import analyzer

    return analyzer.find(text)


def _die_with_parent() -> None:
    """
    End this process when its parent is gone, so that no engine is left behind.

    (The kernel's own signal for this fires when the parent's *thread* ends, which is not the same.)
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(PARENT_WATCH_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
