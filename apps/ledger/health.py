"""Whether the ledger can be written, and whether its guards stand."""

from __future__ import annotations

import logging
import threading

from django.db import Error, connection, connections, transaction
from django.utils import timezone

from apps.ledger import statements
from apps.ledger.ids import new_id
from apps.ledger.models import Departure, Event, Intent, OpenIntent, Outcome, SearchRow
from apps.ledger.vocabulary import Action, Door, OutcomeKind, Purpose

PROBE_SECONDS = 3.0
STATEMENT_MILLISECONDS = 2_000
PAYLOAD_BYTES = 1_000
WRITTEN = (Intent, Outcome, Event, OpenIntent, SearchRow)
APPEND_ONLY = (Intent, Outcome, Event, Departure)

_log = logging.getLogger(__name__)
_free_probes = threading.Semaphore(4)


def is_writable() -> bool:
    """
    Say whether a record could be written right now, on a connection of its own: an exchange from intent to outcome and
    an event, rolled back, then a commit that has to reach the disk and leaves no row.

    Answers within 3 seconds whatever the database does. A probe that hangs lives on in its thread; while four hang,
    the answer is no without another try.
    """
    if not _free_probes.acquire(blocking=False):
        return False
    answer: list[bool] = []
    probe = threading.Thread(target=_probe, args=(answer,), name="ledger-probe", daemon=True)
    probe.start()
    probe.join(PROBE_SECONDS)
    return answer == [True]


def _probe(answer: list[bool]) -> None:
    """Append whether the ledger took a record; runs in a thread of its own."""
    try:
        answer.append(_may_insert() and _takes_an_exchange() and _commits())
    except Error as error:
        code = getattr(error.__cause__, "sqlstate", None) or type(error).__name__
        _log.warning("The ledger cannot be written (database code %s).", code)
    finally:
        connections.close_all()
        _free_probes.release()


def _may_insert() -> bool:
    """Ask whether this role may insert into every table that a record needs, on a server that takes writes."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT bool_and(has_table_privilege(name, 'INSERT'))
                AND NOT pg_is_in_recovery() AND NOT current_setting('transaction_read_only')::boolean
            FROM unnest(%s::text[]) AS name
            """,
            [[model._meta.db_table for model in WRITTEN]],
        )
        return bool(cursor.fetchone()[0])


def _takes_an_exchange() -> bool:
    now = timezone.now()
    intent_id = new_id()
    intent = {
        "id": intent_id, "started_at": now, "door": Door.TASK, "purpose": Purpose.CONNECTION_TEST,
        "person_id": new_id(), "person_label": "readiness", "sealed_payload": bytes(PAYLOAD_BYTES),
    }  # fmt: skip
    outcome = {"intent_id": intent_id, "concluded_at": now, "kind": OutcomeKind.UNKNOWN}
    with transaction.atomic():
        _limit()
        statements.insert_intent(intent, {"intent_id": intent_id, "started_at": now}, {"intent_id": intent_id})
        statements.conclude(outcome, answer_text="")
        Event.objects.create(action=Action.PORTAL_READY, happened_at=now)
        transaction.set_rollback(True)
    return True


def _commits() -> bool:
    """Commit a message of no bytes in the write-ahead log: a full disk or a standby that is gone stops that."""
    with transaction.atomic(), connection.cursor() as cursor:
        _limit()
        cursor.execute(
            "SELECT set_config('synchronous_commit', 'on', true), pg_logical_emit_message(true, 'readiness', '')"
        )
    return True


def _limit() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('statement_timeout', %s, true), set_config('lock_timeout', %s, true)",
            [str(STATEMENT_MILLISECONDS)] * 2,
        )


def is_guarded() -> bool:
    """
    Say whether the records are append-only for this role: no right to change them, and every trigger in place.

    One query. Can be false in a database that was restored without its triggers or migrated by hand.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT bool_and(
                NOT has_table_privilege(name, 'UPDATE') AND NOT has_table_privilege(name, 'DELETE')
                AND NOT has_table_privilege(name, 'TRUNCATE')
                AND EXISTS (
                    SELECT FROM pg_trigger
                    WHERE tgrelid = name::regclass AND tgname = name || '_is_append_only' AND tgenabled IN ('O', 'A')
                )
            ) FROM unnest(%s::text[]) AS name
            """,
            [[model._meta.db_table for model in APPEND_ONLY]],
        )
        return bool(cursor.fetchone()[0])
