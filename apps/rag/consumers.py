"""Show live how far documents are. The person and what they may see are read afresh for every frame."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from django.db import DatabaseError, InterfaceError

from apps.accounts.access import person_of_scope
from apps.accounts.sockets import BAD_MESSAGE, CalmSocket
from apps.rag import shelf
from apps.rag.models import Document

POLL_SECONDS = 0.5
MOST_WATCHED = 200
MOST_SECONDS = 1800.0  # a page that stays open longer asks again
SIGNED_OUT = 4401


class DocumentsConsumer(CalmSocket):
    """
    One page that watches the documents it names: ``{"watch": [ids]}`` once, then a frame whenever something moved.

    The worker is another process, so the database is asked every half second while something is in progress. When
    everything is finished the socket closes normally.
    """

    async def connect(self) -> None:
        self.watching: asyncio.Task[None] | None = None
        if await database_sync_to_async(person_of_scope, thread_sensitive=False)(self.scope) is None:
            await self.close(SIGNED_OUT)
            return
        await self.accept()

    async def disconnect(self, code: int) -> None:
        if self.watching:
            self.watching.cancel()

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        """Accept the list of documents to watch, once."""
        wanted = _ids(content)
        if wanted is None or self.watching is not None:
            await self.close(BAD_MESSAGE)
            return
        self.watching = asyncio.create_task(self._watch(wanted))

    async def _watch(self, wanted: frozenset[UUID]) -> None:
        shown: list[shelf.Progress] = []
        async with asyncio.timeout(MOST_SECONDS):
            while True:
                try:
                    now = await database_sync_to_async(self._look, thread_sensitive=False)(wanted)
                except (DatabaseError, InterfaceError):  # the page keeps what it shows; the next look catches up
                    await asyncio.sleep(POLL_SECONDS * 4)
                    continue
                if now is None:
                    await self.close(SIGNED_OUT)
                    return
                moved = [each for each in now if each not in shown]
                if moved or len(now) != len(shown):
                    gone = [str(each) for each in wanted - {UUID(one.id) for one in now}]
                    await self.send_json({"documents": [asdict(each) for each in moved], "gone": gone})
                shown = now
                if all(each.is_finished for each in now):
                    await self.close()
                    return
                await asyncio.sleep(POLL_SECONDS)

    def _look(self, wanted: frozenset[UUID]) -> list[shelf.Progress] | None:
        """Read the documents as the person may see them now; None when nobody is signed in any more."""
        person = person_of_scope(self.scope)
        if person is None:
            return None
        return shelf.progress_of(Document.objects.visible_to(person).filter(pk__in=wanted).order_by("pk"))


def _ids(content: Any) -> frozenset[UUID] | None:
    if not isinstance(content, dict) or not isinstance(content.get("watch"), list):
        return None
    try:
        wanted = frozenset(UUID(each) for each in content["watch"] if isinstance(each, str))
    except ValueError:
        return None
    return wanted if 0 < len(wanted) <= MOST_WATCHED else None
