"""Work that goes on beside other work, and ends with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, cast


class Stopped(Exception):
    """The person asked to stop, or nobody waits for the answer any more."""


@asynccontextmanager
async def together(companion: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """
    Run a coroutine beside the body and cancel it when the body is done; its failure ends the body and is raised here.

    A cancellation of the body that comes from elsewhere stays a cancellation.
    """
    body = cast("asyncio.Task[Any]", asyncio.current_task())
    task: asyncio.Task[None] = asyncio.ensure_future(companion)
    failed = False

    def end_body(done: asyncio.Task[None]) -> None:
        nonlocal failed
        if not done.cancelled() and done.exception() is not None:
            failed = True
            body.cancel()

    task.add_done_callback(end_body)
    try:
        yield
    except asyncio.CancelledError:
        if not failed or body.uncancel() > 0:
            raise
        raise task.exception() or Stopped from None
    finally:
        task.remove_done_callback(end_body)
        task.cancel()
        await asyncio.wait([task])
