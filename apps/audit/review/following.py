"""Feeding the queues as a process: round after round, whatever becomes of the database."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from django.db import close_old_connections
from django.utils import timezone

from apps.audit.review.placing import BATCH, has_news, place_next

ROUND_SECONDS = 0.4
REST_SECONDS = 0.7
"""After a round that found something: each costs eight statements, however few exchanges have come since the last."""
LONGEST_PAUSE_SECONDS = 10.0
KEPT_SECONDS = 60.0

logger = logging.getLogger(__name__)


def follow(stop: threading.Event, *, beat: Callable[[], None] = lambda: None) -> None:
    """
    Feed the queues until told to stop. Any number of processes may: one does the round, the others find it taken.

    A round that fails has changed nothing and is done again, later each time; the page says that the queues are behind.
    `beat` is called after each good one. A connection is kept from round to round: giving it back and asking it whether
    it lives cost more than the look for news.
    """
    pause, kept_until = ROUND_SECONDS, 0.0
    while not stop.wait(pause):
        try:
            leaves = place_next(now=timezone.now()).leaves if has_news() else 0
            pause = 0.0 if leaves >= BATCH else REST_SECONDS if leaves else ROUND_SECONDS
            beat()
        except Exception:  # whatever it is, the next round must come
            logger.exception("The review queues cannot be fed at the moment; trying again.")
            pause = min(max(2 * pause, ROUND_SECONDS), LONGEST_PAUSE_SECONDS)
            kept_until = 0.0
        if time.monotonic() >= kept_until:
            close_old_connections()
            kept_until = time.monotonic() + KEPT_SECONDS
    close_old_connections()
