"""What its owner does to a batch that runs, and what the portal does to it: pause, go on, cancel, run again, erase."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from apps.accounts.actors import who
from apps.accounts.models import User
from apps.batch.models import Batch, LaneModel, Line
from apps.batch.recording import record
from apps.gateway.refusals import Refused
from apps.ledger.facts import Json
from apps.ledger.vocabulary import Action
from apps.privacy import destruction
from apps.privacy.destruction import Order

BY_OWNER: Final = "BY_OWNER"
NOT_OPEN: Final = "NOT_OPEN"
NOT_OPEN_ANY_MORE: Final = (
    "{model} is not open to batches any more. Cancel this batch, or ask an administrator to open the model again and "
    "then resume."
)
KEY_ENDED: Final = (
    "The key that began this batch has ended, so the rest waits. Resume it on this page to go on without it."
)
AGAIN: Final = {Line.State.FAILED, Line.State.REFUSED, Line.State.STOPPED, Line.State.UNKNOWN}
"""States of lines that their owner may choose to send again."""


class KeyEnded(Refused):
    """The API key that began the batch works no more."""

    code = "KEY_ENDED"


@transaction.atomic
def pause_those_of_key(key_id: UUID, *, now: datetime) -> int:
    """Pause what a key began that was taken back; lines under way are finished. Return how many batches that was."""
    begun = Batch.objects.filter(key_id=key_id, key_until__isnull=False, state=Batch.State.RUNNING)
    return sum(
        pause_running(batch, reason=KeyEnded.code, sentence=KEY_ENDED, by=None, now=now)
        for batch in begun.select_related("team")
    )


@transaction.atomic
def pause(batch: Batch, *, by: User, now: datetime) -> bool:
    """Send no further line; lines under way are finished. False if it does not run."""
    return pause_running(batch, reason=BY_OWNER, sentence="You paused it.", by=by, now=now)


@transaction.atomic
def pause_running(batch: Batch, *, reason: str, sentence: str, by: User | None, now: datetime) -> bool:
    """Pause a batch that runs, on the record, with a sentence for its owner. False if it does not run any more."""
    running = Batch.objects.filter(pk=batch.pk, state=Batch.State.RUNNING)
    if not running.update(state=Batch.State.PAUSED, pause_reason=reason[:40], pause_sentence=sentence[:500]):
        return False
    record(Action.BATCH_PAUSED, batch, by=by, now=now, details={"reason": reason})
    return True


@transaction.atomic
def resume(batch: Batch, *, by: User, now: datetime) -> bool:
    """Go on with the lines that wait, by the person's own right, also after a key's end. False if it is not paused."""
    if not Batch.objects.filter(pk=batch.pk, state=Batch.State.PAUSED).update(**_RUNNING, key_until=None):
        return False
    record(Action.BATCH_RESUMED, batch, by=by, now=now)
    return True


@transaction.atomic
def cancel(batch: Batch, *, by: User, now: datetime) -> bool:
    """Give up the lines that wait, and stop those under way. What was answered is kept. False if it has ended."""
    values = {"state": Batch.State.CANCELLED, "closed_at": now, "pause_reason": "", "pause_sentence": ""}
    if not Batch.objects.filter(pk=batch.pk).unfinished().update(**values):
        return False
    given_up = batch.lines.filter(state=Line.State.WAITING).update(state=Line.State.CANCELLED, closed_at=now)
    record(Action.BATCH_CANCELLED, batch, by=by, now=now, details={"lines_given_up": given_up})
    return True


@transaction.atomic
def run_again(batch: Batch, *, states: set[Line.State], by: User, now: datetime) -> int:
    """
    Let lines that ended in one of these states wait again, and the batch with them; return how many.

    A line whose result is not known may be paid for twice then: its owner has chosen that.
    """
    locked = Batch.objects.select_for_update().get(pk=batch.pk)
    if locked.erased_at or locked.state in {Batch.State.DRAFT, Batch.State.CANCELLED}:
        return 0
    chosen = batch.lines.filter(state__in=states & AGAIN)
    count = chosen.update(state=Line.State.WAITING, reason="", sentence="", attempts=0, closed_at=None, **_NOTHING_HELD)
    if count:
        Batch.objects.filter(pk=batch.pk).update(closed_at=None, **_RUNNING)
        details: dict[str, Json] = {"lines": count, "states": sorted(state.value for state in states & AGAIN)}
        record(Action.BATCH_RUN_AGAIN, batch, by=by, now=now, details=details)
    return count


@transaction.atomic
def erase(batch: Batch, *, by: User | None, now: datetime) -> bool:
    """
    Destroy the key of the batch's texts: file name, prompts and answers are gone everywhere. False if it has not ended.

    The exchanges stay on the record, where officers see them as they see those of a deleted conversation. Under a legal
    hold the batch is gone for its owner, and its key once the hold is lifted.
    """
    ended = Batch.objects.filter(pk=batch.pk, state__in=[Batch.State.CANCELLED, Batch.State.FINISHED], erased_at=None)
    if not ended.update(erased_at=now):
        return False
    order = Order(Action.KEY_DESTROYED, who=who(by) if by else None, subject_kind="batch", subject_id=str(batch.pk))
    if destruction.destroy_or_wait(batch.pk, order, now=now):
        Batch.objects.filter(pk=batch.pk).update(sealed_name=b"")
        batch.lines.update(sealed_request=b"", sealed_answer=b"")
    record(Action.BATCH_ERASED, batch, by=by, now=now)
    return True


def erase_expired(*, now: datetime) -> int:
    """Erase batches that ended longer ago than texts of batches are kept; return how many."""
    long_ago = now - timedelta(days=settings.BATCH_DAYS)
    expired = Batch.objects.filter(closed_at__lt=long_ago, erased_at=None).select_related("team")
    return sum(erase(batch, by=None, now=now) for batch in expired)


def pause_where_closed(*, now: datetime) -> int:
    """Pause running batches whose model is not open to batches any more; return how many."""
    is_open = LaneModel.objects.filter(model=OuterRef("model"))
    shut_out = Batch.objects.filter(~Exists(is_open), state=Batch.State.RUNNING).select_related("team")
    return sum(
        pause_running(
            batch, reason=NOT_OPEN, sentence=NOT_OPEN_ANY_MORE.format(model=batch.model_label), by=None, now=now
        )
        for batch in shut_out
    )


def finish_if_done(batch: Batch, *, now: datetime) -> bool:
    """
    Finish a batch of which no line waits or is under way. The caller holds the lock of the batch's row.

    A batch that was paused while its last line was under way is finished, too: nothing is left to resume.
    """
    is_left = Q(state__in=[Line.State.WAITING, Line.State.TAKEN, Line.State.SENT])
    if batch.lines.filter(is_left).exists():
        return False
    unfinished = Batch.objects.filter(pk=batch.pk).unfinished()
    if not unfinished.update(state=Batch.State.FINISHED, closed_at=now, pause_reason="", pause_sentence=""):
        return False
    record(Action.BATCH_FINISHED, batch, by=None, now=now)
    return True


_RUNNING: Final = {
    "state": Batch.State.RUNNING,
    "pause_reason": "",
    "pause_sentence": "",
    "failures_in_a_row": 0,
}
_NOTHING_HELD: Final[dict[str, None]] = {
    "claim": None,
    "claimed_until": None,
    "intent_id": None,
    "reservation_id": None,
}
