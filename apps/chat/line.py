"""The line of questions that wait for a place in this process: first come, first served; each may ask how far it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID

from django.conf import settings


class Line:
    """
    So many answers of pages at once; the others wait here. Use it on one event loop; it may be asked from any thread.

    :param most: how many places there are.
    """

    def __init__(self, most: Callable[[], int]) -> None:
        self._most = most
        self._answering = 0
        self._waiting: dict[UUID, asyncio.Future[None]] = {}

    def start(self) -> None:
        """Begin anew, with every place free: another event loop may have been left in the middle."""
        self._answering, self._waiting = 0, {}

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def is_at_hand(self) -> bool:
        """Say whether whoever comes now need not wait."""
        return not self._waiting and self._answering < self._most()

    @property
    def waiting(self) -> list[UUID]:
        """The turns that wait, in their order."""
        return list(self._waiting)

    def ahead_of(self, turn_id: UUID) -> int | None:
        """Count the turns that come before this one; None if it does not wait."""
        return next((place for place, other in enumerate(self.waiting) if other == turn_id), None)

    @asynccontextmanager
    async def place(self, turn_id: UUID) -> AsyncIterator[None]:
        """Wait for a place, and keep it for the body."""
        await self._come(turn_id)
        try:
            yield
        finally:
            self._give_back()

    def let_ahead(self, turn_id: UUID) -> None:
        """Let a turn go at once, whatever room there is: it was stopped, and only has to be closed."""
        come = self._waiting.pop(turn_id, None)
        if come is not None:
            self._call(come)

    async def _come(self, turn_id: UUID) -> None:
        if self.is_at_hand:
            self._answering += 1
            return
        come = self._waiting[turn_id] = asyncio.get_running_loop().create_future()
        try:
            await come
        except asyncio.CancelledError:
            self._waiting.pop(turn_id, None)
            if not come.cancelled():  # it was called at the same moment
                self._give_back()
            raise

    def _give_back(self) -> None:
        self._answering -= 1
        while self._waiting and self._answering < self._most():
            self._call(self._waiting.pop(next(iter(self._waiting))))

    def _call(self, come: asyncio.Future[None]) -> None:
        if not come.done():
            self._answering += 1
            come.set_result(None)


line = Line(lambda: settings.PAGE_TURNS_AT_ONCE)
ahead_of = line.ahead_of
