"""Old records are read again in slices, rows compared with events; what differs raises an alarm until it does not."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from apps.ledger import records, rereading, tasks
from apps.ledger.models import Event
from apps.ledger.standing import open_alarms
from apps.ledger.vocabulary import Action
from tests.ledger.conftest import NOON

pytestmark = pytest.mark.django_db(transaction=True)
EACH = 300


@pytest.fixture
def signed(sequencer, maya, monkeypatch):
    """Some records in a signed tree, read in steps of 256."""
    monkeypatch.setattr(rereading, "CHUNK", 256)
    for number in range(EACH):
        records.record_event(Action.SIGNED_IN, who=maya, details={"number": number}, now=NOON)
        if number % 100 == 99:
            sequencer.round(now=NOON)
    return sequencer


def read_on():
    return rereading.read_on(now=timezone.now(), rest=lambda seconds: None)


def kinds():
    with connection.cursor() as cursor:
        return [alarm.kind for alarm in open_alarms(cursor)]


def test_every_record_is_read_again_slice_by_slice_and_then_from_the_first(signed):
    passes = [read_on() for _ in range(3)]

    size = passes[0].size
    assert [(one.first, one.beyond) for one in passes] == [(0, 256), (256, size), (0, 256)]
    assert [one.details["findings"] for one in Event.objects.filter(action=Action.LEDGER_READ_AGAIN)] == [0, 0, 0]
    assert kinds() == []


def test_a_record_changed_long_ago_is_found_and_named_until_it_is_as_it_was(signed, as_forger):
    query = "SELECT row_id FROM ledger_entry WHERE kind = 3 ORDER BY index OFFSET 40 LIMIT 1"
    row = as_forger.execute(query).fetchone()
    as_forger.execute("UPDATE ledger_event SET actor_label = 'Somebody else' WHERE id = %s", row)
    read_on()
    assert kinds() == ["DAMAGED"]
    alarm = Event.objects.get(action=Action.LEDGER_ALARM_RAISED)
    assert str(row[0]) in alarm.details["named"][0][2]

    as_forger.execute("UPDATE ledger_event SET actor_label = 'Maya Lindqvist' WHERE id = %s", row)
    read_on()
    assert kinds() == ["DAMAGED"], "this pass has seen it; only a clean one ends the alarm"
    read_on()
    assert kinds() == ["DAMAGED"]
    read_on()

    assert kinds() == []


def test_leaf_and_record_changed_together_are_found_where_the_slice_ends_between_two_heads(signed, as_forger):
    """The second slice stands on stored hashes; they must come to the root that was signed."""
    as_forger.execute(
        "UPDATE ledger_node SET hash = sha256('other') WHERE level = 1 AND index = 0"
    )  # fmt: skip
    read_on()

    assert kinds() == ["DAMAGED"]


def test_a_run_rests_and_stops_in_time_and_the_next_goes_on(signed, monkeypatch):
    monkeypatch.setattr(rereading, "SLICES_IN_A_PASS", 1)
    monkeypatch.setattr(rereading, "RUN_SECONDS", -1.0)
    assert (read_on().beyond, read_on().first) == (0, 0)

    monkeypatch.setattr(rereading, "RUN_SECONDS", 60.0)
    rests = []
    done = rereading.read_on(now=timezone.now(), rest=rests.append)

    assert done.is_slice_read
    assert done.is_pass_read
    assert len(rests) == 2


def test_of_two_workers_who_read_again_at_once_one_reads(signed, monkeypatch):
    monkeypatch.setattr("celery.app.task.Task.apply_async", lambda *_, **__: None)
    second_is_done, really_read, readings = threading.Event(), rereading.read_on, []

    def read_slowly(*, now):
        readings.append(now)
        second_is_done.wait(5)
        return really_read(now=now)

    monkeypatch.setattr(rereading, "read_on", read_slowly)

    def come() -> None:
        try:
            tasks.read_again()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(come)
        while not readings:
            time.sleep(0.01)
        pool.submit(come).result()
        second_is_done.set()
        first.result()

    assert len(readings) == 1
    assert Event.objects.filter(action=Action.LEDGER_READ_AGAIN).count() == 1


def test_nothing_is_read_before_anything_is_signed(db):
    assert read_on() is None
    assert not Event.objects.exists()


def test_a_right_changed_by_hand_raises_the_alarm_without_naming_anybody_and_ends_with_it(make_person, as_forger):
    maya = make_person("maya")
    rereading.compare(now=NOON)
    assert kinds() == []

    as_forger.execute("UPDATE accounts_roleassignment SET role = 'COMPLIANCE_OFFICER'")
    assert [one.code for one in rereading.compare(now=NOON + timedelta(minutes=1))] == ["ROW_CHANGED"]
    assert kinds() == ["DISAGREES"]
    assert str(maya.pk) not in str(Event.objects.get(action=Action.LEDGER_ALARM_RAISED).details)
    as_forger.execute("UPDATE accounts_roleassignment SET role = 'EMPLOYEE'")
    rereading.compare(now=NOON + timedelta(minutes=2))

    assert kinds() == []
