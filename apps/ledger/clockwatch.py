"""The sequencer's watch over the clocks: on the record at its start and every hour, an alarm where one is off."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from django.conf import settings

from apps.ledger import hosts
from apps.ledger.clocks import Compared, Others, compare
from apps.ledger.models import Event
from apps.ledger.sequencer import hour_of, record_act
from apps.ledger.standing import CLOCKS, open_alarms
from apps.ledger.vocabulary import Action

EVERY_SECONDS = 60.0
A_MOMENT = timedelta(minutes=2)


class Watch:
    """
    Compares the clocks once a minute. ``connection`` is the sequencer's own; ``others`` are the clocks outside.

    Which of the portal's hosts are off, their own processes have said (`hosts`): it only raises the alarm for them.

    What it finds is recorded when the watch begins, with each hour, when another clock is heard for the first time, and
    whenever the alarm is raised or ended.
    """

    def __init__(self, connection: psycopg.Connection[Any], others: Others) -> None:
        self._connection = connection
        self._others = others
        self._next = 0.0
        self._recorded: tuple[datetime, frozenset[str]] | None = None

    def follow(self, *, now: datetime) -> None:
        """Compare if a minute has passed: three statements, and up to two records."""
        if time.monotonic() < self._next:
            return
        with self._connection.transaction(), self._connection.cursor() as cursor:
            compared = compare(cursor, self._others)
            found = [*sentences(compared), *hosts.off(cursor)]
            is_raised = any(alarm.kind == CLOCKS for alarm in open_alarms(cursor))
            said = hour_of(now), frozenset(compared.ahead)
            if said != self._recorded or bool(found) != is_raised:
                record_act(cursor, Action.LEDGER_CLOCKS_COMPARED, compared.on_record(), now)
            if bool(found) != is_raised:
                action = Action.LEDGER_ALARM_RAISED if found else Action.LEDGER_ALARM_ENDED
                named = {"named": [["CLOCK", -1, each] for each in found]} if found else {}
                record_act(cursor, action, {"kind": CLOCKS, **named}, now)
        self._recorded, self._next = said, time.monotonic() + EVERY_SECONDS


def sentences(compared: Compared) -> list[str]:
    """Say what is amiss: clocks that are off, and a clock that nothing keeps right where the settings ask for that."""
    found = [
        f"The clock of {name} is {abs(each.seconds):,.1f} s {'ahead of' if each.seconds > 0 else 'behind'} the "
        "sequencer's."
        for name, each in compared.off(settings.CLOCK_BOUND_SECONDS)
    ]
    if settings.CLOCK_MUST_BE_SYNCHRONISED and not compared.kernel.is_synchronised:
        found.append("The kernel of the sequencer's host does not say that its clock is synchronised.")
    return found


@dataclass(frozen=True, slots=True)
class LastCompared:
    """The newest comparison on the record, and when that was."""

    at: datetime
    compared: Compared


def last_compared(*, now: datetime) -> LastCompared | None:
    """
    Read the newest comparison; None before the first. One statement, by an index.

    One from the future was recorded before a clock was set back, and is passed over.
    """
    newest = (
        Event.objects.filter(action=Action.LEDGER_CLOCKS_COMPARED, happened_at__lte=now + A_MOMENT)
        .order_by("-happened_at", "-id").first()
    )  # fmt: skip
    return LastCompared(newest.happened_at, Compared.of_record(newest.details)) if newest else None
