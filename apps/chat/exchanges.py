"""
An exchange without a conversation, as the story's keeper: what a program asks through the API, or a line of a batch.

It has a data key and a vault of its own, so that the record of it is sealed, can be read by officers and be erased like
any other. No row holds the answer but the record: whoever asked takes it as it comes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import replace
from functools import partial
from typing import Any, Final, Protocol
from uuid import UUID

from django.db import DatabaseError, InterfaceError

from apps.accounts import editions
from apps.chat import endings, exchange_rows, story
from apps.chat.companions import Stopped
from apps.chat.database import by_length, in_database
from apps.chat.endings import Ending, usage_of
from apps.chat.exchange_rows import Asking, Standing
from apps.chat.story import Composed
from apps.gateway.admission import Admission, Refused
from apps.gateway.client import ModelFailed
from apps.gateway.upstream import CallPiece
from apps.ledger import clock
from apps.ledger.ids import new_id
from apps.ledger.records import AlreadyConcluded, LedgerUnavailable
from apps.ledger.vocabulary import OutcomeKind
from apps.privacy.refusals import MessageHeld
from apps.privacy.scrub import Scrubbed
from apps.privacy.vault import Vault

logger = logging.getLogger(__name__)

CLOSING_ATTEMPTS = 30
CLOSING_PAUSE_SECONDS = 1.0
TOLD_AS_THEY_ARE: Final = frozenset({endings.STOPPING, endings.UNRECORDED})
"""Reasons for which an exchange from memory ends as any other does."""


class Listener(Protocol):
    """Takes one answer as it comes. Every method is called on the event loop and never waits."""

    def begin(self, model_label: str) -> None:
        """The exchange is on the record and its prompt leaves now; called again where another model takes over."""
        ...

    def hear(self, words: str) -> None:
        """Some more of the answer, restored."""
        ...

    def hear_call(self, piece: CallPiece) -> None:
        """Some more of a tool call, restored."""
        ...

    def end(self, ending: Ending) -> None:
        """How it ended: once, after the money was settled, or at the first sign that this has to wait."""
        ...


class ExchangeKeeper:
    """Keeps one exchange for a listener."""

    def __init__(
        self,
        asking: Asking,
        listener: Listener,
        *,
        exchange_id: UUID | None = None,
        prepared: Standing | Refused | None = None,
    ) -> None:
        """
        Keep an exchange under a new id, or the given one.

        `prepared` is what `exchange_rows.prepared` gave for that id where the caller has been at the database anyway.
        """
        self.asking = asking
        self._characters = sum(len(draft.text) for draft in asking.drafts)
        self._id = exchange_id or new_id()
        self._listener = listener
        self._prepared = prepared
        self._standing: Standing | None = None
        self._admission: Admission | None = None
        self._stop = asyncio.Event()
        self._body: asyncio.Task[Any] | None = None

    @property
    def key(self) -> UUID:
        """Name the exchange in the log, in answers and on the record."""
        return self._id

    def stop(self) -> None:
        """
        End the exchange: nobody waits for the answer any more. What arrived is settled and recorded.

        Call it on the event loop, from another task than the exchange's own.
        """
        if not self._stop.is_set() and self._body is not None:
            self._body.cancel()
        self._stop.set()

    @asynccontextmanager
    async def kept_alive(self) -> AsyncIterator[None]:
        """
        End the body where `stop` was called. The lease is the admission's: it is renewed as long as that is kept.

        No task waits beside the body for that: each exchange would pay for one that hardly ever has anything to do. A
        cancellation that comes from elsewhere stays one.
        """
        if self._stop.is_set():
            raise Stopped
        body = self._body = asyncio.current_task()
        try:
            yield
        except asyncio.CancelledError:
            if not self._stop.is_set() or body is None or body.uncancel() > 0:
                raise
            raise Stopped from None
        finally:
            self._body = None

    async def compose(self) -> Composed:
        """Find the model and the policy; what is asked goes as it was sent, scrubbed."""
        asking = self.asking
        standing = self._prepared
        if standing is None:
            standing = await by_length(self._characters, exchange_rows.prepared, asking, self._id, now=clock.now())
        if isinstance(standing, Refused):
            raise standing
        self._standing = standing
        return Composed(asking.drafts, standing.vault, standing.policy, asking.surroundings, asking.wanted)

    def progress_shown(self) -> AbstractAsyncContextManager[Callable[[float], None] | None]:
        """Show nothing: nobody watches."""
        return nullcontext()

    async def hold(self, held: MessageHeld, vault: Vault) -> None:
        """Keep nothing: a program confirms nothing, so what it sent is refused."""

    async def send_off(self, prompt: Scrubbed, vault: Vault) -> Admission:
        """Keep key and vault, hold the money and put the exchange on the record, all in one transaction."""
        admission = await by_length(
            self._characters, exchange_rows.send_off, self.asking, self._known, prompt, now=clock.now()
        )
        return self._begun(admission)

    def _begun(self, admission: Admission) -> Admission:
        """Keep the admission until the exchange is closed, so that nobody takes it for abandoned."""
        self._admission = admission
        self._listener.begin(admission.model_label)
        return admission

    async def fall_back(self, failure: ModelFailed, prompt: Scrubbed) -> Admission | None:
        """Conclude the failed call, and admit and record one to the next model of the route."""
        standing = self._known
        if not standing.route.has_alternates:
            return None
        failed = Ending(OutcomeKind.FAILED, failure.code, failure.sentence).used(usage_of(failure))
        admission = await in_database(
            exchange_rows.fall_back, self.asking, standing, prompt, failed, failure.code, now=clock.now()
        )
        return admission and self._begun(admission)

    @property
    def _known(self) -> Standing:
        if self._standing is None:
            raise ValueError("An exchange is composed first.")
        return self._standing

    def arriving(self) -> AbstractAsyncContextManager[None]:
        """Do nothing beside: the listener passes on what it hears."""
        return nullcontext()

    def hear(self, words: str) -> None:
        """Pass on."""
        self._listener.hear(words)

    def hear_call(self, piece: CallPiece) -> None:
        """Pass on."""
        self._listener.hear_call(piece)

    async def close(self, ending: Ending) -> None:
        """
        Settle and conclude, and tell the listener; while the database is away, tell it first and try every second.

        What could not be put on the record is told at once: the record may be silent for longer than anybody waits.
        After that the sweeper of whichever process lives concludes the exchange by its lease.
        """
        if await self._begins_again(ending):
            logger.info("Exchange %s begins again from what the database says", self.key)
            self._listener.end(replace(ending, reason=endings.OUTDATED))
            return
        is_told = ending.reason == endings.UNRECORDED
        if is_told:
            self._listener.end(ending)
        for attempt in range(CLOSING_ATTEMPTS):
            try:
                await self._close_rows(ending)
            except AlreadyConcluded:
                break
            except (LedgerUnavailable, DatabaseError, InterfaceError) as error:
                logger.warning(
                    "Exchange %s could not be closed yet (attempt %s): %s", self.key, attempt + 1, type(error).__name__
                )
                if not is_told:
                    self._listener.end(ending)
                is_told = True
                await asyncio.sleep(CLOSING_PAUSE_SECONDS)
            else:
                break
        if not is_told:
            self._listener.end(ending)

    async def _begins_again(self, ending: Ending) -> bool:
        """
        Say whether nothing was let out where that may be due to what was remembered; see `Asking`.

        Where somebody stopped it, the record says that, as it always does. Where the portal fails, a second attempt
        would wait as long as the first: a record that is silent is told at once, and a masking that failed as soon as
        the database says that the caller is who they were.
        """
        edition = self.asking.edition
        is_refused = ending.outcome == OutcomeKind.REFUSED and ending.reason not in TOLD_AS_THEY_ARE
        if edition is None or self._admission is not None or not is_refused:
            return False
        if ending.reason != endings.UNSCRUBBED:
            return True
        try:
            return not await in_database(editions.is_still, edition)
        except (DatabaseError, InterfaceError):
            return True

    async def _close_rows(self, ending: Ending) -> None:
        """Settle and conclude; a refusal, which is rare and takes several statements, in a thread."""
        closing = partial(exchange_rows.close, self.asking, self._id, self._standing, ending, now=clock.now())
        if self._standing is None or self._standing.intent_id is None:
            await in_database(closing)
        else:
            await by_length(self._characters + len(ending.answer_as_received), closing)


async def answer(keeper: ExchangeKeeper) -> Ending:
    """Answer one exchange from start to close."""
    return await story.tell(keeper)
