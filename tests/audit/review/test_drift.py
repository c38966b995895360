"""Capacity and drift: who keeps up, and which week is not as usual; nothing about the reader, and by a stated rule."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import Role
from apps.audit.review import capacity, drift, figures, weeks
from apps.audit.review.models import DayOfQueue, Decision, Item
from apps.audit.review.vocabulary import Step, Tag
from apps.ledger.facts import Who
from apps.ledger.ids import new_id
from apps.ledger.models import Event
from tests.audit.conftest import sign_in


@pytest.fixture
def decide():
    """Write decisions of one week, so many weeks ago, on one item."""

    def write(item, number, *, ago, by, false_positives=0, seconds=60):
        today = timezone.localdate()
        monday = today - timedelta(days=today.weekday(), weeks=ago)
        noon = datetime.combine(monday, time(12), tzinfo=timezone.get_default_timezone())
        Decision.objects.bulk_create(
            Decision(
                id=new_id(), item=item, queue_id=item.queue_id, step=Step.CLOSED, level=1, event_id=new_id(),
                tag=Tag.FALSE_POSITIVE if place < false_positives else Tag.COMPLIANT, officer_id=by.pk,
                officer_label=by.name, seconds=seconds + place % 3 - 1, decided_at=noon + timedelta(seconds=place),
            )
            for place in range(number)
        )  # fmt: skip
        return monday

    return write


def read(actor, queue):
    found = weeks.of(actor, now=timezone.now())
    return found, found.of_queues[queue]


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(8, 10, 0.4902, 0.9433), (0, 20, 0.0, 0.1611), (20, 20, 0.8389, 1.0), (50, 100, 0.4038, 0.5962)],
)
def test_the_interval_is_that_of_wilson(part, whole, low, high):
    assert drift.wilson(part, whole) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("part", "whole", "before", "is_unusual"),
    [
        (10, 40, (80, 320), False),  # a quarter, as before
        (25, 40, (80, 320), True),
        (0, 40, (80, 320), True),
        (15, 19, (80, 320), False),  # too few to tell
        (25, 40, (5, 19), False),  # nothing to compare with
    ],
)
def test_a_week_is_unusual_where_what_was_usual_lies_outside_its_interval(part, whole, before, is_unusual):
    assert drift.is_unusual(part, whole, before=before) is is_unusual


@pytest.mark.parametrize(
    ("total", "arrivals", "decisions", "hours", "overdue", "left"),
    [
        (10, 70.0, 70.0, 168, 0, None),  # it does not grow
        (10, 80.0, 70.0, 168, 0, 6.0),  # 70 may wait, 60 more come, ten a week
        (10, 80.0, 70.0, 168, 1, 0.0),  # something is late already
        (71, 70.0, 70.0, 168, 0, 0.0),  # the last in line waits too long
        (0, 0.0, 0.0, 24, 0, None),  # nothing comes
        (0, 5.0, 0.0, 24, 0, 0.0),  # nobody decides
        (1, 0.0, 0.0, 24, 0, 0.0),
    ],
)
def test_a_queue_is_overrun_when_the_last_in_line_waits_too_long(total, arrivals, decisions, hours, overdue, left):
    assert capacity.weeks_left(total, arrivals, decisions, hours=hours, overdue=overdue) == left


@pytest.mark.django_db(transaction=True)
def test_weeks_hold_what_was_decided_how_long_it_took_and_mark_the_one_that_is_not_as_usual(
    officer, second_officer, make_item, decide
):
    item = make_item()
    for ago in range(2, 12):
        decide(item, 30, ago=ago, by=officer, false_positives=3)
    odd = decide(item, 30, ago=1, by=officer, false_positives=20, seconds=200)

    found, of_queue = read(second_officer, item.queue_id)

    assert len(found.mondays) == weeks.SHOWN + weeks.COMPARED
    assert (of_queue[odd].closed, of_queue[odd].false_positives, of_queue[odd].seconds) == (30, 20, 200)
    assert of_queue[odd - timedelta(weeks=3)].seconds == 60
    shares, times = drift.of(found.of_officers[officer.pk], found.mondays, measures=["false_positives"])
    assert [point.monday for point in shares.points if point.is_marked] == [odd]
    assert [point.monday for point in times.points if point.is_marked] == [odd]
    assert len(shares.points) == weeks.SHOWN


@pytest.mark.django_db(transaction=True)
def test_nobody_s_figures_hold_what_is_about_themselves(officer, second_officer, make_item, decide):
    item = make_item(who=Who(second_officer.pk, second_officer.name))
    monday = decide(item, 25, ago=1, by=officer)

    assert read(second_officer, item.queue_id)[1][monday].closed == 0
    assert read(officer, item.queue_id)[1][monday].closed == 25


@pytest.mark.django_db(transaction=True)
def test_capacity_is_counted_over_four_whole_weeks(officer, make_item, decide):
    item = make_item(now=timezone.now())
    for ago in range(0, 6):
        monday = decide(item, 8, ago=ago, by=officer, seconds=1800)
        DayOfQueue.objects.update_or_create(queue=item.queue, day=monday, defaults={"seen": 40, "placed": 12})
    (waiting,) = figures.waiting(officer, now=timezone.now())

    found, of_queue = read(officer, item.queue_id)
    stands = capacity.of(waiting, of_queue, found.mondays)

    assert (stands.arrivals, stands.decisions, stands.seconds) == (12.0, 8.0, 1800)
    assert stands.hours_a_week == 6.0
    assert stands.hours == Item.objects.open().count() * 0.5


@pytest.mark.django_db(transaction=True)
def test_the_desk_reads_the_page_on_the_record_and_nobody_else_does(officer, make_person, make_item, decide):
    item = make_item()
    for ago in range(1, 10):
        decide(item, 30, ago=ago, by=officer, false_positives=25 if ago == 1 else 3)

    page = sign_in(officer).get("/audit/review/drift")

    assert page.status_code == 200
    assert "1 week unusual" in page.content.decode()
    assert officer.name in page.content.decode()
    assert Event.objects.filter(action="REVIEW_LOOKED", details__page="drift").count() == 1
    assert sign_in(make_person("ruth", roles=(Role.AUDITOR,))).get("/audit/review/drift").status_code == 200
    assert sign_in(make_person("ed")).get("/audit/review/drift").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_nothing_is_forecast_of_a_queue_of_today(officer, make_item):
    make_item(now=timezone.now())

    page = sign_in(officer).get("/audit/review/drift").content.decode()

    assert "too soon to say" in page
    assert ">now<" not in page
