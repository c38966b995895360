"""Looking after the ledger from outside its own process: the sequencer cannot say that it is dead."""

from __future__ import annotations

from celery import shared_task
from django.db import connection
from django.utils import timezone

from apps.ledger import alarms, reconciliation, rereading
from apps.ledger.standing import UNSIGNED, standing


@shared_task(name="ledger.watch")
def watch() -> None:
    """Raise the alarm where records wait unsigned, and end it once they do not. Six short statements."""
    now = timezone.now()
    with connection.cursor() as cursor:
        stands = standing(cursor, now=now)
    alarms.follow(UNSIGNED, is_amiss=stands.is_late, details={"waiting": stands.waiting}, now=now)


@shared_task(name="ledger.reconcile")
def reconcile() -> None:
    """Compare the records of each whole day with the calls that went out, once, and put the result on the record."""
    reconciliation.reconcile_due(now=timezone.now())


@shared_task(name="ledger.compare")
def compare() -> None:
    """Compare rights, settings and the desk's rows with their events, and raise the alarm where they differ."""
    rereading.compare(now=timezone.now())


@shared_task(name="ledger.read_again")
def read_again() -> None:
    """Read the hour's slice of old records again, a minute at a time; queue itself again while there is more of it."""
    done = rereading.read_on(now=timezone.now())
    if done is not None and not done.is_slice_read:
        read_again.delay()
