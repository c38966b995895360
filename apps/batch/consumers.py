"""Show live how far a batch is. The person and what they may see are read afresh for every frame."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from channels.db import database_sync_to_async
from django.db import DatabaseError, InterfaceError
from django.template.loader import render_to_string
from django.utils import timezone

from apps.accounts.access import person_of_scope
from apps.accounts.sockets import BAD_MESSAGE, CalmSocket
from apps.batch import progress
from apps.batch.models import Batch

POLL_SECONDS = 1.0
MOST_SECONDS = 1800.0  # a page that stays open longer asks again
SIGNED_OUT = 4401


@dataclass(frozen=True, slots=True)
class Frame:
    """What the page shows now."""

    html: str
    state: str
    is_live: bool


class BatchConsumer(CalmSocket):
    """
    One page that watches one batch, named in the address: a frame ``{"state", "html"}`` whenever something moved.

    Workers are other processes, so the database is asked once a second. When the batch has ended the socket closes
    normally.
    """

    async def connect(self) -> None:
        self.watching: asyncio.Task[None] | None = None
        if await database_sync_to_async(self._look, thread_sensitive=False)() is None:
            await self.close(SIGNED_OUT)
            return
        await self.accept()
        self.watching = asyncio.create_task(self._watch())

    async def disconnect(self, code: int) -> None:
        if self.watching:
            self.watching.cancel()

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        """Accept nothing: the page has nothing to say."""
        await self.close(BAD_MESSAGE)

    async def _watch(self) -> None:
        shown: Frame | None = None
        async with asyncio.timeout(MOST_SECONDS):
            while True:
                try:
                    now = await database_sync_to_async(self._look, thread_sensitive=False)()
                except (DatabaseError, InterfaceError):  # the page keeps what it shows; the next look catches up
                    await asyncio.sleep(POLL_SECONDS * 4)
                    continue
                if now is None:
                    await self.close(SIGNED_OUT)
                    return
                if now != shown:
                    await self.send_json({"state": now.state, "html": now.html})
                shown = now
                if not now.is_live:
                    await self.close()
                    return
                await asyncio.sleep(POLL_SECONDS)

    def _look(self) -> Frame | None:
        """Read the batch as the person may see it now; None when they may not, or nobody is signed in any more."""
        person = person_of_scope(self.scope)
        batch_id = self.scope["url_route"]["kwargs"]["batch_id"]
        batch = Batch.objects.visible_to(person).filter(pk=batch_id).first() if person else None
        if batch is None:
            return None
        told = progress.progress_of(batch, now=timezone.now())
        return Frame(render_to_string("batch/_progress.html", {"progress": told}), batch.state, batch.is_live)
