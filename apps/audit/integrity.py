"""Whether the record itself can be believed: how the ledger stands, a check on demand, the proof of one exchange."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from apps.accounts.actors import who
from apps.accounts.models import User
from apps.audit.exchange import NoSuchExchange
from apps.audit.looks import EXCHANGE, role_at_the_desk
from apps.audit.scope import exchanges_for, outcomes_for
from apps.ledger import agreement, alarms, proofs, registers, stored, verify
from apps.ledger.clockwatch import LastCompared, last_compared
from apps.ledger.notes import VerifierKey
from apps.ledger.reconciliation import DAYS_SHOWN, Reconciled, reconciled
from apps.ledger.records import record_event
from apps.ledger.standing import Standing, standing
from apps.ledger.vocabulary import Action

CHECKED_AT_ONCE = 20_000
LEDGER = "ledger"
QUESTION, OUTCOME = "question", "outcome"


@dataclass(frozen=True, slots=True)
class Integrity:
    """What the page shows: how the ledger stands, its key, how each day's accounts compare, how clocks stand."""

    standing: Standing
    key: str
    days: list[Reconciled]
    clocks: LastCompared | None


def now_standing(now: datetime) -> Integrity:
    """Read how the ledger stands. Seven statements."""
    with connection.cursor() as cursor:
        stands = standing(cursor, now=now)
    return Integrity(
        stands, key_in_force(), reconciled(since=now.date() - timedelta(days=DAYS_SHOWN)), last_compared(now=now)
    )


def check(officer: User, *, now: datetime) -> verify.Report:
    """
    Check the newest 20,000 records against the signed tree, and every right, setting and row of the desk against its
    events; put on the record that it was checked and how it ended.

    About a second. The key is the one that the ledger introduced itself: an outsider's check brings its own.

    :raises apps.ledger.records.LedgerUnavailable: if that cannot be recorded.
    """
    with connection.cursor() as cursor:
        size = stored.size_of(cursor)
        keys = verify.key_in_the_database(cursor)
        report = verify.check(cursor, verify.Trust(keys), span=(max(0, size - CHECKED_AT_ONCE), size), now=now)
        with agreement.at_one_moment(cursor):
            report.extend(registers.disagreements(cursor))
    details = {"first": report.span[0], "beyond": report.span[1], "findings": report.found}
    record_event(Action.LEDGER_CHECKED, who=who(officer), subject_kind=LEDGER, details=details, now=now)
    return report


def acknowledge(officer: User, *, kind: str, since: str, reason: str, now: datetime) -> None:
    """
    Put on the record that an officer knows of an alarm, and what they do about it. It stays until it ends.

    :raises apps.ledger.alarms.NoSuchAlarm: if it has ended.
    """
    alarms.acknowledge(kind, since=since, reason=reason, by=who(officer), now=now)


def proof(officer: User, exchange_id: UUID, part: str, *, now: datetime) -> proofs.Proof:
    """
    Prove the question's record of an exchange, or its outcome's, and record that the proof was taken.

    :raises NoSuchExchange: if there is no such exchange, it is the officer's own, or it has no such part yet.
    :raises apps.ledger.proofs.NotYetSigned: if it is not in a signed tree yet.
    :raises apps.ledger.proofs.DoesNotFit: if it is not what was signed.
    """
    row_id = _record_of(officer, exchange_id, part)
    if row_id is None:
        raise NoSuchExchange
    with connection.cursor() as cursor:
        made = proofs.prove(cursor, row_id)
    record_event(
        Action.LEDGER_PROOF_TAKEN, who=who(officer), subject_kind=EXCHANGE, subject_id=str(exchange_id),
        details={"part": part, "place": made.index, "role": role_at_the_desk(officer)}, now=now,
    )  # fmt: skip
    return made


def _record_of(officer: User, exchange_id: UUID, part: str) -> UUID | None:
    if part == QUESTION:
        return exchanges_for(officer).filter(pk=exchange_id).values_list("id", flat=True).first()
    return outcomes_for(officer).filter(intent_id=exchange_id).values_list("id", flat=True).first()


def key_in_force() -> str:
    """Return the verifier key in force: the newest that a change introduced, or the first one. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(details->>'new', details->>'key') FROM ledger_event WHERE action IN (%s, %s) "
            "ORDER BY happened_at DESC, id DESC LIMIT 1",
            [Action.LEDGER_KEY_ROTATED, Action.LEDGER_KEY_INTRODUCED],
        )
        row = cursor.fetchone()
    return str(VerifierKey.parse(row[0])) if row and row[0] else ""
