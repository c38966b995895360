"""Work on batches for a while: so many lines at once, one after the other, then let other work have its turn."""

from __future__ import annotations

import asyncio
import logging
import time

from django.conf import settings

from apps.batch import claiming, exchange
from apps.chat.database import in_database
from apps.gateway import health, litellm_client, openai_client
from apps.ledger import clock

logger = logging.getLogger(__name__)

SLICE_SECONDS = 20.0


async def work(*, seconds: float = SLICE_SECONDS) -> int:
    """
    Answer lines until none is due or the time is over; return how many. A line under way is finished all the same.

    Any number of workers may do so at once: together they have `settings.BATCH_LINES_AT_ONCE` lines under way at most.
    """
    until = time.monotonic() + seconds
    try:
        counts = await asyncio.gather(*(_one_after_the_other(until) for _ in range(settings.BATCH_LINES_AT_ONCE)))
    finally:
        await openai_client.close()
        await litellm_client.close()
    if sum(counts):
        await in_database(health.share, now=clock.now())
    return sum(counts)


async def _one_after_the_other(until: float) -> int:
    count = 0
    while time.monotonic() < until:
        most = settings.BATCH_LINES_AT_ONCE
        claim = await in_database(claiming.take, most_at_once=most, now=clock.now())
        if claim is None:
            break
        await exchange.answer_line(claim)
        count += 1
    return count
