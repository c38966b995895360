"""Of several witnesses that have seen another tree each is an alarm of its own, raised once and ended once."""

from __future__ import annotations

import http.client
from datetime import UTC, datetime

import pytest
from django.db import connection

from apps.ledger import notes
from apps.ledger.models import Event
from apps.ledger.standing import open_alarms
from apps.ledger.vocabulary import Action
from apps.ledger.witnesses import REFUSES, Courier, WitnessAddress, WitnessRefuses

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
WITNESSES = ("first.example/w1", "second.example/w1")


@pytest.fixture
def couriers(as_sequencer, sequencer):
    """A courier to each of two witnesses, who both say that they have seen another tree."""
    sequencer.round(now=NOW)
    return [
        Courier(
            as_sequencer(), WitnessAddress("http://127.0.0.1:1", str(notes.SigningKey.new(name).verifier)),
            send=lambda *_: (http.client.UNPROCESSABLE_ENTITY, ""),
        )
        for name in WITNESSES
    ]  # fmt: skip


def test_two_witnesses_that_refuse_are_two_alarms_each_raised_once(couriers):
    for courier in couriers * 3:
        with pytest.raises(WitnessRefuses):
            courier.carry(now=NOW)

    raised = Event.objects.filter(action=Action.LEDGER_ALARM_RAISED)
    assert sorted(event.details["witness"] for event in raised) == list(WITNESSES)
    with connection.cursor() as cursor:
        alarms = open_alarms(cursor)
    assert sorted((alarm.kind, alarm.details["witness"]) for alarm in alarms) == [(REFUSES, name) for name in WITNESSES]
    assert all(alarm.details["witness"] in alarm.sentence for alarm in alarms)
