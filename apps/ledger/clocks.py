"""
How the clocks stand to each other: this host's, the database's, those of witnesses and time-stamping authorities.

A record says when something happened by the clock of the host that wrote it. How far that clock was off, and whether
the kernel knew of anything that keeps it right, is recorded beside: at each start of the sequencer and every hour.
Nothing here sets a clock, and nothing is decided by the comparison but an alarm.
"""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Self

from apps.ledger.facts import Json
from apps.ledger.stored import Cursor

DATABASE: Final = "the database"
SECOND: Final = timedelta(seconds=1)
TIME_ERROR: Final = 5
"""What adjtimex returns where nothing keeps the clock right."""
_COUNTER: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


@dataclass(frozen=True, slots=True)
class Kernel:
    """Whether the kernel says that something keeps this host's clock right, and the most seconds it may be wrong."""

    is_synchronised: bool | None = None
    error: float | None = None


class _Timex(ctypes.Structure):
    """`struct timex` of Linux, as far as it is read here; the rest is room."""

    _fields_ = (
        ("modes", ctypes.c_uint), ("offset", ctypes.c_long), ("frequency", ctypes.c_long),
        ("most_error", ctypes.c_long), ("likely_error", ctypes.c_long), ("status", ctypes.c_int),
        ("rest", ctypes.c_long * 40),
    )  # fmt: skip


def kernel() -> Kernel:
    """Ask the kernel, which tells everybody. Elsewhere than on Linux, or where that is forbidden, nothing is known."""
    if not sys.platform.startswith("linux"):
        return Kernel()
    told = _Timex()
    state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(told))
    if state < 0:
        return Kernel()
    is_synchronised = state != TIME_ERROR
    return Kernel(is_synchronised, told.most_error / 1e6 if is_synchronised else None)


@dataclass(frozen=True, slots=True)
class Ahead:
    """By how many seconds another clock is ahead of this host's (negative: behind), give or take ``within``."""

    seconds: float
    within: float

    @property
    def words(self) -> str:
        """Say it: "0.412 s behind"; nothing that is smaller than the reading's own error."""
        if abs(self.seconds) <= self.within:
            return "No difference seen"
        return f"{abs(self.seconds):,.3f} s {'ahead' if self.seconds > 0 else 'behind'}"

    def is_off_by(self, bound: float) -> bool:
        """Say whether it is off by more than `bound` seconds, whatever the reading's own error."""
        return abs(self.seconds) - self.within > bound


@dataclass(frozen=True, slots=True)
class _Heard:
    """A moment by another clock, and what a counter here showed meanwhile that nobody sets; seconds both."""

    at: float
    within: float
    counted: float

    def ahead(self) -> Ahead:
        """Count on from the moment, and compare with this host's clock as it is now."""
        by_theirs = self.at + time.clock_gettime(_COUNTER) - self.counted
        return Ahead(by_theirs - time.time(), self.within)


@dataclass
class Others:
    """The clocks outside, by the last moment that each stated. Threads may share it: each name has one writer."""

    _heard: dict[str, _Heard] = field(default_factory=dict)

    def asking(self) -> Asking:
        """Begin to ask somebody who will state a moment."""
        return Asking(self, time.clock_gettime(_COUNTER))

    def keep(self, name: str, heard: _Heard) -> None:
        """Keep the moment that `name` stated last."""
        self._heard[name] = heard

    def ahead(self) -> dict[str, Ahead]:
        """Say how far each is ahead of this host's clock now. A clock that is set here shows without asking again."""
        return {name: heard.ahead() for name, heard in sorted(self._heard.items())}


@dataclass(frozen=True, slots=True)
class Asking:
    """A question to a clock outside that is under way."""

    others: Others
    began: float

    def heard(self, name: str, at: datetime) -> None:
        """Keep what it said: a moment of whole seconds (it may be up to a second more) between question and answer."""
        ended = time.clock_gettime(_COUNTER)
        room = 0.0 if at.microsecond else SECOND.total_seconds()
        within = (ended - self.began + room) / 2
        self.others.keep(name, _Heard(at.timestamp() + room / 2, within, (self.began + ended) / 2))


@dataclass(frozen=True, slots=True)
class Compared:
    """How the other clocks stand to this host's, and what the kernel says of this one."""

    ahead: Mapping[str, Ahead]
    kernel: Kernel

    def off(self, bound: float) -> Iterator[tuple[str, Ahead]]:
        """Name the clocks that are off by more than `bound` seconds."""
        return ((name, each) for name, each in self.ahead.items() if each.is_off_by(bound))

    def on_record(self) -> dict[str, Json]:
        """Write it as an event's details, in whole milliseconds."""
        return {
            "ahead_ms": {name: round(each.seconds * 1000) for name, each in self.ahead.items()},
            "within_ms": {name: round(each.within * 1000) for name, each in self.ahead.items()},
            "is_synchronised": self.kernel.is_synchronised,
            "error_ms": None if self.kernel.error is None else round(self.kernel.error * 1000),
        }

    @classmethod
    def of_record(cls, details: Mapping[str, Any]) -> Self:
        """Read what `on_record` wrote."""
        within = details["within_ms"]
        ahead = {name: Ahead(by / 1000, within[name] / 1000) for name, by in details["ahead_ms"].items()}
        error = details["error_ms"]
        return cls(ahead, Kernel(details["is_synchronised"], None if error is None else error / 1000))


def compare(cursor: Cursor, others: Others | None = None) -> Compared:
    """Compare this host's clock with the database's, in one statement, and with those outside that were heard."""
    began = time.time()
    cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
    (at,) = cursor.fetchone()
    ended = time.time()
    database = Ahead(at - (began + ended) / 2, (ended - began) / 2)
    return Compared({DATABASE: database, **(others.ahead() if others else {})}, kernel())
