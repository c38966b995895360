"""
Whether the record is complete: intents, outcomes and the gateway's own count of calls, compared day by day.

Three accounts of the same day are kept by three writers: the story writes intents before anything leaves, whoever
closes an exchange writes its outcome, and the gateway counts requests where it hands them to the network. What one of
them knows and another does not is a finding, with its ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django.db import connection, transaction

from apps.ledger.facts import Json
from apps.ledger.models import Event
from apps.ledger.records import record_event
from apps.ledger.standing import UNRECONCILED, open_alarms
from apps.ledger.vocabulary import Action

LONGEST_EXCHANGE: Final = timedelta(hours=1)
"""What has no outcome after this time has lost it. Days are in UTC, and compared once their last exchange had it."""
NAMED_AT_MOST: Final = 100
DAYS_LOOKED_BACK: Final = 7
DAYS_SHOWN: Final = 14
RESULTS_REMEMBERED: Final = 1_000
SUBJECT: Final = "ledger"

NO_OUTCOME, NO_INTENT, UNRECORDED, UNCOUNTED, SENT_TWICE = (
    "NO_OUTCOME", "NO_INTENT", "UNRECORDED", "UNCOUNTED", "SENT_TWICE"
)  # fmt: skip
SENTENCES: Final = {
    NO_OUTCOME: "without an outcome: nobody knows how they ended",
    NO_INTENT: "outcomes of exchanges that are gone",
    UNRECORDED: "calls that went out and that no record names",
    UNCOUNTED: "answered, but no call was counted for them",
    SENT_TWICE: "calls that went out more than once",
}
_COUNTS: Final = """
SELECT (SELECT count(*) FROM ledger_intent WHERE started_at >= %(since)s AND started_at < %(until)s),
       (SELECT count(*) FROM ledger_outcome WHERE started_at >= %(since)s AND started_at < %(until)s),
       (SELECT count(*) FROM ledger_departure WHERE at >= %(since)s AND at < %(until)s)
"""
_MISSING: Final = {
    NO_OUTCOME: """
        SELECT intent.id FROM ledger_intent AS intent
        WHERE intent.started_at >= %(since)s AND intent.started_at < %(until)s
          AND NOT EXISTS (SELECT FROM ledger_outcome AS outcome WHERE outcome.intent_id = intent.id)""",
    NO_INTENT: """
        SELECT outcome.id FROM ledger_outcome AS outcome
        WHERE outcome.started_at >= %(since)s AND outcome.started_at < %(until)s
          AND NOT EXISTS (SELECT FROM ledger_intent AS intent WHERE intent.id = outcome.intent_id)""",
    UNRECORDED: """
        SELECT coalesce(sent.call_id::text, 'of unknown origin, ' || sent.at) FROM ledger_departure AS sent
        WHERE sent.at >= %(since)s AND sent.at < %(until)s AND NOT EXISTS (
            SELECT FROM ledger_intent AS intent WHERE intent.circumstances->>'call_id' = sent.call_id::text
              AND intent.started_at >= %(since)s - %(longest)s AND intent.started_at < %(until)s)""",
    UNCOUNTED: """
        SELECT intent.id FROM ledger_intent AS intent JOIN ledger_outcome AS outcome ON outcome.intent_id = intent.id
        WHERE intent.started_at >= %(since)s AND intent.started_at < %(until)s AND outcome.kind = 'ANSWERED'
          AND intent.circumstances->>'call_id' IS NOT NULL AND NOT EXISTS (
            SELECT FROM ledger_departure AS sent WHERE sent.call_id::text = intent.circumstances->>'call_id'
              AND sent.at >= %(since)s AND sent.at < %(until)s + %(longest)s)""",
    SENT_TWICE: """
        SELECT sent.call_id FROM ledger_departure AS sent
        WHERE sent.at >= %(since)s AND sent.at < %(until)s AND sent.call_id IS NOT NULL
        GROUP BY sent.call_id HAVING count(*) > 1""",
}


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How one day's accounts compare: how many each knows, and what is missing, by kind, with up to 100 ids each."""

    day: date
    exchanges: int
    outcomes: int
    calls: int
    missing: Mapping[str, int]
    ids: Mapping[str, list[str]]

    @property
    def is_complete(self) -> bool:
        """Say whether the three accounts agree."""
        return not self.missing

    @property
    def in_words(self) -> list[str]:
        """Say what is missing, a line for each kind."""
        return [f"{count:,} {SENTENCES.get(kind, kind)}" for kind, count in self.missing.items()]

    @property
    def on_record(self) -> dict[str, Json]:
        """As its event keeps it."""
        return {
            "day": self.day.isoformat(), "exchanges": self.exchanges, "outcomes": self.outcomes, "calls": self.calls,
            "missing": dict(self.missing), "ids": dict(self.ids),
        }  # fmt: skip


def compare(day: date, *, now: datetime) -> Reconciled:
    """
    Compare the accounts of one day (UTC), of a day in progress up to an hour ago. Six statements over the day's rows.
    """
    since = datetime.combine(day, time(), tzinfo=UTC)
    until = max(since, min(since + timedelta(days=1), now - LONGEST_EXCHANGE))
    bounds: dict[str, Any] = {"since": since, "until": until, "longest": LONGEST_EXCHANGE}
    missing: dict[str, int] = {}
    ids: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, bounds)
        exchanges, outcomes, calls = cursor.fetchone()
        for kind, query in _MISSING.items():
            cursor.execute(query, bounds)
            if found := [str(row[0]) for row in cursor.fetchall()]:
                missing[kind], ids[kind] = len(found), found[:NAMED_AT_MOST]
    return Reconciled(day, exchanges, outcomes, calls, missing, ids)


def reconcile(day: date, *, now: datetime) -> Reconciled:
    """Compare the accounts of one day and put the result on the record; raise or end the alarm accordingly."""
    found = compare(day, now=now)
    with transaction.atomic():
        record_event(Action.LEDGER_RECONCILED, who=None, subject_kind=SUBJECT, details=found.on_record, now=now)
        _ring(now=now)
    return found


def reconcile_due(*, now: datetime) -> list[Reconciled]:
    """
    Reconcile each of the last seven whole days that has not been; a night without a worker is made up for.

    A day is due an hour after its end.
    """
    newest = (now - LONGEST_EXCHANGE).astimezone(UTC).date() - timedelta(days=1)
    due = [newest - timedelta(days=back) for back in range(DAYS_LOOKED_BACK)]
    done = {one.day for one in reconciled(since=due[-1])}
    first = Event.objects.order_by("happened_at").values_list("happened_at", flat=True).first()
    begun = first.astimezone(UTC).date() if first else now.date()
    return [reconcile(day, now=now) for day in reversed(due) if day not in done and day >= begun]


def reconciled(*, since: date) -> list[Reconciled]:
    """List the days from `since` on with their newest result, newest day first. One query."""
    events = Event.objects.filter(action=Action.LEDGER_RECONCILED).order_by("-happened_at", "-id")
    newest: dict[date, Reconciled] = {}
    for details in events.values_list("details", flat=True)[:RESULTS_REMEMBERED]:
        found = _read(details)
        newest.setdefault(found.day, found)
    return sorted((one for one in newest.values() if one.day >= since), key=lambda one: one.day, reverse=True)


def _read(details: Mapping[str, Any]) -> Reconciled:
    numbers = (details["exchanges"], details["outcomes"], details["calls"])
    return Reconciled(date.fromisoformat(details["day"]), *numbers, details["missing"], details["ids"])


def _ring(*, now: datetime) -> None:
    """Raise the alarm as long as the newest result of any day names something missing; end it after that."""
    days: list[Json] = [one.day.isoformat() for one in reconciled(since=date.min) if not one.is_complete]
    with connection.cursor() as cursor:
        is_raised = any(alarm.kind == UNRECONCILED for alarm in open_alarms(cursor))
    if bool(days) != is_raised:
        action = Action.LEDGER_ALARM_RAISED if days else Action.LEDGER_ALARM_ENDED
        details: dict[str, Json] = {"kind": UNRECONCILED, "days": days}
        record_event(action, who=None, subject_kind=SUBJECT, details=details, now=now)
