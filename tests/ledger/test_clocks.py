"""How clocks stand to each other: what is recorded of it, what raises the alarm, and what the officers' page says."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import gethostname

import pytest
from django.db import connection
from django.urls import reverse

from apps.chat import lifecycle
from apps.ledger import clock, clocks, hosts
from apps.ledger.clocks import DATABASE, Ahead, Kernel, Others
from apps.ledger.clockwatch import Watch, last_compared
from apps.ledger.models import Event
from apps.ledger.standing import CLOCKS, open_alarms
from apps.ledger.vocabulary import Action
from apps.ledger.witnesses import Courier, WitnessAddress
from portal import recording
from portal.celery import read_the_clock
from tests.audit.conftest import desk, officer  # noqa: F401
from tests.ledger.test_witness import Running

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


@pytest.fixture
def others() -> Others:
    return Others()


@pytest.fixture
def watch(sequencer, as_sequencer, others, monkeypatch) -> Watch:
    """The sequencer's watch, which here compares each time that it is asked."""
    monkeypatch.setattr("apps.ledger.clockwatch.EVERY_SECONDS", 0.0)
    return Watch(as_sequencer(), others)


@pytest.fixture
def witness(tmp_path: Path, evidence, sequencer) -> Iterator[Running]:
    running = Running(tmp_path / "witness", log=evidence.signing_key(origin="").verifier)
    running.start()
    yield running
    running.kill()


def now() -> datetime:
    return datetime.now(tz=UTC)


def compared() -> list[Event]:
    return list(Event.objects.filter(action=Action.LEDGER_CLOCKS_COMPARED).order_by("id"))


def alarms() -> list[str]:
    with connection.cursor() as cursor:
        return [alarm.kind for alarm in open_alarms(cursor)]


def set_this_host(monkeypatch, by: timedelta) -> None:
    """Set the clock of this process, as whoever sets its host's does."""
    really = time.time
    monkeypatch.setattr(time, "time", lambda: really() + by.total_seconds())


def test_clocks_are_on_the_record_at_the_start_and_with_every_hour(watch):
    moment = now()
    for after in (0, 1, 61):
        watch.follow(now=moment.replace(minute=30) + timedelta(minutes=after))

    assert len(compared()) == 2
    said = compared()[0].details
    assert abs(said["ahead_ms"][DATABASE]) <= said["within_ms"][DATABASE] + 1_000
    assert said["is_synchronised"] is clocks.kernel().is_synchronised
    assert alarms() == []


@pytest.mark.parametrize("by", [HOUR, -HOUR, timedelta(days=1), timedelta(seconds=6)])
def test_a_host_whose_clock_is_set_raises_the_alarm_until_it_is_right_again(watch, monkeypatch, by):
    watch.follow(now=now())

    with monkeypatch.context() as while_it_is_wrong:
        set_this_host(while_it_is_wrong, by)
        watch.follow(now=now())
        watch.follow(now=now())
    raised = alarms()
    watch.follow(now=now())

    assert (raised, alarms()) == ([CLOCKS], [])
    assert [each.details["ahead_ms"][DATABASE] for each in compared()] == [
        pytest.approx(-seconds * 1000, abs=1_000) for seconds in (0, by.total_seconds(), 0)
    ]


def test_what_is_within_the_bound_raises_nothing(watch, monkeypatch):
    set_this_host(monkeypatch, timedelta(seconds=4))

    watch.follow(now=now())

    assert alarms() == []
    assert compared()[0].details["ahead_ms"][DATABASE] == pytest.approx(-4_000, abs=1_000)


def test_where_host_and_database_are_one_a_witness_s_clock_tells_that_it_was_set(
    watch, others, sequencer, as_sequencer, witness, monkeypatch
):
    sequencer.round(now=now())
    courier = Courier(
        as_sequencer(), WitnessAddress(f"http://127.0.0.1:{witness.port}", str(witness.key)), others=others
    )
    watch.follow(now=now())

    assert courier.carry(now=now())
    watch.follow(now=now())
    set_this_host(monkeypatch, HOUR)
    watch.follow(now=now())

    names = [set(each.details["ahead_ms"]) for each in compared()]
    assert names == [{DATABASE}, {DATABASE, "witness.example/w1"}, {DATABASE, "witness.example/w1"}]
    ahead = [each.details["ahead_ms"]["witness.example/w1"] for each in compared()[1:]]
    assert ahead == [pytest.approx(0, abs=1_500), pytest.approx(-3_600_000, abs=1_500)]


def test_a_witness_that_answers_slowly_is_not_taken_for_a_wrong_clock(others, monkeypatch):
    asking, at = others.asking(), now()
    monkeypatch.setattr(clocks.time, "clock_gettime", lambda _: asking.began + 30)

    asking.heard("witness", at)
    (ahead,) = others.ahead().values()

    assert not ahead.is_off_by(5)
    assert ahead.within >= 15


@pytest.mark.parametrize(("kernel", "must", "raised"), [
    (Kernel(is_synchronised=False), False, []), (Kernel(is_synchronised=False), True, [CLOCKS]),
    (Kernel(), True, [CLOCKS]), (Kernel(is_synchronised=True, error=0.2), True, []),
])  # fmt: skip
def test_a_clock_that_nothing_synchronises_is_an_alarm_only_where_the_settings_ask(
    watch, monkeypatch, settings, kernel, must, raised
):
    settings.CLOCK_MUST_BE_SYNCHRONISED = must
    monkeypatch.setattr(clocks, "kernel", lambda: kernel)

    watch.follow(now=now())

    assert alarms() == raised
    assert compared()[0].details["is_synchronised"] is kernel.is_synchronised


def test_the_page_shows_the_newest_comparison_and_what_the_alarm_is_about(watch, desk, monkeypatch):  # noqa: F811
    before = desk.get(reverse("audit:ledger")).text
    set_this_host(monkeypatch, -HOUR)

    watch.follow(now=now())
    page = desk.get(reverse("audit:ledger")).text

    assert "Clocks are compared once the sequencer runs." in before
    assert "Clocks do not agree" in page
    assert "The clock of the database is 3,600.0 s ahead of the sequencer&#x27;s." in page
    assert "ahead</td>" in page
    assert "The kernel of its host says" in page


def test_a_comparison_from_the_future_is_not_taken_for_the_newest(watch):
    watch.follow(now=now() + timedelta(days=400))
    watch.follow(now=now())

    last = last_compared(now=now())

    assert last is not None
    assert abs(now() - last.at) < timedelta(minutes=1)


def test_what_is_recorded_is_read_back_as_it_was():
    given = clocks.Compared({DATABASE: Ahead(-1.25, 0.002)}, Kernel(is_synchronised=True, error=0.016))

    assert clocks.Compared.of_record(given.on_record()) == given


def test_a_web_process_says_at_its_start_how_its_clock_stands(monkeypatch):
    set_this_host(monkeypatch, HOUR)

    recording.started(now=now())

    (event,) = Event.objects.filter(action=Action.PORTAL_STARTED)
    assert event.details["clocks"]["ahead_ms"][DATABASE] == pytest.approx(-3_600_000, abs=1_000)


@pytest.fixture
def portal_host(monkeypatch) -> Iterator[None]:
    """A process of the portal that has said nothing of its host's clock yet; the next test's has not either."""
    monkeypatch.setattr(hosts._Said, "at", None)
    yield
    monkeypatch.undo()
    clock.read()


def sweep() -> None:
    """Do what a process of the portal does every two seconds, or before a task."""
    clock.read()
    if hosts.is_news():
        hosts.tell(now=clock.now())


@pytest.mark.parametrize(("by", "words"), [(HOUR, "ahead of"), (-HOUR, "behind"), (timedelta(seconds=7), "ahead of")])
def test_a_host_of_the_portal_whose_clock_is_off_raises_the_alarm_until_nothing_says_so_any_more(
    watch, portal_host, monkeypatch, by, words
):
    with monkeypatch.context() as while_it_is_wrong:
        set_this_host(while_it_is_wrong, by)
        sweep()
        sweep()
    watch.follow(now=now())
    with connection.cursor() as cursor:
        (alarm,) = open_alarms(cursor)
        monkeypatch.setattr(hosts, "BELIEVED_FOR", timedelta(0))
        watch.follow(now=now())
        ended = open_alarms(cursor)

    assert alarm.kind == CLOCKS
    assert alarm.named == [
        f"The clock of the portal's host {gethostname()} is {abs(by.total_seconds()):,.1f} s {words} the database's."
    ]
    assert Event.objects.filter(action=Action.PORTAL_CLOCK_OFF).count() == 1
    assert not ended


def test_what_goes_on_being_off_is_said_every_ten_minutes_and_a_right_clock_says_nothing(portal_host, monkeypatch):
    sweep()
    assert not Event.objects.filter(action=Action.PORTAL_CLOCK_OFF).exists()

    set_this_host(monkeypatch, HOUR)
    sweep()
    monkeypatch.setattr(hosts._Said, "at", hosts._Said.at - hosts.SAID_AGAIN_SECONDS)
    sweep()

    assert Event.objects.filter(action=Action.PORTAL_CLOCK_OFF).count() == 2


def test_a_web_process_tells_of_its_host_s_clock_in_its_sweep(portal_host, monkeypatch):
    set_this_host(monkeypatch, HOUR)

    lifecycle._swept([])
    lifecycle._swept([])

    (said,) = Event.objects.filter(action=Action.PORTAL_CLOCK_OFF)
    assert said.details["database_ahead_ms"] == pytest.approx(-3_600_000, abs=1_000)


def test_a_task_tells_of_its_host_s_clock(portal_host, monkeypatch):
    set_this_host(monkeypatch, -HOUR)
    monkeypatch.setattr(clock._clock, "read_at", None)

    read_the_clock()

    (said,) = Event.objects.filter(action=Action.PORTAL_CLOCK_OFF)
    assert said.details["database_ahead_ms"] == pytest.approx(3_600_000, abs=1_000)
    assert said.subject_label == gethostname()
