"""Looking after the ledger from outside its own process: the sequencer cannot say that it is dead."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from celery import shared_task
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction

from apps.ledger import alarms, clock, reconciliation, rereading
from apps.ledger.standing import UNSIGNED, standing
from apps.ledger.stored import Cursor


@shared_task(name="ledger.watch")
def watch() -> None:
    """
    Raise the alarm where records wait unsigned, and end it once they do not. Seven short statements.

    Of two at once, the second does nothing.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if _is_alone(cursor, "ledger watch"):
            now = clock.now()
            stands = standing(cursor, now=now)
            alarms.follow(UNSIGNED, is_amiss=stands.is_late, details={"waiting": stands.waiting}, now=now)


@shared_task(name="ledger.reconcile")
def reconcile() -> None:
    """
    Compare the records of each whole day with the calls that went out, once, and put the result on the record.

    Of two at once, the second does nothing.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if _is_alone(cursor, "ledger reconcile"):
            reconciliation.reconcile_due(now=clock.now())


@shared_task(name="ledger.compare")
def compare() -> None:
    """
    Compare rights, settings and the desk's rows with their events, and raise the alarm where they differ.

    Of two at once, the second does nothing.
    """
    with _alone("ledger compare") as is_alone:
        if is_alone:
            rereading.compare(now=clock.now())


@shared_task(name="ledger.read_again")
def read_again() -> None:
    """
    Read the hour's slice of old records again, a minute at a time; queue itself again while there is more of it.

    Of two at once, the second does nothing: the first queues what is left.
    """
    with _alone("ledger read_again") as is_alone:
        done = rereading.read_on(now=clock.now()) if is_alone else None
    if done is not None and not done.is_slice_read:
        read_again.delay()


@contextmanager
def _alone(work: str) -> Iterator[bool]:
    """
    Say whether nobody else does this work now, and keep others from it meanwhile.

    The lock is a transaction's on a connection of its own, which sees nothing and holds up nothing: the work has
    transactions of other kinds, and a lock of a session would be lost behind a pooler.
    """
    own = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        own.set_autocommit(False)
        with own.cursor() as cursor:
            yield _is_alone(cursor, work)
        own.rollback()
    finally:
        own.close()


def _is_alone(cursor: Cursor, work: str) -> bool:
    """Say whether nobody else does this work now, and keep others from it until the transaction ends."""
    cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [work])
    return bool(cursor.fetchone()[0])
