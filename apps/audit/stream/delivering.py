"""
Deliver the stream: claim a sink, read on from its cursor, hand the lines over, move the cursor, and again.

The cursor moves after the receiver has the lines, so a process that dies in between sends them once more: at least
once, with the same ids, and never a gap. Only whoever holds the claim moves the cursor.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from django.db import transaction

from apps.audit.stream import files, secrets_of_sinks, syslog, webhook
from apps.audit.stream.files import FileRefused
from apps.audit.stream.formats import WRITERS
from apps.audit.stream.models import Sink
from apps.audit.stream.outgoing import NotTaken
from apps.audit.stream.people import PeopleNameless
from apps.audit.stream.reading import records_from
from apps.audit.stream.record import Record
from apps.ledger import prepared
from apps.ledger.facts import Json
from apps.ledger.models import Entry
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action
from apps.privacy.keys import KeyDestroyed, KeyUnavailable, SealBroken

AT_ONCE: Final = 500
CLAIM: Final = timedelta(seconds=60)
IS_ANYBODY_SENT_TO: Final = "SELECT EXISTS (SELECT FROM stream_sink WHERE is_on AND kind <> 'PULL')"
LONGEST_RUN: Final = timedelta(seconds=20)
FIRST_REST, LONGEST_REST = timedelta(seconds=5), timedelta(minutes=5)
DOES_NOT_OPEN: Final = "The secret of this receiver does not open with the master key in use. Make a new one."

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one run brought to a sink, and what stopped it."""

    records: int
    trouble: str = ""


def deliver(sink_id: UUID, *, clock: Callable[[], datetime]) -> Delivered:
    """
    Bring to a sink what it lacks, for 20 seconds at most. Nothing happens if somebody else does so, or it rests.

    Four statements for 500 records, and the claim.
    """
    token, began = uuid4(), clock()
    sink = Sink.objects.filter(pk=sink_id).first()
    if sink is None or not sink.take(token, until=began + CLAIM, now=began):
        return Delivered(0)
    count = 0
    sink.refresh_from_db()  # whoever had it before may have moved its cursor
    while clock() - began < LONGEST_RUN:
        try:
            records = records_from(sink.cursor, most=AT_ONCE, has_names=sink.has_names, has_text=sink.has_text)
            if not records:
                break
            hand_over(sink, records, now=clock())
        except (NotTaken, FileRefused, PeopleNameless) as refused:
            _rest(sink, token, refused.sentence, now=clock())
            return Delivered(count, refused.sentence)
        if not _advance(sink, token, beyond=records[-1].place + 1, now=clock()):
            return Delivered(count, "Somebody else took over.")
        count += len(records)
    sink.let_go(token)
    return Delivered(count)


def hand_over(sink: Sink, records: list[Record], *, now: datetime) -> None:
    """
    Write records in the sink's format and hand them over; they are with the receiver when this returns.

    :raises NotTaken, FileRefused: if they are not.
    """
    lines = [WRITERS[sink.format](record) for record in records]
    first, beyond = records[0].place, records[-1].place + 1
    if sink.kind == Sink.Kind.FILE:
        files.append(sink.pk, lines, first=first)
        return
    if sink.kind == Sink.Kind.SYSLOG:
        syslog.send(sink.address, [syslog.frame(record, line) for record, line in zip(records, lines, strict=True)])
        return
    try:
        secret = secrets_of_sinks.unseal(sink)
    except (KeyDestroyed, KeyUnavailable, SealBroken):
        raise NotTaken(DOES_NOT_OPEN) from None
    webhook.post(sink.address, lines, secret=secret, first=first, beyond=beyond, now=now)


def lag_of(sink: Sink, *, size: int) -> int:
    """Say how many records of a tree of this size the sink has not got yet."""
    return max(0, size - sink.cursor)


def is_anybody_sent_to() -> bool:
    """Say whether any sink is on that does not ask by itself. One statement."""
    return bool(prepared.rows(IS_ANYBODY_SENT_TO)[0][0])


def size_now() -> int:
    """Give the place of the next record. One index look-up."""
    newest = Entry.objects.order_by("-index").values_list("index", flat=True).first()
    return 0 if newest is None else newest + 1


@transaction.atomic
def _advance(sink: Sink, token: UUID, *, beyond: int, now: datetime) -> bool:
    if not sink.advance(token, beyond=beyond, until=now + CLAIM, now=now):
        logger.warning("Sink %s was taken over or paused; its last records may come twice", sink.pk)
        return False
    if sink.failures:
        _record(Action.STREAM_RECOVERED, sink, {"failures": sink.failures}, now)
    sink.cursor, sink.failures = beyond, 0
    return True


@transaction.atomic
def _rest(sink: Sink, token: UUID, trouble: str, *, now: datetime) -> None:
    """Wait twice as long after each failure, five minutes at most. The first of a row is on the record."""
    pause = min(FIRST_REST * 2 ** min(sink.failures, 10), LONGEST_REST)
    if sink.rest(token, trouble=trouble, until=now + pause) and not sink.failures:
        _record(Action.STREAM_FAILED, sink, {"place": sink.cursor}, now)


def _record(action: Action, sink: Sink, details: dict[str, Json], now: datetime) -> None:
    record_event(
        action,
        who=None,
        subject_kind="sink",
        subject_id=str(sink.pk),
        subject_label=sink.name,
        details=details,
        now=now,
    )
