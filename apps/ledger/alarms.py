"""Alarms of what is looked after outside the sequencer: raised, acknowledged by an officer, ended, on the record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import connection, transaction

from apps.ledger.facts import Json, Who
from apps.ledger.records import record_event
from apps.ledger.standing import INCIDENTS, open_alarms, stamp
from apps.ledger.vocabulary import Action

SUBJECT = "ledger"


class NoSuchAlarm(Exception):
    """The alarm has ended, or was raised anew since."""

    sentence = "This alarm has ended or was raised anew meanwhile. Reload the page to see how the ledger stands."


def follow(kind: str, *, is_amiss: bool, details: Mapping[str, Json], now: datetime) -> None:
    """Raise an alarm where something is amiss and it is not raised, end it where nothing is and it is."""
    if is_amiss == is_raised(kind):
        return
    action = Action.LEDGER_ALARM_RAISED if is_amiss else Action.LEDGER_ALARM_ENDED
    record_event(action, who=None, subject_kind=SUBJECT, details={"kind": kind, **details}, now=now)


def is_raised(kind: str) -> bool:
    """Say whether an alarm is open. One or two statements."""
    with connection.cursor() as cursor:
        return any(alarm.kind == kind for alarm in open_alarms(cursor))


def acknowledge(kind: str, *, since: str, reason: str, by: Who, now: datetime) -> None:
    """
    Put on the record that an officer knows of an alarm, and what they do about it. It stays until it ends.

    What happened once and cannot be undone ends so; see `standing.INCIDENTS`.

    :raises NoSuchAlarm: if no such alarm is open that was raised at `since`.
    """
    with connection.cursor() as cursor:
        known = {(alarm.kind, stamp(alarm.since)) for alarm in open_alarms(cursor)}
    if (kind, since) not in known:
        raise NoSuchAlarm
    details: dict[str, Json] = {"kind": kind, "since": since, "reason": reason}
    with transaction.atomic():
        record_event(Action.LEDGER_ALARM_ACKNOWLEDGED, who=by, subject_kind=SUBJECT, details=details, now=now)
        if kind in INCIDENTS:
            ended: dict[str, Json] = {"kind": kind, "since": since}
            record_event(Action.LEDGER_ALARM_ENDED, who=by, subject_kind=SUBJECT, details=ended, now=now)
