"""Whose line is it: lost workers, late ones, tasks delivered twice, and acts that race with the end."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from apps.batch import claiming, lines, preparing, steering, tasks
from apps.batch.exchange import LineKeeper
from apps.batch.models import Batch, Line
from apps.chat import story
from apps.chat.endings import Ending
from apps.gateway.models import Reservation
from apps.ledger.models import Event, Intent, Outcome
from apps.ledger.vocabulary import OutcomeKind
from portal.embedded import worker
from tests.fake_provider import PAUSE

pytestmark = pytest.mark.django_db(transaction=True)
WORKER = "import django; django.setup(); from apps.batch import tasks; tasks.work()"


def take(now=None, most=1):
    return claiming.take(most_at_once=most, now=now or timezone.now())


def wait_until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_worker_killed_in_the_middle_loses_no_line_and_sends_none_twice(begin, work, provider, browser):
    provider.will_answer("one")
    provider.will_answer("two, and", PAUSE, "never the end")
    batch = begin("First", "Second", "Third")
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings", "PORTCULLIS_BATCH_LINES_AT_ONCE": "1"}
    environment["PORTCULLIS_DATABASE_URL"] = _address_of_the_test_database()
    process = subprocess.Popen([sys.executable, "-c", WORKER], env=environment, start_new_session=True)
    try:
        wait_until(lambda: len(provider.received) == 2)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    assert work() == 0  # what the dead worker holds still counts: nobody else takes more than there is room for
    later = timezone.now() + claiming.LEASE
    assert claiming.give_up_lapsed(now=later) == 1
    assert claiming.give_up_lapsed(now=later) == 0
    provider.will_answer("three")
    assert work() == 1

    assert provider.received == ["First", "Second", "Third"]
    assert list(batch.lines.order_by("number").values_list("state", flat=True)) == ["ANSWERED", "UNKNOWN", "ANSWERED"]
    lost = batch.lines.get(number=2)
    assert Outcome.objects.get(intent_id=lost.intent_id).kind == "UNKNOWN"
    assert Reservation.objects.get(pk=lost.reservation_id).state == "SETTLED"
    assert lost.cost == Reservation.objects.get(pk=lost.reservation_id).cost > 0
    batch.refresh_from_db()
    assert batch.state == "FINISHED"

    provider.will_answer("two")
    browser.post(f"/batches/{batch.pk}/again/", {"which": "failed"})
    assert work() == 0  # only who asks for the unknown ones alone gets them sent again
    browser.post(f"/batches/{batch.pk}/again/", {"which": "unknown"})
    assert work() == 1
    assert provider.received[-1] == "Second"
    assert set(batch.lines.values_list("state", flat=True)) == {"ANSWERED"}


def test_a_worker_that_was_given_up_for_dead_changes_nothing_when_it_comes_back(begin):
    begin("Only")
    late = take()
    job = lines.load_job(late)
    claiming.give_up_lapsed(now=timezone.now() + 2 * claiming.LEASE)

    with pytest.raises(claiming.ClaimLost):
        lines.close_line(job, Ending(OutcomeKind.ANSWERED, "STOP", answer="late"), now=timezone.now())

    again = take()
    assert again.line_id == late.line_id
    assert again.token != late.token
    assert not claiming.keep(late, now=timezone.now())
    assert claiming.keep(again, now=timezone.now())
    assert Line.objects.get().sealed_answer == b""
    assert Intent.objects.count() == 0


@pytest.fixture
def start_the_one_worker(monkeypatch, tmp_path):
    """Start the embedded shape's worker up to the moment at which it would take tasks."""

    def start():
        monkeypatch.setattr(sys, "argv", ["worker", "--ready-file", str(tmp_path / "r"), "--schedule-file", "s"])
        monkeypatch.setattr(worker, "show_unfinished", lambda url: 0)
        monkeypatch.setattr(worker.app, "worker_main", lambda argv: None)
        monkeypatch.setattr(worker.app, "steps", defaultdict(set))
        monkeypatch.setattr(worker.signals.worker_ready, "connect", lambda **kwargs: lambda receiver: receiver)
        worker.main()

    return start


def test_the_one_worker_that_starts_waits_for_no_lease_of_the_one_before(begin, work, provider, start_the_one_worker):
    batch = begin("First", "Second")
    late = take()
    assert work() == 0

    start_the_one_worker()
    provider.always_answers("yes")

    assert work() == 2
    assert sorted(provider.received) == ["First", "Second"]
    assert set(batch.lines.values_list("state", flat=True)) == {"ANSWERED"}
    assert not claiming.keep(late, now=timezone.now())


def test_a_worker_that_lives_all_the_same_sends_nothing_for_the_line_that_was_taken_from_it(begin, provider):
    begin("Only")
    late = take()
    job = lines.load_job(late)

    assert claiming.give_up_all(now=timezone.now()) == 1
    asyncio.run(story.tell(LineKeeper(job)))

    assert provider.received == []
    assert not Reservation.objects.filter(state="HELD").exists()
    assert Line.objects.get().state == "WAITING"


def test_a_line_that_was_sent_is_paid_for_once_when_its_worker_is_given_up_at_once(begin, provider):
    begin("Only")
    provider.will_answer("never ", PAUSE, "the end")
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(_deliver)
        provider.wait_for_requests()

        assert claiming.give_up_all(now=timezone.now()) == 1
        provider.go_on()
        running.result()

    line = Line.objects.get()
    reservation = Reservation.objects.get()
    assert (line.state, line.cost) == ("UNKNOWN", reservation.cost)
    assert (reservation.state, len(provider.received)) == ("SETTLED", 1)
    assert [outcome.kind for outcome in Outcome.objects.all()] == ["UNKNOWN"]


def test_a_line_whose_worker_dies_three_times_before_sending_is_not_tried_for_ever(begin):
    batch = begin("Only")
    for _ in range(claiming.MOST_ATTEMPTS):
        assert take() is not None
        claiming.give_up_lapsed(now=timezone.now() + 2 * claiming.LEASE)

    assert take() is None
    assert Line.objects.get().reason == "KEEPS_ENDING"
    batch.refresh_from_db()
    assert batch.state == "FINISHED"


def test_tasks_delivered_twice_at_once_send_each_line_once_and_keep_to_the_room_there_is(begin, provider, settings):
    settings.BATCH_LINES_AT_ONCE = 2
    provider.always_answers("yes")
    batch = begin(*(f"Question {number}" for number in range(8)))

    threads = [threading.Thread(target=_deliver) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(provider.received) == sorted(f"Question {number}" for number in range(8))
    assert set(batch.lines.values_list("state", flat=True)) == {"ANSWERED"}
    assert Batch.objects.get().state == "FINISHED"
    assert Event.objects.filter(action="BATCH_FINISHED").count() == 1


def test_a_worker_that_comes_while_another_is_taking_the_last_room_takes_nothing(begin):
    begin("One", "Two")
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert take(most=1) is not None

            second = pool.submit(_take_in_a_thread)
            wait_until(_somebody_waits_for_a_lock)

        assert second.result() is None


def test_no_more_lines_are_taken_than_there_is_room_for_and_batches_take_turns(begin):
    first, second = begin("a1", "a2", "a3"), begin("b1", "b2", "b3")

    taken = [take(most=4) for _ in range(6)]

    assert taken[4:] == [None, None]
    assert [claim.batch_id for claim in taken[:4]] == [first.pk, second.pk, first.pk, second.pk]


def test_a_pause_that_races_with_the_last_line_leaves_a_finished_batch_and_a_cancel_stops_what_waits(begin, maya):
    now = timezone.now()
    batch = begin("Only")
    job = lines.load_job(take())
    assert steering.pause(batch, by=maya, now=now)
    lines.close_line(job, Ending(OutcomeKind.ANSWERED, "STOP", answer="yes"), now=now)
    batch.refresh_from_db()
    assert (batch.state, batch.pause_reason) == ("FINISHED", "")
    assert not steering.resume(batch, by=maya, now=now)

    other = begin("One", "Two")
    held = take()
    assert steering.cancel(other, by=maya, now=now)
    assert not claiming.keep(held, now=now)
    lines.close_line(lines.load_job(held), Ending(OutcomeKind.STOPPED, "STOPPED"), now=now)
    assert sorted(other.lines.values_list("state", flat=True)) == ["CANCELLED", "STOPPED"]
    assert take() is None


def test_texts_are_erased_when_their_days_are_over_and_drafts_after_one(begin, upload, settings, proven_time):
    batch = begin("Only")
    Batch.objects.update(state="FINISHED", closed_at=timezone.now() - timedelta(days=settings.BATCH_DAYS, hours=1))
    assert upload('{"id": 1, "prompt": "x"}').status_code == 302
    Batch.objects.filter(state="DRAFT").update(created_at=timezone.now() - preparing.DRAFT_KEPT - timedelta(hours=1))

    assert tasks.tidy() == 2

    batch.refresh_from_db()
    assert batch.erased_at
    assert not Batch.objects.filter(state="DRAFT").exists()
    assert bytes(Line.objects.get().sealed_request) == b""
    assert Event.objects.get(action="BATCH_ERASED").actor_id is None


def _deliver():
    try:
        tasks.work()
    finally:
        connections.close_all()


def _take_in_a_thread():
    try:
        return take(most=1)
    finally:
        connections.close_all()


def _somebody_waits_for_a_lock():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0] > 0


def _address_of_the_test_database():
    """Give the address under which another process reaches the database of this test run."""
    from urllib.parse import urlsplit, urlunsplit

    parts = urlsplit(os.environ["PORTCULLIS_DATABASE_URL"])
    return urlunsplit(parts._replace(path="/" + connections["default"].settings_dict["NAME"]))
