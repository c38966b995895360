"""How often one person may ask for something cheap: so many at once, then so many a second."""

from __future__ import annotations

import threading
from collections import OrderedDict
from uuid import UUID

REMEMBERED = 10_000


class Pace:
    """A bucket of tokens for each person, in this process. People who have been away longest are forgotten first."""

    def __init__(self, *, at_once: int, a_second: float) -> None:
        self._at_once, self._a_second = float(at_once), a_second
        self._buckets: OrderedDict[UUID, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def allows(self, person_id: UUID, *, seconds: float, price: float = 1.0) -> bool:
        """
        Take a token, or as many as `price` says and a full bucket holds, if they are there.

        `seconds` is a clock that only goes forward.
        """
        price = min(price, self._at_once)
        with self._lock:
            tokens, before = self._buckets.pop(person_id, (self._at_once, seconds))
            tokens = min(self._at_once, tokens + (seconds - before) * self._a_second)
            is_allowed = tokens >= price
            self._buckets[person_id] = (tokens - price if is_allowed else tokens, seconds)
            while len(self._buckets) > REMEMBERED:
                self._buckets.popitem(last=False)
            return is_allowed
