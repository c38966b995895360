"""Clocks that are set, and clocks that differ: nobody who lives is given up, nothing is destroyed before its time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from apps.audit.retention import tasks as retention_tasks
from apps.audit.retention.models import Purge
from apps.batch import tasks as batch_tasks
from apps.chat import abandoned
from apps.gateway import tasks as gateway_tasks
from apps.gateway.leases import LEASE
from apps.ledger import clock, records
from apps.ledger.models import Event, OpenIntent, Outcome
from apps.ledger.running import LONGEST_LAG_SECONDS, ROUND_SECONDS, rest_after
from apps.ledger.sequencer import BATCH, Round
from apps.ledger.standing import open_alarms, standing
from apps.ledger.vocabulary import Action
from tests.ledger.conftest import NOON

pytestmark = pytest.mark.django_db(transaction=True)
JUMPS = [timedelta(minutes=5), timedelta(days=1), timedelta(days=365)]


@pytest.fixture(autouse=True)
def _no_clock_of_another_test() -> Iterator[None]:
    clock._clock.read_at, clock._clock.unsteady_until = None, 0.0
    yield
    clock._clock.read_at, clock._clock.unsteady_until = None, 0.0


def set_database_clock(by: timedelta) -> datetime:
    """Do as a reading does after the database's clock was set; what follows it as time goes by is real."""
    clock.read()
    moment = time.monotonic()
    clock._clock.take(clock.now() + by, began=moment, ended=moment)
    return clock.now()


def a_while_later() -> None:
    clock._clock.unsteady_until = 0.0


def leased(open_exchange, until: datetime):
    intent_id = open_exchange(now=timezone.now(), lease_until=until, turn_id=None)
    OpenIntent.objects.filter(pk=intent_id).update(reservation_id=None)
    return intent_id


@pytest.mark.parametrize("by", [*JUMPS, *(-jump for jump in JUMPS)])
def test_whoever_lives_when_the_database_s_clock_is_set_is_not_given_up(open_exchange, by):
    leased(open_exchange, timezone.now() + LEASE)

    now = set_database_clock(by)
    assert abandoned.conclude_forgotten(now=now) == 0
    assert abandoned.close_abandoned(now=now) == []
    OpenIntent.objects.update(lease_until=now + LEASE)  # its process renews it within ten seconds
    a_while_later()

    assert abandoned.conclude_forgotten(now=clock.now()) == 0
    assert not Outcome.objects.exists()


@pytest.mark.parametrize("by", [*JUMPS, *(-jump for jump in JUMPS)])
def test_whoever_died_before_the_clock_was_set_is_given_up_all_the_same(open_exchange, by):
    leased(open_exchange, timezone.now() + LEASE)

    set_database_clock(by)
    a_while_later()

    assert abandoned.conclude_forgotten(now=clock.now()) == 1


@pytest.mark.parametrize("by", [*JUMPS, *(-jump for jump in JUMPS)])
def test_a_host_whose_clock_is_wrong_gives_leases_by_the_database_s(monkeypatch, by):
    clock.read()
    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime.now(tz=NOON.tzinfo) + by)

    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        assert abs(cursor.fetchone()[0] - clock.now()) < timedelta(seconds=1)
    assert clock.is_steady()


@pytest.mark.parametrize("before_its_end", [0, 9])
def test_a_slow_database_is_not_taken_for_a_clock_that_was_set(before_its_end):
    clock.read()
    moment = time.monotonic()

    clock._clock.take(clock.now() - timedelta(seconds=before_its_end), began=moment - 10, ended=moment)

    assert clock.is_steady()


def test_what_destroys_for_good_waits_until_the_ledger_shows_that_the_time_has_lasted(monkeypatch, proven_time):
    monkeypatch.setattr("celery.app.task.Task.apply_async", lambda *_, **__: None)
    assert clock.is_proven(clock.now())
    for jump in JUMPS[1:]:
        set_database_clock(jump)
        assert retention_tasks.purge() == 0
        assert batch_tasks.tidy() == 0
        assert gateway_tasks.forget_hours() == 0
        assert gateway_tasks.sweep_reservations() == 0
    assert not Purge.objects.exists()

    clock._clock.read_at = None

    retention_tasks.purge()
    assert Purge.objects.exists()


def closed_hours() -> list[str]:
    closed = Event.objects.filter(action=Action.LEDGER_HOUR_CLOSED)
    return sorted(event.details["until"] for event in closed)


@pytest.mark.parametrize("jump", JUMPS)
def test_a_clock_set_ahead_and_back_leaves_every_hour_closed_and_the_tree_whole(sequencer, maya, jump):
    hours = [NOON, NOON + timedelta(hours=1), NOON + jump + timedelta(hours=2), NOON + timedelta(hours=2)]
    for now in [*hours, NOON + timedelta(hours=3)]:
        records.record_event(Action.SIGNED_IN, who=maya, now=now)
        for _ in range(3):
            sequencer.round(now=now)

    assert {(NOON + timedelta(hours=hour)).isoformat() for hour in range(4)} <= set(closed_hours())
    with connection.cursor() as cursor:
        stands = standing(cursor, now=NOON + timedelta(hours=3))
    assert (stands.state, stands.waiting) == ("signed", 0)


def test_a_head_from_the_future_shows_nobody_that_signs_today(sequencer, maya):
    records.record_event(Action.SIGNED_IN, who=maya, now=NOON)
    sequencer.round(now=NOON + timedelta(days=365))

    with connection.cursor() as cursor:
        assert standing(cursor, now=NOON).is_late


def test_an_alarm_that_ended_after_the_clock_was_set_back_has_ended(sequencer):
    def told(action: Action, now: datetime) -> None:
        records.record_event(action, who=None, subject_kind="ledger", details={"kind": "FORK"}, now=now)
        sequencer.round(now=now)

    told(Action.LEDGER_ALARM_RAISED, NOON + timedelta(days=365))
    told(Action.LEDGER_ALARM_ENDED, NOON)

    with connection.cursor() as cursor:
        assert open_alarms(cursor) == ()
    records.record_event(Action.LEDGER_ALARM_RAISED, who=None, details={"kind": "FORK"}, now=NOON - timedelta(days=365))
    with connection.cursor() as cursor:
        assert [alarm.kind for alarm in open_alarms(cursor)] == ["FORK"]


def test_the_sequencer_lets_writers_come_first_until_a_record_has_waited_for_half_a_minute():
    full, idle = Round(BATCH, None, waited=3.0), Round(1, None, waited=0.2)

    assert rest_after(full, took=1.5) == 1.5
    assert rest_after(Round(BATCH, None, waited=LONGEST_LAG_SECONDS), took=1.5) == 0
    assert rest_after(idle, took=0.01) == ROUND_SECONDS
    assert rest_after(None, took=0.01) == ROUND_SECONDS
