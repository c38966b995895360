"""What was found in an edition of the database (`editions`), remembered by a process for a minute."""

from __future__ import annotations

import threading
import time
from typing import Final, Generic, TypeVar

MOST: Final = 1_000
SECONDS: Final = 60.0

Key = TypeVar("Key")
Found = TypeVar("Found")


class Remembered(Generic[Key, Found]):
    """
    At most a thousand things, each for a minute; of too many, the one that was kept longest ago is forgotten.

    The event loop and threads keep and ask at once. What is over a minute old is let go with the next that is kept, so
    that nobody's name stays in a process that works.
    """

    def __init__(self) -> None:
        self._found: dict[Key, tuple[float, Found]] = {}  # the one that was kept longest ago comes first
        self._one_at_a_time = threading.Lock()

    def get(self, key: Key) -> Found | None:
        """Give what was kept under a key within the last minute."""
        at, found = self._found.get(key, (0.0, None))
        return found if time.monotonic() - at < SECONDS else None

    def keep(self, key: Key, found: Found) -> None:
        """Remember something from now on."""
        now = time.monotonic()
        with self._one_at_a_time:
            self._found.pop(key, None)
            self._found[key] = (now, found)
            while self._is_first_too_much(now):
                self._found.pop(next(iter(self._found)))

    def forget(self, key: Key) -> None:
        """Forget what was kept under a key, if anything was."""
        with self._one_at_a_time:
            self._found.pop(key, None)

    def clear(self) -> None:
        """Begin as a process does that has just started."""
        with self._one_at_a_time:
            self._found.clear()

    def _is_first_too_much(self, now: float) -> bool:
        at, _ = next(iter(self._found.values()))
        return len(self._found) > MOST or now - at >= SECONDS
