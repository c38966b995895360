"""What the demo makes up: plots that are not empty, every act marked and in the tree, done once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from apps.accounts import demo as people
from apps.accounts.models import User
from apps.audit.review import demo as review
from apps.audit.review import placing
from apps.audit.review.models import Decision, Item, Queue, Recheck
from apps.chat import demo as history
from apps.ledger import agreement, reconciliation, verify
from apps.ledger.models import Event, Intent, Outcome
from apps.ledger.vocabulary import Action
from portal import demo
from tests.audit.conftest import sign_in
from tests.ledger.conftest import as_sequencer, evidence, sequencer  # noqa: F401

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]


@pytest.fixture
def played(sequencer):  # noqa: F811
    """The demo company with its past, as the worker makes it up; gives the moment."""
    now = timezone.now()
    people.seed_demo(now=now)
    ended = demo.make_history(now=now)
    assert not demo.play_review(ended, now=now)
    sequencer.round(now=now)
    placing.place_next(now=now)
    assert demo.play_review(ended, now=now)
    sequencer.round(now=timezone.now())
    return now


def test_the_desk_of_the_demo_is_filled_and_everything_made_up_says_so_and_verifies(played, evidence):  # noqa: F811
    trusted = verify.Trust([evidence.signing_key(origin="").verifier])
    with connection.cursor() as cursor:
        report = verify.check(cursor, trusted, now=timezone.now())
        disagreements = list(agreement.findings(cursor))

    assert [*report.findings, *disagreements] == []
    assert all("(demo history)" in label for label in Intent.objects.values_list("model_label", flat=True))
    assert all("(demo)" in name for name in Queue.objects.values_list("name", flat=True))
    assert all(review.DEMO_TAG in tags for tags in Decision.objects.values_list("own_tags", flat=True))
    said = list(Event.objects.filter(action=Action.DEMO_SEEDED).order_by("recorded_at", "id"))
    assert [event.subject_label for event in said] == [demo.FOLLOWS, demo.ENDS, demo.WORK_FOLLOWS, demo.WORK_ENDS]
    made_up = Event.objects.filter(action__startswith="REVIEW_") | Event.objects.filter(action=Action.AUDIT_OPENED)
    assert all(said[0].recorded_at <= event.recorded_at <= said[3].recorded_at for event in made_up)
    assert Intent.objects.count() == Outcome.objects.count() > 150

    week = [reconciliation.compare((played - timedelta(days=back)).date(), now=played) for back in range(1, 8)]
    assert all(day.is_complete and day.calls == 0 for day in week)
    assert set(Outcome.objects.values_list("cost", flat=True)) == {Decimal(0)}


def test_drift_and_figures_show_plots_one_week_stands_out_and_a_second_delivery_adds_nothing(played):
    desk = sign_in(User.objects.get(username="grace.oduya"))

    drift = desk.get(reverse("review:drift")).text
    figures = desk.get(reverse("review:figures")).text

    assert "week unusual" in drift
    assert "Samir Haddad" in figures
    assert Recheck.objects.exclude(done_at=None).count() >= 10
    assert Item.objects.open().filter(claimed_by=None).exists()

    before = Event.objects.count(), Intent.objects.count()
    ended = demo.make_history(now=timezone.now())
    assert demo.play_review(ended, now=timezone.now())
    assert demo.play_review(uuid4(), now=timezone.now())
    assert (Event.objects.count(), Intent.objects.count()) == before


def test_where_officers_have_queues_of_their_own_nothing_is_made_up(sequencer):  # noqa: F811
    people.seed_demo(now=timezone.now())
    Queue.objects.create(name="Ours", severity="LOW", hours=24)

    assert demo.make_history(now=timezone.now()) is None
    assert not Intent.objects.exists()


def test_a_company_without_the_demo_s_people_has_no_past(db):
    assert demo.make_history(now=timezone.now()) is None
    assert history.seed_history(now=timezone.now()) == 0
