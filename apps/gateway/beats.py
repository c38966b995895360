"""
The clock by which streams are read: all of a process in time with each other, after their first words.

A read wakes a chain of a parser, a counter, a restorer and a socket. A process that is woken once for many streams
finds its own code still in the processor's cache for all but the first of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

BEAT_SECONDS: Final = 0.05
MANY_STREAMS: Final = 30
"""Where so many are under way, each is read at every second beat."""

_under_way = 0
_slowness: ContextVar[int] = ContextVar("slowness", default=1)


@contextmanager
def counted() -> Iterator[None]:
    """Count a stream among those under way."""
    global _under_way
    _under_way += 1
    try:
        yield
    finally:
        _under_way -= 1


@contextmanager
def half_as_often() -> Iterator[None]:
    """Read the streams inside half as often: for an answer that is kept and shown in frames, which cost more."""
    before = _slowness.set(2)
    try:
        yield
    finally:
        _slowness.reset(before)


def next_read(now: float) -> float:
    """Say when a stream that was read now is to be read again: at a beat, half a beat away at least."""
    beats = _slowness.get() * (2 if _under_way >= MANY_STREAMS else 1)
    return (math.floor(now / BEAT_SECONDS + 0.5) + beats) * BEAT_SECONDS
