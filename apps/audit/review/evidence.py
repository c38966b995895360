"""
Comparing what review keeps in its rows with what its events say, which are in the signed tree.

Whoever changes a row behind the portal's back does not change the event; whoever changes the event does not get past
`ledger verify`. Together they show a decision that was edited, removed, put in or given to another officer. Raw SQL,
because it also runs on a copy of a database that no application is connected to.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.audit.looks import EXCHANGE
from apps.audit.review.lexicon import digest_of
from apps.audit.review.models import Decision, LexiconVersion, QueueVersion
from apps.audit.review.queues import QUEUE, published_of
from apps.audit.review.recording import action_of, said_of
from apps.audit.review.vocabulary import Step
from apps.ledger.agreement import NOWHERE, Finding
from apps.ledger.stored import Cursor
from apps.ledger.vocabulary import Action

BATCH = 1_000
DEFINED = (
    Action.REVIEW_QUEUE_DEFINED, Action.REVIEW_QUEUE_CHANGED, Action.REVIEW_QUEUE_SWITCHED_ON,
    Action.REVIEW_QUEUE_SWITCHED_OFF,
)  # fmt: skip
FIRST = UUID(int=0)
_EVENT = "event.actor_id, event.actor_label, event.action, event.subject_id, event.happened_at, event.details::text"
# What an item stands as, beside the newest decision that closed it or opened it again.
_ITEMS = """
    SELECT item.id, item.state, item.tag, newest.step, newest.tag FROM review_item AS item LEFT JOIN LATERAL (
        SELECT step, tag FROM review_decision AS decision
        WHERE decision.item_id = item.id AND step IN ('CLOSED', 'REOPENED') ORDER BY decided_at DESC, id DESC LIMIT 1
    ) AS newest ON true
    WHERE item.state = 'CLOSED' AND (newest.step, newest.tag) IS DISTINCT FROM ('CLOSED', item.tag)
        OR item.state = 'OPEN' AND newest.step = 'CLOSED'
"""


@dataclass(frozen=True, slots=True)
class Said:
    """The event of a row, as far as rows repeat it."""

    actor_id: UUID | None
    actor_label: str
    action: str
    subject_id: str
    happened_at: datetime
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """Rows of one kind: columns (the id first), joins, the events that make them, and what is wrong with one."""

    name: str
    table: str
    columns: str
    joins: str
    actions: tuple[Action, ...]
    wrong: Callable[[list[Any], Said], str]


def review_agrees(cursor: Cursor) -> Iterator[Finding]:
    """Compare everything, a thousand rows at a time. Reads each row and each event of review once, by their keys."""
    for kind in KINDS:
        yield from _rows(cursor, kind)
        yield from _without_row(cursor, kind)
    cursor.execute(_ITEMS)
    for item_id, state, *_ in cursor.fetchall():
        is_open = state == "OPEN"
        sentence = "open, but was closed and not opened again" if is_open else "closed, but not so by a decision"
        yield _finding("item", item_id, f"It is {sentence}.")


def _rows(cursor: Cursor, kind: Kind) -> Iterator[Finding]:
    last = FIRST
    while True:
        cursor.execute(
            f"SELECT r.id, {kind.columns}, event.id IS NULL, {_EVENT} FROM {kind.table} AS r {kind.joins} "  # noqa: S608
            "LEFT JOIN ledger_event AS event ON event.id = r.event_id WHERE r.id > %s ORDER BY r.id LIMIT %s",
            [last, BATCH],
        )
        rows = cursor.fetchall()
        for *facts, has_no_event, actor_id, actor_label, action, subject_id, at, details in rows:
            if has_no_event:
                yield _finding(kind.name, facts[0], "It has no event in the ledger: it was put in by hand.")
                continue
            said = Said(actor_id, actor_label, action, subject_id, at, json.loads(details))
            if sentence := kind.wrong(facts, said):
                yield _finding(kind.name, facts[0], sentence)
        if len(rows) < BATCH:
            return
        last = rows[-1][0]


def _without_row(cursor: Cursor, kind: Kind) -> Iterator[Finding]:
    cursor.execute(
        "SELECT event.id FROM ledger_event AS event WHERE event.action = ANY(%s) AND event.subject_kind = ANY(%s) "  # noqa: S608
        f"AND NOT EXISTS (SELECT FROM {kind.table} AS r WHERE r.event_id = event.id)",
        [[action.value for action in kind.actions], [EXCHANGE, QUEUE, "lexicon"]],
    )
    for (event_id,) in cursor.fetchall():
        yield _finding(kind.name, event_id, "Its event is in the ledger, but it is gone.")


def _wrong_decision(facts: list[Any], said: Said) -> str:
    names = (
        "id", "item_id", "queue_id", "step", "tag", "own_tags", "level", "is_read", "seconds", "is_one_of_many",
        "second_officer_id", "note_id", "officer_id", "officer_label", "decided_at",
    )  # fmt: skip
    row = Decision(**dict(zip(names, facts[:-2], strict=True)))
    exchange_id, queue_id = facts[-2:]
    if (said.actor_id, said.actor_label) != (row.officer_id, row.officer_label):
        return "The event names another officer."
    details = {**said_of(row), "item": str(row.item_id), "queue": str(row.queue_id)}
    if (said.action, said.details, said.happened_at) != (action_of(row.step), details, row.decided_at):
        return "The event says something else."
    if said.subject_id != str(exchange_id) or row.queue_id != queue_id:
        return "The event is about another exchange."
    return ""


def _wrong_note(facts: list[Any], said: Said) -> str:
    note_id, digest, item_id, officer_id, written_at, queue_id = facts
    if (said.actor_id, said.happened_at) != (officer_id, written_at):
        return "The event names another officer or moment."
    details = {"note": str(note_id), "digest": digest, "item": str(item_id), "queue": str(queue_id)}
    return "" if said.details == details else "The event says something else."


def _wrong_definition(facts: list[Any], said: Said) -> str:
    _, number, definition, seed, lexicon_id, lexicon_number, lexicon_digest = facts
    words = lexicon_id and LexiconVersion(lexicon_id=lexicon_id, number=lexicon_number, digest=lexicon_digest)
    row = QueueVersion(number=number, definition=json.loads(definition), seed=seed, lexicon_version=words or None)
    return "" if said.details == published_of([row])[row.event_id] else "The event says something else."


def _wrong_lexicon(facts: list[Any], said: Said) -> str:
    _, number, digest, entries = facts
    if digest_of(entries) != digest:
        return "Its words are not those that its digest was made of."
    return "" if (said.details["number"], said.details["digest"]) == (number, digest) else "The event says otherwise."


def _finding(kind: str, row_id: object, sentence: str) -> Finding:
    return Finding(f"REVIEW_{kind.upper()}", NOWHERE, f"The review's {kind} {row_id}: {sentence}")


KINDS = (
    Kind(
        "decision", "review_decision",
        "r.item_id, r.queue_id, r.step, r.tag, r.own_tags, r.level, r.is_read, r.seconds, r.is_one_of_many, "
        "r.second_officer_id, r.note_id, r.officer_id, r.officer_label, r.decided_at, item.exchange_id, item.queue_id",
        "LEFT JOIN review_item AS item ON item.id = r.item_id", tuple(map(action_of, Step)), _wrong_decision,
    ),
    Kind(
        "note", "review_note", "r.digest, r.item_id, r.officer_id, r.written_at, item.queue_id",
        "LEFT JOIN review_item AS item ON item.id = r.item_id", (Action.REVIEW_NOTED,), _wrong_note,
    ),
    Kind(
        "definition", "review_queueversion",
        "r.number, r.definition::text, r.seed, words.lexicon_id, words.number, words.digest",
        "LEFT JOIN review_lexiconversion AS words ON words.id = r.lexicon_version_id", DEFINED, _wrong_definition,
    ),
    Kind(
        "lexicon", "review_lexiconversion", "r.number, r.digest, r.entries", "", (Action.LEXICON_WRITTEN,),
        _wrong_lexicon,
    ),
)  # fmt: skip
