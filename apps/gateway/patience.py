"""Wait for the next piece of an answer, but not for ever: one timer for a whole answer, not one for each piece."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Self, TypeVar, cast

Piece = TypeVar("Piece")


class TooLate(Exception):
    """Nothing came within the limit."""


class Patience:
    """
    Limits each wait for a next piece; the time that passes between two waits does not count.

    Make it in the task that waits, and use it as a context around all of the waits.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._is_waiting = False
        self._deadline = 0.0
        self._is_over = False
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> Self:
        self._timer = self._loop.call_later(self._seconds, self._look)
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer:
            self._timer.cancel()

    def limit(self, seconds: float) -> None:
        """Wait so long from now on."""
        if seconds != self._seconds:
            self._seconds = seconds
            if self._timer:
                self._timer.cancel()
            self._timer = self._loop.call_later(seconds, self._look)

    async def next(self, pieces: AsyncIterator[Piece]) -> Piece:
        """
        Give the next piece.

        :raises TooLate: if it does not come in time; the iterator was cancelled then.
        :raises StopAsyncIteration: at the end.
        """
        self._deadline = self._loop.time() + self._seconds
        self._is_waiting = True
        try:
            return await anext(pieces)
        except asyncio.CancelledError:
            if self._is_over and self._task.uncancel() == 0:
                raise TooLate from None
            raise
        finally:
            self._is_waiting = False

    def _look(self) -> None:
        """Cancel a wait that is over; look again when the present one would be, or later if nobody waits."""
        now = self._loop.time()
        if self._is_waiting and now >= self._deadline:
            self._is_over = True
            self._task.cancel()
            return
        at = self._deadline if self._is_waiting else now + self._seconds
        self._timer = self._loop.call_at(max(at, now + 0.001), self._look)
