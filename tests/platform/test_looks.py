"""What the embedded shape's timetable only looks at is done in the worker's process, once for each time it is due."""

from __future__ import annotations

import inspect
import threading
import time
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from celery import shared_task
from celery.beat import PersistentScheduler
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.gateway import budgets
from apps.gateway.models import Reservation
from apps.gateway.prices import Price
from apps.ledger import clock
from portal.celery import app
from portal.embedded import looks
from portal.embedded.looks import LOOKS, Timetable

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def known_tasks() -> None:
    app.loader.import_default_modules()


@pytest.fixture
def timetable(tmp_path: Path, monkeypatch):
    """A timetable whose every message to the broker fails."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("A look was queued.")

    monkeypatch.setattr(app, "send_task", refuse)
    made = Timetable(app=app, schedule_filename=str(tmp_path / "schedule"), lazy=True)
    yield made
    made._looking.shutdown()
    if made._store is not None:
        made._store.close()


def due(name: str) -> SimpleNamespace:
    return SimpleNamespace(name=name, task=name, args=(), kwargs={}, options={})


def look(timetable: Timetable, name: str) -> None:
    timetable.apply_async(due(name), advance=False)
    timetable._looking.submit(lambda: None).result(timeout=30)


def test_the_timetable_is_gone_through_when_something_is_due_though_celery_comes_every_second(
    timetable: Timetable, monkeypatch
):
    gone_through, now = [], [100.0]
    monkeypatch.setattr(looks.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(PersistentScheduler, "tick", lambda *_: gone_through.append(now[0]) or 2.5)
    timetable.max_interval = 1

    rests = []
    for _ in range(6):
        rests.append(timetable.tick())
        now[0] += rests[-1]

    assert rests == [1, 1, 0.5] * 2
    assert gone_through == [100.0, 102.5]


def test_a_look_takes_no_values_and_is_on_the_timetable():
    on_it = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert on_it >= LOOKS
    assert not [name for name in LOOKS if inspect.signature(app.tasks[name].run).parameters]


def test_a_look_does_what_the_task_does_without_the_broker(timetable, make_team, make_person, make_model):
    sales = make_team("Sales")
    maya, model = make_person("maya", teams=("Sales",)), make_model(sales, price="1")
    long_ago = timezone.now() - timedelta(seconds=settings.RESERVATION_SECONDS + 60)
    price = Price(Decimal(1), Decimal(1), "USD")
    budgets.reserve(person=maya, team=sales, model=model, price=price, amount=Decimal(1), now=long_ago)

    look(timetable, "gateway.sweep_reservations")

    assert Reservation.objects.get().state == "RELEASED"


def test_what_is_no_look_is_queued(timetable):
    with pytest.raises(Exception, match="A look was queued"):
        timetable.apply_async(due("rag.refresh_findings"), advance=False)


def test_a_look_that_waits_for_its_turn_is_not_due_twice_and_one_that_fails_ends_nothing(timetable, monkeypatch):
    seen: list[str] = []

    @shared_task(name="test.look")
    def count() -> None:
        seen.append("looked")
        if len(seen) == 1:
            raise KeyError

    monkeypatch.setattr(looks, "LOOKS", {"test.look"})
    free = threading.Event()
    timetable._looking.submit(free.wait)

    for _ in range(3):
        timetable.apply_async(due("test.look"), advance=False)
    free.set()
    timetable._looking.submit(lambda: None).result(timeout=30)
    look(timetable, "test.look")

    assert seen == ["looked"] * 2
    app.tasks.unregister("test.look")


@pytest.mark.parametrize("name", ["batch.go_on", "gateway.sweep_reservations", "overview.count", "stream.wake"])
def test_a_look_that_comes_often_asks_one_statement_where_nothing_is_to_be_done(name):
    app.tasks["overview.count"].apply(throw=True)
    clock.read()

    with CaptureQueriesContext(connection) as asked:
        app.tasks[name].apply(throw=True)

    assert len(asked) == 1


def test_the_looks_keep_their_connection_until_one_fails_or_a_minute_is_over(timetable, monkeypatch):
    backends: list[int] = []

    @shared_task(name="test.look")
    def note() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            backends.append(cursor.fetchone()[0])
        if len(backends) == 3:
            raise KeyError

    closed, now = [], [100.0]
    monkeypatch.setattr(looks, "LOOKS", {"test.look"})
    monkeypatch.setattr(looks.connections, "close_all", lambda: closed.append(len(backends)))
    monkeypatch.setattr(looks.time, "monotonic", lambda: now[0])

    for seconds in (0, 10, 10, 10, 60, 10):
        now[0] += seconds
        look(timetable, "test.look")

    assert closed == [1, 3, 5]
    assert len(set(backends)) == 1
    app.tasks.unregister("test.look")


def test_the_timetable_is_compared_with_itself_once(timetable: Timetable) -> None:
    timetable.setup_schedule()
    timetable.tick()
    heap = timetable._heap
    timetable.tick()

    assert heap
    assert timetable._heap is heap


def test_the_timetable_does_not_go_round_and_round_until_something_is_due(timetable: Timetable, monkeypatch) -> None:
    rounds: list[float] = []
    whole_tick = PersistentScheduler.tick

    def counted(*given: Any) -> float:
        rounds.append(whole_tick(*given))
        return rounds[-1]

    monkeypatch.setattr(PersistentScheduler, "tick", counted)
    monkeypatch.setattr(timetable, "apply_entry", lambda entry, producer=None: None)
    timetable.setup_schedule()
    timetable.update_from_dict({"soon": {"task": "stream.wake", "schedule": 0.5}})
    timetable.__dict__["producer"] = None
    until = time.monotonic() + 1.6
    while time.monotonic() < until:
        time.sleep(timetable.tick())

    assert 3 <= len(rounds) < 15
