"""
The database's clock, for whatever several processes have to agree about: who still lives, and what is over.

Each process reads it now and then and counts on by its own monotonic clock, so neither two hosts whose clocks differ
nor a host whose clock is set gives a lease another length. Where the database's clock itself is set, leases mean
nothing until their holders have renewed them: then nobody is given up for a while. What cannot be undone waits until
the new time has lasted for hours (`is_proven`).
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from apps.ledger import prepared
from apps.ledger.clocks import Ahead
from apps.ledger.models import Event
from apps.ledger.vocabulary import Action

READ_AGAIN_SECONDS = 10.0
JUMP_SECONDS = 2.0
GRACE_SECONDS = 40.0
"""Longer than any lease by which an answer lives, and shorter than the minute that an exchange may stay open."""
FUTURE = timedelta(minutes=2)
"""A lease that ends later than this was given by a clock that has been set back since."""

PROVEN_BY_HOURS = 6

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Clock:
    """What this process knows of the database's clock: a moment, and what its own monotonic clock showed then."""

    read_at: datetime | None = None
    monotonic: float = 0.0
    ahead: Ahead | None = None
    unsteady_until: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def now(self) -> datetime:
        """Count on from the last reading."""
        with self.lock:
            if self.read_at is None:
                return timezone.now()
            return self.read_at + timedelta(seconds=time.monotonic() - self.monotonic)

    def take(self, at: datetime, *, began: float, ended: float) -> None:
        """Keep a reading; one that lies off what was expected by more than it took is a jump."""
        with self.lock:
            middle = (began + ended) / 2
            if self.read_at is not None:
                off = (at - self.read_at).total_seconds() - (middle - self.monotonic)
                if abs(off) > JUMP_SECONDS + (ended - began):
                    self.unsteady_until = ended + GRACE_SECONDS
                    _log.warning("The database's clock was set by %.0f seconds; nobody is given up for a while.", off)
            self.read_at, self.monotonic = at, middle
            here = time.time() - (time.monotonic() - middle)
            self.ahead = Ahead(at.timestamp() - here, (ended - began) / 2)


_clock = _Clock()
now = _clock.now


def read() -> datetime:
    """Read the database's clock. One statement, so not for the event loop."""
    began = time.monotonic()
    ((at,),) = prepared.rows("SELECT clock_timestamp()")
    _clock.take(at, began=began, ended=time.monotonic())
    return at  # type: ignore[no-any-return]


def keep() -> None:
    """Read the database's clock unless that was done within ten seconds."""
    if _clock.read_at is None or time.monotonic() - _clock.monotonic > READ_AGAIN_SECONDS:
        read()


def ahead() -> Ahead | None:
    """Say how far the database's clock is ahead of this host's by the last reading; None before the first."""
    return _clock.ahead


def is_steady() -> bool:
    """Say whether leases can be judged: the database's clock was not seen to be set within the last 40 seconds."""
    return time.monotonic() >= _clock.unsteady_until


def is_proven(moment: datetime) -> bool:
    """
    Say whether the ledger's own record shows that it is about this time: six of the last 24 hours were closed in it.

    What destroys for good asks this first: a clock that was set ahead by a year makes nothing a year old. A portal that
    stood still for long waits for six hours. One query by an index.
    """
    hours = Event.objects.filter(
        action=Action.LEDGER_HOUR_CLOSED, happened_at__gt=moment - timedelta(days=1), happened_at__lte=moment
    )
    return hours.count() >= PROVEN_BY_HOURS
