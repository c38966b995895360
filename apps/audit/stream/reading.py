"""Read records in the order of the tree, as plain facts that every format writes from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from apps.audit.stream.people import by_pseudonym
from apps.audit.stream.record import Record
from apps.ledger.models import Entry, Event, Intent, Outcome, RowKind, SearchRow
from apps.ledger.vocabulary import action_label

PLAIN: Final = re.compile(r"[A-Z0-9_.:+\-]{1,80}|[0-9a-f-]{36}")
"""A detail that is a code, a number, a moment or an id; anything else may be somebody's words."""


def records_from(place: int, *, most: int, has_names: bool, has_text: bool) -> list[Record]:
    """
    Read up to `most` records from a place on. Nine queries at most.

    Names and words go along only where that was consented to: words are the scrubbed ones, of an erased exchange none.

    :raises apps.audit.stream.people.PeopleNameless: if pseudonyms are wanted and cannot be read now.
    """
    entries = list(Entry.objects.filter(index__gte=place).order_by("index")[:most])
    ids = {kind: [one.row_id for one in entries if one.kind == kind] for kind in RowKind.values}
    acts = Event.objects.in_bulk(ids[RowKind.EVENT])
    asked = Intent.objects.defer("sealed_payload", "sealed_typed").in_bulk(ids[RowKind.INTENT])
    ended = (
        Outcome.objects.select_related("intent")
        .defer("sealed_answer", "intent__sealed_payload")
        .in_bulk(ids[RowKind.OUTCOME])
    )
    words = _words([*asked, *(one.intent_id for one in ended.values())]) if has_text else {}
    found: Iterable[Record] = (_record(one, acts, asked, ended) for one in entries)
    shown = [_shown(one, words, has_text=has_text) for one in found]
    return shown if has_names else by_pseudonym(shown)


def _record(
    entry: Entry, acts: Mapping[UUID, Event], asked: Mapping[UUID, Intent], ended: Mapping[UUID, Outcome]
) -> Record:
    if entry.row_id in acts:
        return _act(entry.index, acts[entry.row_id])
    if entry.row_id in asked:
        return _asked(entry.index, asked[entry.row_id])
    if entry.row_id in ended:
        return _ended(entry.index, ended[entry.row_id])
    return Record(entry.index, entry.row_id, "GONE")


def _act(place: int, event: Event) -> Record:
    return Record(
        place, event.id, "ACT", at=event.happened_at, person_id=event.actor_id, person=event.actor_label,
        team=event.team_label, action=event.action, label=action_label(event.action), subject_kind=event.subject_kind,
        subject_id=event.subject_id, subject=event.subject_label, details=event.details,
    )  # fmt: skip


def _asked(place: int, intent: Intent) -> Record:
    return Record(
        place, intent.id, "ASKED", at=intent.started_at, person_id=intent.person_id, person=intent.person_label,
        team=intent.team_label, exchange_id=intent.id, door=intent.door, purpose=intent.purpose,
        model=intent.model_label, provider=intent.provider_label, egress_class=intent.egress_class,
        region=str((intent.circumstances or {}).get("region", "")), masked_types=tuple(intent.masked_types),
        masked_count=intent.masked_count,
    )  # fmt: skip


def _ended(place: int, outcome: Outcome) -> Record:
    return replace(
        _asked(place, outcome.intent), id=outcome.id, kind="ENDED", at=outcome.concluded_at, outcome=outcome.kind,
        reason=outcome.reason.partition(":")[0], input_tokens=outcome.input_tokens,
        output_tokens=outcome.output_tokens, cost=outcome.cost, currency=outcome.currency,
    )  # fmt: skip


def _words(intent_ids: Iterable[UUID]) -> dict[UUID, tuple[str, str]]:
    rows = SearchRow.objects.filter(intent_id__in=list(intent_ids)).values_list("intent_id", "left_text", "answer_text")
    return {intent_id: (left, answer) for intent_id, left, answer in rows}


def _shown(record: Record, words: Mapping[UUID, tuple[str, str]], *, has_text: bool) -> Record:
    """Take out the words that the receiver was not promised."""
    if not has_text:
        return replace(record, subject="", details=_plain(record.details))
    left, answer = words.get(record.exchange_id, ("", "")) if record.exchange_id else ("", "")
    return replace(
        record, prompt=left if record.kind == "ASKED" else "", answer=answer if record.kind == "ENDED" else ""
    )


def _plain(details: Mapping[str, Any]) -> dict[str, Any]:
    """Keep details that are codes, numbers or ids."""
    kept: dict[str, Any] = {}
    for name, value in details.items():
        is_code = isinstance(value, str) and PLAIN.fullmatch(value)
        if is_code or isinstance(value, bool | int | float):
            kept[name] = value
    return kept
