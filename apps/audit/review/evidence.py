"""
Comparing what review keeps in its rows with what its events say, which are in the signed tree.

Whoever changes a row behind the portal's back does not change the event; whoever changes the event does not get past
`ledger verify`. Together they show a decision that was edited, removed, put in or given to another officer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, QuerySet, Subquery

from apps.audit.looks import EXCHANGE
from apps.audit.review.models import Decision, Item, LexiconVersion, Note, QueueVersion
from apps.audit.review.queues import QUEUE, published_of
from apps.audit.review.recording import action_of, said_of
from apps.audit.review.vocabulary import State, Step
from apps.ledger.models import Event
from apps.ledger.vocabulary import Action

BATCH = 1_000
DEFINED = (
    Action.REVIEW_QUEUE_DEFINED, Action.REVIEW_QUEUE_CHANGED, Action.REVIEW_QUEUE_SWITCHED_ON,
    Action.REVIEW_QUEUE_SWITCHED_OFF,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not fit: what kind of row, which, and what is wrong."""

    kind: str
    id: str
    sentence: str


def check() -> Iterator[Finding]:
    """Compare everything, a thousand rows at a time. Reads each row and each event of review once, by their keys."""
    yield from _rows("decision", Decision.objects.select_related("item__queue"), _wrong_decision)
    yield from _rows("note", Note.objects.select_related("item"), _wrong_note)
    yield from _rows("definition", QueueVersion.objects.select_related("lexicon_version"), _wrong_definition)
    yield from _rows("lexicon", LexiconVersion.objects.all(), _wrong_lexicon)
    yield from _without_row("decision", Decision.objects.all(), [action_of(step) for step in Step])
    yield from _without_row("note", Note.objects.all(), [Action.REVIEW_NOTED])
    yield from _without_row("definition", QueueVersion.objects.all(), DEFINED)
    yield from _without_row("lexicon", LexiconVersion.objects.all(), [Action.LEXICON_WRITTEN])
    yield from _items_that_do_not_stand_as_decided()


def _rows(kind: str, rows: QuerySet[Any], wrong: Any) -> Iterator[Finding]:
    batch: list[Any] = []
    for row in rows.order_by("pk").iterator(chunk_size=BATCH):
        batch.append(row)
        if len(batch) == BATCH:
            yield from _compared(kind, batch, wrong)
            batch = []
    yield from _compared(kind, batch, wrong)


def _compared(kind: str, batch: list[Any], wrong: Any) -> Iterator[Finding]:
    events = Event.objects.in_bulk([row.event_id for row in batch])
    for row in batch:
        event = events.get(row.event_id)
        if event is None:
            yield Finding(kind, str(row.pk), "It has no event in the ledger: it was put in by hand.")
        elif sentence := wrong(row, event):
            yield Finding(kind, str(row.pk), sentence)


def _wrong_decision(row: Decision, event: Event) -> str:
    said = {**said_of(row), "item": str(row.item_id), "queue": str(row.queue_id)}
    if event.actor_id != row.officer_id or event.actor_label != row.officer_label:
        return "The event names another officer."
    if event.action != action_of(row.step) or event.details != said or event.happened_at != row.decided_at:
        return "The event says something else."
    if event.subject_id != str(row.item.exchange_id) or row.queue_id != row.item.queue_id:
        return "The event is about another exchange."
    return ""


def _wrong_note(row: Note, event: Event) -> str:
    if event.actor_id != row.officer_id or event.happened_at != row.written_at:
        return "The event names another officer or moment."
    said = {"note": str(row.pk), "digest": row.digest, "item": str(row.item_id), "queue": str(row.item.queue_id)}
    return "" if event.details == said else "The event says something else."


def _wrong_definition(row: QueueVersion, event: Event) -> str:
    return "" if event.details == published_of([row])[row.event_id] else "The event says something else."


def _wrong_lexicon(row: LexiconVersion, event: Event) -> str:
    said: Mapping[str, Any] = event.details
    return "" if (said["number"], said["digest"]) == (row.number, row.digest) else "The event says something else."


def _without_row(kind: str, rows: QuerySet[Any], actions: Any) -> Iterator[Finding]:
    events = Event.objects.filter(action__in=list(actions), subject_kind__in=[EXCHANGE, QUEUE, "lexicon"])
    known = rows.filter(event_id=OuterRef("pk")).values("event_id")
    lost = events.annotate(row=Subquery(known)).filter(row=None).values_list("pk", flat=True)
    for event_id in lost.iterator(chunk_size=BATCH):
        yield Finding(kind, str(event_id), "Its event is in the ledger, but it is gone.")


def _items_that_do_not_stand_as_decided() -> Iterator[Finding]:
    deciding = Decision.objects.filter(item=OuterRef("pk"), step__in=[Step.CLOSED, Step.REOPENED])
    newest = deciding.order_by("-decided_at", "-pk")
    items = Item.objects.annotate(step=Subquery(newest.values("step")[:1]), found=Subquery(newest.values("tag")[:1]))
    closed = items.filter(state=State.CLOSED)
    for item_id in _ids(closed.exclude(step=Step.CLOSED, tag=F("found"))):
        yield Finding("item", str(item_id), "It is closed, but not by a decision, or with another finding.")
    for item_id in _ids(items.filter(state=State.OPEN, step=Step.CLOSED)):
        yield Finding("item", str(item_id), "It is open, but was closed and not opened again.")


def _ids(items: QuerySet[Item]) -> Iterator[UUID]:
    return items.values_list("pk", flat=True).iterator(chunk_size=BATCH)
