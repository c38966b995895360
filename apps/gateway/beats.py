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
SEVERAL_STREAMS: Final = 8
"""Where so many are under way, each is read at every second beat."""
MANY_STREAMS: Final = 30
"""Where so many are, what is shown in frames is read at every fourth."""

_under_way = 0
_is_in_frames: ContextVar[bool] = ContextVar("is_in_frames", default=False)


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
def shown_in_frames() -> Iterator[None]:
    """Read the streams inside at every second beat at most: for an answer that is shown in frames, which cost more."""
    before = _is_in_frames.set(True)
    try:
        yield
    finally:
        _is_in_frames.reset(before)


def next_read(now: float) -> float:
    """Say when a stream that was read now is to be read again: at a beat, half a beat away at least."""
    if _is_in_frames.get():
        beats = 4 if _under_way >= MANY_STREAMS else 2
    else:
        beats = 2 if _under_way >= SEVERAL_STREAMS else 1
    return (math.floor(now / BEAT_SECONDS + 0.5) + beats) * BEAT_SECONDS
