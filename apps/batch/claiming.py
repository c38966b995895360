"""
Which line is sent next, by whom: decided in PostgreSQL, whatever a broker does twice, late or never.

A worker takes one line at a time under a claim. All workers together hold so many lines at most, and batches take
turns, so a long one does not keep a short one waiting.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import F

from apps.batch import steering
from apps.batch.models import Batch, Line, LineQuerySet
from apps.gateway import budgets
from apps.ledger import clock, prepared, records
from apps.ledger.records import AlreadyConcluded
from apps.ledger.vocabulary import OutcomeKind

LEASE: Final = timedelta(seconds=30)
MOST_ATTEMPTS: Final = 3
SWEPT_AT_ONCE: Final = 200
IS_ANYTHING_UNDER_WAY: Final = """
SELECT EXISTS (SELECT FROM batch_batch WHERE state = 'RUNNING')
    OR EXISTS (SELECT FROM batch_line WHERE state IN ('TAKEN', 'SENT'))
"""
INTERRUPTED: Final = "INTERRUPTED: The worker ended before the result was recorded."
NOT_RECORDED: Final = (
    "It was sent, and the worker ended before the answer was recorded. It is not sent again by itself, as it may have "
    "been paid for."
)
KEEPS_ENDING: Final = "The worker ended three times while this line was prepared, so nothing was sent."

logger = logging.getLogger(__name__)


class ClaimLost(Exception):
    """The line was given to another worker, or given up: stop, and write nothing."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on one line until the lease ends."""

    line_id: UUID
    batch_id: UUID
    token: UUID


@transaction.atomic
def take(*, most_at_once: int, now: datetime) -> Claim | None:
    """
    Take the next line of the batch that was served longest ago; None if there is none, or enough are under way.

    Claims are made one after the other (an advisory lock), so `most_at_once` holds for all workers together. A worker
    that died counts until its lease has ended.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('batch claims', 0))")
    if Line.objects.in_hand().count() >= most_at_once:
        return None
    batch = Batch.objects.due(now).select_for_update(of=("self",)).first()
    if batch is None:
        return None
    line = batch.lines.filter(state=Line.State.WAITING).order_by("number").values_list("pk", flat=True).first()
    if line is None:
        return None
    token = uuid4()
    taken = Line.objects.filter(pk=line, state=Line.State.WAITING).update(
        state=Line.State.TAKEN, claim=token, claimed_until=now + LEASE, attempts=F("attempts") + 1
    )
    if not taken:
        return None
    Batch.objects.filter(pk=batch.pk).update(served_at=now)
    return Claim(line, batch.pk, token)


def keep(claim: Claim, *, now: datetime) -> bool:
    """Renew the lease; false once the claim is lost or the batch was cancelled, and the line is to be given up."""
    mine = Line.objects.filter(pk=claim.line_id, claim=claim.token)
    alive = mine.exclude(batch__state=Batch.State.CANCELLED).values("pk")
    return bool(mine.filter(pk__in=alive).update(claimed_until=now + LEASE))


def is_anything_due(now: datetime) -> bool:
    """Say whether a line could be sent now, if there is room."""
    return Batch.objects.due(now).exists()


def give_up_lapsed(*, now: datetime) -> int:
    """
    Give up the claims of workers that died; return how many. Safe to run in many processes at once.

    A line that was not sent waits again. One that was sent is never sent again by itself: its result is unknown, and
    the worst case of its cost is paid, for the provider may well ask for it. While leases cannot be judged, since the
    database's clock was set, none is given up.
    """
    if not clock.is_steady():
        return 0
    return _give_up_each(Line.objects.lapsed(now), now=now)


def is_anything_under_way() -> bool:
    """Say whether a batch runs, or a worker has a line of one that does not run any more. One statement."""
    return bool(prepared.rows(IS_ANYTHING_UNDER_WAY)[0][0])


def give_up_all(*, now: datetime) -> int:
    """
    Give up every claim without waiting for its lease to end; return how many.

    Only for the moment before the one worker of an installation starts, when whoever held a claim is gone. Should it
    live all the same, it changes and sends nothing any more: each of its writes asks for its token, also the one that
    comes before the call.
    """
    return _give_up_each(Line.objects.in_hand(), now=now)


def _give_up_each(held: LineQuerySet, *, now: datetime) -> int:
    found = list(held.values_list("pk", "batch_id")[:SWEPT_AT_ONCE])
    return sum(_give_up(line_id, batch_id, held, now=now) for line_id, batch_id in found)


@transaction.atomic
def _give_up(line_id: UUID, batch_id: UUID, held: LineQuerySet, *, now: datetime) -> bool:
    batch = Batch.objects.select_for_update(of=("self",)).select_related("team").get(pk=batch_id)
    line = held.select_for_update().filter(pk=line_id).first()
    if line is None:
        return False
    logger.warning("Gave up line %s of batch %s, whose worker had gone", line.number, batch.pk)
    if line.state == Line.State.SENT:
        _close_unknown(line, now=now)
    else:
        _let_wait_again(line, batch, now=now)
    steering.finish_if_done(batch, now=now)
    return True


def _close_unknown(line: Line, *, now: datetime) -> None:
    cost, currency = Decimal(0), ""
    if line.reservation_id:
        settled = budgets.settle_worst_case(line.reservation_id, now=now)
        cost, currency = settled.amount, settled.currency
    conclude_unknown(line, cost=cost, currency=currency, now=now)
    _update(line, state=Line.State.UNKNOWN, reason="INTERRUPTED", sentence=NOT_RECORDED, closed_at=now)
    Line.objects.filter(pk=line.pk).update(cost=F("cost") + cost, currency=currency)


def conclude_unknown(line: Line, *, cost: Decimal, currency: str, now: datetime) -> None:
    """Say on the record that the result is unknown, unless the record says how it ended already."""
    if line.intent_id is None:
        return
    try:
        records.conclude(
            line.intent_id,
            outcome=OutcomeKind.UNKNOWN,
            reason=INTERRUPTED,
            sealed_answer=b"",
            answer_text="",
            input_tokens=line.input_tokens,
            output_tokens=line.output_tokens,
            cost=cost,
            currency=currency,
            now=now,
        )
    except AlreadyConcluded:
        logger.info("The exchange of line %s had its outcome already", line.pk)


def _let_wait_again(line: Line, batch: Batch, *, now: datetime) -> None:
    if line.reservation_id:
        budgets.release(line.reservation_id)
    if batch.state == Batch.State.CANCELLED:
        _update(line, state=Line.State.CANCELLED, closed_at=now)
    elif line.attempts >= MOST_ATTEMPTS:
        _update(line, state=Line.State.REFUSED, reason="KEEPS_ENDING", sentence=KEEPS_ENDING, closed_at=now)
    else:
        _update(line, state=Line.State.WAITING, reservation_id=None)


def _update(line: Line, **values: object) -> None:
    Line.objects.filter(pk=line.pk).update(claim=None, claimed_until=None, **values)
