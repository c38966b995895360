"""
Read a page of the record for a receiver that asks: from a place on, in its format, no further than its reach.

Each page with anything in it is on the record before a line of it is handed out. A page that holds nothing but the
events of such reading is not, or every look for news would itself be news.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from apps.audit.stream.delivering import AT_ONCE
from apps.audit.stream.formats import WRITERS
from apps.audit.stream.models import PullKey, Sink
from apps.audit.stream.people import PeopleNameless
from apps.audit.stream.reading import records_from
from apps.audit.stream.record import Record
from apps.audit.stream.refusals import BeforeItsReach, NotNow, UnknownKey
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

BEFORE_THE_FIRST: Final = -1


@dataclass(frozen=True, slots=True)
class Question:
    """What a receiver asks for: so many places after one, and of these which records. Nothing chosen means all."""

    after: int | None = None
    limit: int = AT_ONCE
    actions: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    since: datetime | None = None
    until: datetime | None = None

    def takes(self, record: Record) -> bool:
        """Say whether a record is among what was asked for."""
        if (self.actions and record.action not in self.actions) or (self.kinds and record.kind not in self.kinds):
            return False
        if self.since is None and self.until is None:
            return True
        if record.at is None:
            return False
        return (self.since is None or record.at >= self.since) and (self.until is None or record.at < self.until)


@dataclass(frozen=True, slots=True)
class Page:
    """Lines, and the place after which to ask next; `has_more` where there are places beyond already."""

    lines: Sequence[str]
    next_after: int
    has_more: bool


def read(key: PullKey, question: Question, *, now: datetime) -> Page:
    """
    Give the lines of the next places. Fourteen statements at most for 500 records.

    :raises BeforeItsReach: if the question begins before what the receiver may have.
    :raises NotNow: if people's pseudonyms cannot be read.
    :raises UnknownKey: if the receiver was paused or removed, or its key replaced, meanwhile: nothing is handed out.
    """
    sink = key.sink
    start = sink.first_place if question.after is None else question.after + 1
    if start < sink.first_place:
        raise BeforeItsReach(sink.first_place)
    try:
        found = records_from(start, most=question.limit + 1, has_names=sink.has_names, has_text=sink.has_text)
    except PeopleNameless as nameless:
        raise NotNow(nameless.sentence) from None
    covered = found[: question.limit]
    if not covered:
        return Page((), start - 1, has_more=False)
    shown = [record for record in covered if question.takes(record)]
    _note(key, covered, shown, now=now)
    lines = [WRITERS[sink.format](record) for record in shown]
    return Page(lines, covered[-1].place, has_more=len(found) > len(covered))


@transaction.atomic
def _note(key: PullKey, covered: Sequence[Record], shown: Sequence[Record], *, now: datetime) -> None:
    """Move the cursor that the page shows, and record what is handed out; a key that died meanwhile gets nothing."""
    sink = key.sink
    alive = Sink.objects.filter(
        pk=sink.pk, is_on=True, pull_key__digest=bytes(key.digest), pull_key__expires_at__gt=now
    )
    if not alive.update(cursor=Greatest(F("cursor"), covered[-1].place + 1), delivered_at=now):
        raise UnknownKey
    if all(record.action == Action.STREAM_PULLED for record in shown):
        return
    record_event(
        Action.STREAM_PULLED, who=None, subject_kind="sink", subject_id=str(sink.pk), subject_label=sink.name,
        details={"first": shown[0].place, "last": shown[-1].place, "records": len(shown)}, now=now,
    )  # fmt: skip
