"""A line of a batch as the story's keeper: one exchange, asked, paid for and recorded like any message."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from uuid import UUID

from django.db import DatabaseError, InterfaceError

from apps.batch import claiming, lines
from apps.batch.claiming import Claim, ClaimLost
from apps.batch.lines import Job
from apps.chat import story
from apps.chat.companions import Stopped, together
from apps.chat.composition import INSTRUCTIONS
from apps.chat.database import in_database
from apps.chat.endings import Ending
from apps.chat.story import Composed
from apps.gateway import leases
from apps.gateway.admission import Admission
from apps.gateway.client import ModelFailed
from apps.gateway.upstream import CallPiece
from apps.gateway.wire import Sampling
from apps.ledger import clock
from apps.ledger.records import LedgerUnavailable
from apps.privacy.refusals import MessageHeld
from apps.privacy.scrub import Draft, Scrubbed
from apps.privacy.vault import Vault

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 5.0
CLOSING_ATTEMPTS = 20
CLOSING_PAUSE_SECONDS = 1.0


async def answer_line(claim: Claim) -> None:
    """Answer one line from start to close, unless the claim is lost meanwhile."""
    job = await in_database(lines.load_job, claim)
    if job is not None:
        await story.tell(LineKeeper(job))


class LineKeeper:
    """Keeps one line of a batch. Nobody watches its answer arrive: it is kept whole, at the end."""

    def __init__(self, job: Job) -> None:
        self.job = job

    @property
    def key(self) -> UUID:
        """Name the line in the log."""
        return self.job.claim.line_id

    @asynccontextmanager
    async def kept_alive(self) -> AsyncIterator[None]:
        """Renew the claim while the body runs; end the body with `Stopped` once that is lost or the batch cancelled."""

        async def beat() -> None:
            while True:
                await asyncio.sleep(HEARTBEAT_SECONDS)
                now = await in_database(clock.read)
                if not await in_database(claiming.keep, self.job.claim, now=now):
                    raise Stopped
                await in_database(leases.renew, now=now)

        async with together(beat()):
            yield

    async def compose(self) -> Composed:
        """Take the messages of the line, under the house's instructions where it has none of its own."""
        prompt = self.job.prompt
        drafts = self.job.typed
        if all(role != "system" for role, _ in prompt.messages):
            drafts.insert(0, Draft("system", INSTRUCTIONS, findings=()))
        vault, policy = await in_database(lines.vault_and_policy, self.job)
        return Composed(drafts, vault, policy, wanted=Sampling(temperature=prompt.temperature))

    def progress_shown(self) -> AbstractAsyncContextManager[Callable[[float], None] | None]:
        """Show nothing: the page counts lines."""
        return nullcontext()

    async def hold(self, held: MessageHeld, vault: Vault) -> None:
        """Keep nothing: nobody is there to confirm, so the line is refused with the sentence that says why."""

    async def send_off(self, prompt: Scrubbed, vault: Vault) -> Admission:
        """Keep the vault, hold the money, record, and mark the line as sent, in one transaction."""
        return await in_database(lines.send_off, self.job, prompt, vault, now=clock.now())

    async def fall_back(self, failure: ModelFailed, prompt: Scrubbed) -> Admission | None:
        """Ask no other model: the batch is for the one its owner chose, and has time to wait for it."""
        return None

    def arriving(self) -> AbstractAsyncContextManager[None]:
        """Pass nothing on."""
        return nullcontext()

    def hear(self, words: str) -> None:
        """Leave the words to the ending."""

    def hear_call(self, piece: CallPiece) -> None:
        """Leave it: batches offer no tools."""

    async def close(self, ending: Ending) -> None:
        """Close the line; while the database is away, try again every second. After that its lease decides."""
        for attempt in range(CLOSING_ATTEMPTS):
            try:
                await in_database(lines.close_line, self.job, ending, now=clock.now())
            except ClaimLost:
                logger.warning("Line %s was given up before it was closed; its answer is not kept", self.key)
                return
            except (LedgerUnavailable, DatabaseError, InterfaceError) as error:
                name = type(error).__name__
                logger.warning("Line %s could not be closed yet (attempt %s): %s", self.key, attempt + 1, name)
                await asyncio.sleep(CLOSING_PAUSE_SECONDS)
            else:
                return
