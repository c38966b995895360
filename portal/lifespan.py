"""What starts and stops with the web process: warm-ups, and the runner of turns."""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.utils import timezone

from apps.chat import lifecycle
from apps.gateway import client as gateway
from apps.privacy import engine as privacy
from portal import gathered_lines, recording
from portal.pooled.base import answer_within

logger = logging.getLogger(__name__)

NEW_OBJECTS_BEFORE_COLLECTING = 10_000

WARM_UPS: dict[str, Callable[[], object]] = {"gateway": gateway.warm_up, "privacy": privacy.warm_up}


class Lifespan:
    """
    The ASGI lifespan: start everything before the first request, stop it after the last.

    A warm-up that fails is logged and not fatal: the room refuses each message in its own words until it can work.
    """

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                answer_within(settings.DATABASE_ANSWER_SECONDS)
                await lifecycle.start()
                await asyncio.gather(*(_warm_up(name, warm_up) for name, warm_up in WARM_UPS.items()))
                await asyncio.to_thread(recording.started, now=timezone.now())
                _set_aside_what_stays()
                gathered_lines.gather()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                gathered_lines.hand_on_at_once()
                await lifecycle.stop()
                await gateway.close()
                await asyncio.to_thread(recording.stopped, now=timezone.now())
                await send({"type": "lifespan.shutdown.complete"})
                return


async def _warm_up(name: str, warm_up: Callable[[], object]) -> None:
    began = time.monotonic()
    try:
        await asyncio.to_thread(warm_up)
    except Exception:  # any library may fail here; messages are refused until it works
        logger.exception("The warm-up of %s failed; its room refuses messages until it can work.", name)
        return
    logger.info("%s is warm after %.1f s.", name, time.monotonic() - began)


def _set_aside_what_stays() -> None:
    """
    Keep the collector of cycles away from what was loaded at the start and lives as long as the process.

    Otherwise each full collection goes through some hundred megabytes of modules and settings, and every stream waits.
    The second collection, of nothing, tells the collector how little is left to it: it makes a full collection only
    once a quarter of what it last went through has come anew, and would wait for a quarter of what was set aside.
    """
    gc.collect()
    gc.freeze()
    gc.collect()
    gc.set_threshold(NEW_OBJECTS_BEFORE_COLLECTING, *gc.get_threshold()[1:])
