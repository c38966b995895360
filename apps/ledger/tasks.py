"""Looking after the ledger from outside its own process: the sequencer cannot say that it is dead."""

from __future__ import annotations

from datetime import datetime

from celery import shared_task
from django.db import connection, transaction

from apps.ledger import clock, reconciliation
from apps.ledger.facts import Json
from apps.ledger.records import record_event
from apps.ledger.standing import UNSIGNED, open_alarms, standing
from apps.ledger.stored import Cursor
from apps.ledger.vocabulary import Action


@shared_task(name="ledger.watch")
def watch() -> None:
    """
    Raise the alarm where records wait unsigned, and end it once they do not. Seven short statements.

    Of two at once, the second does nothing.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if _is_alone(cursor, "ledger watch"):
            _watch(cursor, now=clock.now())


def _watch(cursor: Cursor, *, now: datetime) -> None:
    stands = standing(cursor, now=now)
    is_raised = any(alarm.kind == UNSIGNED for alarm in open_alarms(cursor))
    if stands.is_late and not is_raised:
        details: dict[str, Json] = {"kind": UNSIGNED, "waiting": stands.waiting}
        record_event(Action.LEDGER_ALARM_RAISED, who=None, subject_kind="ledger", details=details, now=now)
    if is_raised and not stands.is_late:
        record_event(Action.LEDGER_ALARM_ENDED, who=None, subject_kind="ledger", details={"kind": UNSIGNED}, now=now)


@shared_task(name="ledger.reconcile")
def reconcile() -> None:
    """
    Compare the records of each whole day with the calls that went out, once, and put the result on the record.

    Of two at once, the second does nothing.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if _is_alone(cursor, "ledger reconcile"):
            reconciliation.reconcile_due(now=clock.now())


def _is_alone(cursor: Cursor, work: str) -> bool:
    """Say whether nobody else does this work now, and keep others from it until the transaction ends."""
    cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [work])
    return bool(cursor.fetchone()[0])
