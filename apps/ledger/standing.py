"""How the ledger stands: what is signed, what waits, which alarms are open, what the witnesses have seen."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from apps.ledger import evidence
from apps.ledger.stored import Cursor
from apps.ledger.vocabulary import Action

LATE_AFTER = timedelta(seconds=60)
SILENT_AFTER = timedelta(minutes=70)
REMEMBERED_ALARMS = 100

NOT_YET, SIGNED, LATE, ALARM = "not yet signed", "signed", "late", "alarm"
UNSIGNED, UNRECONCILED, DAMAGED, DISAGREES = "UNSIGNED", "UNRECONCILED", "DAMAGED", "DISAGREES"
CLOCKS = "CLOCKS"

SENTENCES = {
    "ROLLBACK": "The ledger is shorter than what was signed: its end was cut off, or an older state came back.",
    "FORK": "The ledger is not the one that was signed: records were rewritten.",
    "MISMATCH": "The tree is not the one that its records make: records or hashes were changed.",
    "GAP": "Hashes or records are missing from the tree.",
    "JOURNAL": "The sequencer's journal cannot be written or read, so nothing is signed: look at its disk.",
    "VANISHED": "Records were removed before they had a place in the tree.",
    "DUPLICATE": "A record that has its place was written a second time.",
    "WITNESS_REFUSES": "A witness has seen another ledger than this one.",
    UNSIGNED: "Records have waited for their place for more than a minute: the sequencer does not run.",
    UNRECONCILED: "The daily comparison has found exchanges, outcomes or calls that do not fit each other.",
    DAMAGED: "Reading old records again has found some that are not what was signed, or rows that no event explains.",
    DISAGREES: "Rights, settings or rows of the desk are not what their events say: they were changed by hand.",
    CLOCKS: "Clocks do not agree: a record may say another time than it was.",
}

INCIDENTS = frozenset({"VANISHED", "DUPLICATE"})
"""Alarms of what happened once and cannot be undone: they end when an officer has said what came of it."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """That an officer knows of an alarm, since when, and what they said about it."""

    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm that is open: what it is and since when, and who knows of it."""

    kind: str
    since: datetime
    details: dict[str, Any]
    acknowledged: tuple[Acknowledged, ...] = ()

    @property
    def raised(self) -> str:
        """The moment it was raised, as an acknowledgement names it."""
        return stamp(self.since)

    @property
    def is_incident(self) -> bool:
        """Say whether it ends by being acknowledged: it tells of something that happened, not of how things stand."""
        return self.kind in INCIDENTS

    @property
    def rows(self) -> int:
        """How many rows are not what their events say; a check of the whole ledger names them."""
        return int(self.details.get("rows", 0))

    @property
    def named(self) -> list[str]:
        """What was found, in sentences, as far as the alarm names it."""
        return [str(one[2]) for one in self.details.get("named", []) if isinstance(one, list) and len(one) == 3]

    @property
    def sentence(self) -> str:
        """Say what it means, and which witness says so."""
        sentence, witness = SENTENCES.get(self.kind, self.kind), self.details.get("witness")
        return f"{sentence} It is {witness}." if witness else sentence


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest checkpoint that a witness has cosigned."""

    witness: str
    size: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Stamped:
    """The newest checkpoint that an authority has time-stamped, and when that was by its clock."""

    authority: str
    size: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """The ledger at this moment. ``words`` say the newest signed root so that a person can read it out."""

    state: str
    size: int
    signed_at: datetime | None
    words: str
    waiting: int
    waiting_since: datetime | None
    is_late: bool
    alarms: tuple[Alarm, ...]
    witnesses: tuple[Seen, ...]
    stamps: tuple[Stamped, ...]


def standing(cursor: Cursor, *, now: datetime) -> Standing:
    """Read how the ledger stands. Five statements, each by an index."""
    cursor.execute("SELECT size, root, signed_at FROM ledger_checkpoint ORDER BY size DESC LIMIT 1")
    head = cursor.fetchone()
    cursor.execute(
        "SELECT count(*), min(since), coalesce(clock_timestamp() - min(since), interval '0') "
        "FROM (SELECT since FROM ledger_pending ORDER BY id LIMIT 10000) AS first"
    )
    waiting, since, waited = cursor.fetchone()
    # A head from the future was signed before the clock was set back: it does not show that anybody signs today.
    is_late = waited > LATE_AFTER or (head is not None and abs(now - head[2]) > SILENT_AFTER)
    alarms = open_alarms(cursor)
    return Standing(
        state=ALARM if alarms else LATE if is_late else SIGNED if head else NOT_YET,
        size=head[0] if head else 0,
        signed_at=head[2] if head else None,
        words=evidence.words(bytes(head[1])) if head else "",
        waiting=waiting,
        waiting_since=since,
        is_late=is_late,
        alarms=alarms,
        witnesses=tuple(Seen(*row) for row in _newest_of_each(cursor, _WITNESSES)),
        stamps=tuple(Stamped(*row) for row in _newest_of_each(cursor, _AUTHORITIES)),
    )


def open_alarms(cursor: Cursor) -> tuple[Alarm, ...]:
    """
    List the alarms that were raised and have not ended, newest first: of each kind one, or one for each witness.

    What came first is told by the tree, and not by a clock that may have been set; what waits for its place is newest.
    """
    cursor.execute(
        "SELECT action, happened_at, details FROM ledger_event AS event "
        "LEFT JOIN ledger_entry AS entry ON entry.row_id = event.id "
        "LEFT JOIN ledger_pending AS waiting ON entry.index IS NULL AND waiting.row_id = event.id "
        "WHERE action IN (%s, %s) ORDER BY entry.index DESC NULLS FIRST, waiting.id DESC NULLS FIRST LIMIT %s",
        [Action.LEDGER_ALARM_RAISED, Action.LEDGER_ALARM_ENDED, REMEMBERED_ALARMS],
    )
    newest: dict[tuple[str, str], Alarm | None] = {}
    for action, at, details in cursor.fetchall():
        said = _object(details)
        kind, witness = str(said.get("kind", "")), str(said.get("witness", ""))
        newest.setdefault((kind, witness), Alarm(kind, at, said) if action == Action.LEDGER_ALARM_RAISED else None)
    raised = [alarm for alarm in newest.values() if alarm]
    known = _acknowledged(cursor) if raised else {}
    return tuple(replace(alarm, acknowledged=tuple(known.get((alarm.kind, alarm.raised), ()))) for alarm in raised)


def stamp(moment: datetime) -> str:
    """Write a moment as an acknowledgement names it: in UTC, to the microsecond."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def _acknowledged(cursor: Cursor) -> dict[tuple[str, str], list[Acknowledged]]:
    """Read the newest acknowledgements by the alarm that they are about, oldest first. One statement."""
    cursor.execute(
        "SELECT actor_label, happened_at, details FROM ledger_event WHERE action = %s "
        "ORDER BY happened_at DESC, id DESC LIMIT %s",
        [Action.LEDGER_ALARM_ACKNOWLEDGED, REMEMBERED_ALARMS],
    )
    known: dict[tuple[str, str], list[Acknowledged]] = {}
    for by, at, details in reversed(cursor.fetchall()):
        said = _object(details)
        about = (str(said.get("kind", "")), str(said.get("since", "")))
        known.setdefault(about, []).append(Acknowledged(by, at, str(said.get("reason", ""))))
    return known


_NEWEST_OF_EACH = """
    WITH RECURSIVE seen AS (
        (SELECT {who}, size, {at} FROM {table} ORDER BY {who}, size DESC LIMIT 1)
        UNION ALL
        SELECT next.{who}, next.size, next.{at} FROM seen CROSS JOIN LATERAL (
            SELECT {who}, size, {at} FROM {table} WHERE {who} > seen.{who}
            ORDER BY {who}, size DESC LIMIT 1) AS next
    ) SELECT {who}, size, {at} FROM seen
"""
_WITNESSES = _NEWEST_OF_EACH.format(table="ledger_cosignature", who="witness", at="cosigned_at")
_AUTHORITIES = _NEWEST_OF_EACH.format(table="ledger_timestamp", who="authority", at="stamped_at")


def _newest_of_each(cursor: Cursor, statement: str) -> list[Any]:
    cursor.execute(statement)
    return list(cursor.fetchall())


def _object(details: Any) -> dict[str, Any]:
    """Read a jsonb column: psycopg gives an object, Django's cursor its text."""
    said = json.loads(details) if isinstance(details, str) else details
    return said if isinstance(said, dict) else {}
