"""What was found in an edition of the database (`editions`), remembered by a process for a minute."""

from __future__ import annotations

import time
from typing import Final, Generic, TypeVar

MOST: Final = 1_000
SECONDS: Final = 60.0

Key = TypeVar("Key")
Found = TypeVar("Found")


class Remembered(Generic[Key, Found]):
    """At most a thousand things, each for a minute; of too many, the one that came first is forgotten."""

    def __init__(self) -> None:
        self._found: dict[Key, tuple[float, Found]] = {}

    def get(self, key: Key) -> Found | None:
        """Give what was kept under a key within the last minute."""
        at, found = self._found.get(key, (0.0, None))
        return found if time.monotonic() - at < SECONDS else None

    def keep(self, key: Key, found: Found) -> None:
        """Remember something from now on."""
        if key not in self._found and len(self._found) >= MOST:
            self._found.pop(next(iter(self._found)), None)
        self._found[key] = (time.monotonic(), found)

    def forget(self, key: Key) -> None:
        """Forget what was kept under a key, if anything was."""
        self._found.pop(key, None)

    def clear(self) -> None:
        """Begin as a process does that has just started."""
        self._found.clear()
