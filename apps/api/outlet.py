"""The answer of one exchange on its way to a program: what the story gives, in few pieces."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Final, cast
from uuid import UUID

from apps.api import failures, known
from apps.api.known import Known
from apps.api.neutral import Begin, Event, Finish, Reason, TextDelta, ToolCallDelta, Usage
from apps.chat import endings
from apps.chat.endings import Ending
from apps.gateway.upstream import CallPiece
from apps.ledger.vocabulary import OutcomeKind

SECONDS_BETWEEN: Final = 0.04
REASONS: Final = frozenset({"stop", "length", "tool_calls", "content_filter"})


class Outdated(Exception):
    """What was remembered of the caller let nothing out: nothing was told or recorded, and the call begins again."""


class Outlet:
    """
    Takes an answer as it comes and gives it on as neutral events: the first at once, then 25 batches a second at most.

    What comes between two batches is joined, so that a fast model costs no more than a slow one.
    """

    def __init__(self, exchange_id: UUID, known: Known | None = None) -> None:
        """Take the answer of this exchange; its caller, as far as known, is remembered once the call is let out."""
        self._exchange_id = exchange_id
        self._known = known
        self._events: list[Event] = []
        self._words: list[str] = []
        self.model_label = ""
        self._has_begun = False
        self._ending: Ending | None = None
        self._is_over = False
        self._news = asyncio.Event()

    def begin(self, model_label: str) -> None:
        """Note which model answers; a program learns it with the first word, when no other can take over."""
        self.model_label = model_label
        if self._known is not None:
            known.keep(self._known)

    def hear(self, words: str) -> None:
        """Take some more of the answer."""
        self._require_beginning()
        self._words.append(words)
        self._news.set()

    def hear_call(self, piece: CallPiece) -> None:
        """Take some more of a tool call."""
        self._require_beginning()
        self._take_words()
        last = self._events[-1] if self._events else None
        if isinstance(last, ToolCallDelta) and last.index == piece.index and not piece.name:
            self._events[-1] = ToolCallDelta(last.index, last.id, last.name, last.arguments + piece.arguments)
        else:
            self._events.append(ToolCallDelta(piece.index, piece.id, piece.name, piece.arguments))
        self._news.set()

    def end(self, ending: Ending) -> None:
        """Take the end."""
        self._ending = ending
        if ending.outcome == OutcomeKind.REFUSED and self._known is not None:
            known.forget(self._known)
        self.give_up()

    def give_up(self) -> None:
        """Let nobody wait any more, whether an end came or not."""
        self._is_over = True
        self._news.set()

    async def batches(self) -> AsyncIterator[list[Event]]:
        """
        Give the events as they come, until the end.

        :raises ApiError: where the exchange did not end in a whole answer; after what had arrived.
        :raises Outdated: where the call begins again.
        """
        given_at = 0.0
        while not self._is_over:
            await self._news.wait()
            if (early := given_at + SECONDS_BETWEEN - time.monotonic()) > 0 and not self._is_over:
                await asyncio.sleep(early)
            given_at = time.monotonic()
            if not self._is_over and (batch := self._taken()):
                yield batch
        ending = self._ending
        if ending is None or ending.outcome != OutcomeKind.ANSWERED:
            if batch := self._taken():
                yield batch
            raise _failure(ending)
        self._require_beginning()
        reason = ending.reason.lower()
        usage = Usage(ending.input_tokens, ending.output_tokens)
        yield [*self._taken(), Finish(cast("Reason", reason if reason in REASONS else "stop"), usage)]

    async def whole(self) -> Ending:
        """
        Wait for the end, and give it.

        :raises ApiError: where the exchange did not end in a whole answer.
        :raises Outdated: where the call begins again.
        """
        while not self._is_over:
            self._news.clear()
            await self._news.wait()
        if self._ending is None or self._ending.outcome != OutcomeKind.ANSWERED:
            raise _failure(self._ending)
        return self._ending

    def _require_beginning(self) -> None:
        if not self._has_begun:
            self._has_begun = True
            self._events.append(Begin(self._exchange_id, self.model_label, int(time.time())))

    def _taken(self) -> list[Event]:
        self._take_words()
        self._news.clear()
        events, self._events = self._events, []
        return events

    def _take_words(self) -> None:
        if self._words:
            self._events.append(TextDelta("".join(self._words)))
            self._words = []


def _failure(ending: Ending | None) -> Exception:
    if ending is not None and ending.reason == endings.OUTDATED:
        return Outdated()
    return failures.of_ending(ending)
