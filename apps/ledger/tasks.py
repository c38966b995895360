"""Looking after the ledger from outside its own process: the sequencer cannot say that it is dead."""

from __future__ import annotations

from celery import shared_task
from django.db import connection
from django.utils import timezone

from apps.ledger import reconciliation
from apps.ledger.facts import Json
from apps.ledger.records import record_event
from apps.ledger.standing import UNSIGNED, open_alarms, standing
from apps.ledger.vocabulary import Action


@shared_task(name="ledger.watch")
def watch() -> None:
    """Raise the alarm where records wait unsigned, and end it once they do not. Six short statements."""
    now = timezone.now()
    with connection.cursor() as cursor:
        stands = standing(cursor, now=now)
        is_raised = any(alarm.kind == UNSIGNED for alarm in open_alarms(cursor))
    if stands.is_late and not is_raised:
        details: dict[str, Json] = {"kind": UNSIGNED, "waiting": stands.waiting}
        record_event(Action.LEDGER_ALARM_RAISED, who=None, subject_kind="ledger", details=details, now=now)
    if is_raised and not stands.is_late:
        record_event(Action.LEDGER_ALARM_ENDED, who=None, subject_kind="ledger", details={"kind": UNSIGNED}, now=now)


@shared_task(name="ledger.reconcile")
def reconcile() -> None:
    """Compare the records of each whole day with the calls that went out, once, and put the result on the record."""
    reconciliation.reconcile_due(now=timezone.now())
