"""
What `ledger verify` asks about keys, holds and schedules: are they what their events say?

Keys are destroyed, holds lifted and schedules changed in rows that the runtime role may write. Each such act is an
event in the signed tree, so a row that no event explains was changed by hand. Raw SQL, because it also runs on a copy
of a database that no application is connected to.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from apps.audit.retention.schedules import COMPANY
from apps.ledger.agreement import NOWHERE, Finding
from apps.ledger.stored import Cursor
from apps.ledger.vocabulary import Action
from apps.privacy import certificates, holds

MOST = 200
# octet_length reads the size of sealed bytes without fetching them.
UNREADABLE = """
    SELECT DISTINCT intent.conversation_id FROM ledger_intent AS intent
    WHERE intent.conversation_id IS NOT NULL AND octet_length(intent.sealed_payload) > 0
    AND NOT EXISTS (SELECT FROM privacy_datakey AS key WHERE key.conversation_id = intent.conversation_id)
"""
TEXTLESS = """
    SELECT DISTINCT coalesce(intent.conversation_id, intent.id) FROM ledger_intent AS intent
    WHERE NOT EXISTS (SELECT FROM ledger_searchrow AS text WHERE text.intent_id = intent.id)
"""


def retention_agrees(cursor: Cursor) -> Iterator[Finding]:
    """Compare keys and texts with certificates, and holds and schedules with their events. Ten statements."""
    yield from _keys_agree(cursor)
    yield from _holds_agree(cursor)
    yield from _schedules_agree(cursor)


def _keys_agree(cursor: Cursor) -> Iterator[Finding]:
    certified: set[UUID] = set()
    for event_id, digest, named in _certificates(cursor):
        keys = {UUID(hex=one) for one in named}
        if digest and holds.digest_of(keys) != digest:
            yield Finding("CERTIFICATE_BROKEN", NOWHERE, f"The certificate {event_id} does not name what it counts.")
        certified |= keys
    gone = {
        "KEY_GONE": ("SELECT conversation_id FROM privacy_datakey WHERE destroyed_at IS NOT NULL", "was destroyed"),
        "KEY_REMOVED": (UNREADABLE, "was removed"),
        "TEXT_GONE": (TEXTLESS, "has lost its searchable text"),
    }
    for code, (statement, fate) in gone.items():
        cursor.execute(statement)
        for key_id in _first(row[0] for row in cursor.fetchall() if row[0] not in certified):
            yield Finding(code, NOWHERE, f"What key {key_id} seals {fate} without a certificate.")
    cursor.execute("SELECT conversation_id FROM privacy_datakey WHERE destroyed_at IS NULL")
    for key_id in _first(row[0] for row in cursor.fetchall() if row[0] in certified):
        sentence = f"Key {key_id} was destroyed by certificate and is here again: run `manage.py retention reapply`."
        yield Finding("KEY_BACK", NOWHERE, sentence)


def _certificates(cursor: Cursor) -> Iterator[tuple[UUID, str, list[str]]]:
    cursor.execute(
        "SELECT id, details->>'digest', (details->'keys')::text FROM ledger_event WHERE action = ANY(%s)",
        [[action.value for action in certificates.CERTIFICATES]],
    )
    for event_id, digest, named in cursor.fetchall():
        yield event_id, digest or "", json.loads(named or "[]")


def _holds_agree(cursor: Cursor) -> Iterator[Finding]:
    placed = _events(cursor, Action.HOLD_PLACED)
    lifted = _events(cursor, Action.HOLD_LIFTED)
    cursor.execute("SELECT hold_id, key_id FROM privacy_heldkey")
    remembered: dict[str, set[UUID]] = {}
    for hold_id, key_id in cursor.fetchall():
        remembered.setdefault(str(hold_id), set()).add(key_id)
    cursor.execute(
        "SELECT id, kind, coalesce(person_id::text, ''), coalesce(team_id::text, ''), query, remembered, "
        "lifted_at IS NOT NULL FROM privacy_hold"
    )
    for hold_id, kind, person, team, query, count, is_lifted in cursor.fetchall():
        said = placed.pop(str(hold_id), None)
        terms = {"kind": kind, "person": person, "team": team, "query": query, "remembered": count}
        if said is None or any(said.get(name) != value for name, value in terms.items()):
            yield Finding("HOLD_CHANGED", NOWHERE, f"The hold {hold_id} is not what was placed.")
        elif said.get("digest") != holds.digest_of(remembered.get(str(hold_id), ())):
            yield Finding("HOLD_CHANGED", NOWHERE, f"The hold {hold_id} does not remember what it was placed on.")
        if is_lifted != (str(hold_id) in lifted):
            fate = "was lifted without a record of it" if is_lifted else "is in force although it was lifted"
            yield Finding("HOLD_LIFTED", NOWHERE, f"The hold {hold_id} {fate}.")
    for hold_id in placed:
        yield Finding("HOLD_REMOVED", NOWHERE, f"The hold {hold_id} was placed, and is gone.")


def _schedules_agree(cursor: Cursor) -> Iterator[Finding]:
    cursor.execute(
        "SELECT subject_id, details::text FROM ledger_event WHERE action = %s", [Action.SCHEDULE_CHANGED.value]
    )
    events = [(subject, json.loads(details)) for subject, details in cursor.fetchall()]
    said = {(details.get("version"), details.get("days"), subject) for subject, details in events}
    cursor.execute("SELECT number, days, coalesce(team_id::text, %s) FROM retention_scheduleversion", [COMPANY])
    rows = {(number, days, team) for number, days, team in cursor.fetchall()}
    for number, _, _ in sorted(said ^ rows, key=str):
        yield Finding("SCHEDULE_CHANGED", NOWHERE, f"Version {number} of the schedule is not what was put in force.")


def _events(cursor: Cursor, action: Action) -> dict[str, dict[str, Any]]:
    cursor.execute("SELECT subject_id, details::text FROM ledger_event WHERE action = %s", [action.value])
    return {subject: json.loads(details) for subject, details in cursor.fetchall()}


def _first(keys: Iterable[UUID]) -> list[UUID]:
    return sorted(keys)[:MOST]
