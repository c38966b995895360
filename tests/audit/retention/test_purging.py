"""What is past its time goes, under a certificate; everything else stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from apps.audit.retention import purging
from apps.audit.retention.models import Purge, ScheduleVersion
from apps.ledger.models import Event, Intent, SearchRow
from apps.ledger.vocabulary import Action
from apps.privacy import destruction
from apps.privacy.hold_models import AwaitedDestruction
from apps.privacy.holds import Scope, digest_of
from tests.audit.retention.conftest import NOW, disagreements, is_readable, purge

pytestmark = pytest.mark.django_db


def test_nothing_is_purged_before_a_schedule_is_in_force(aged):
    old = aged(5_000)

    purge()

    assert is_readable(old)


def test_what_is_past_its_time_cannot_be_read_any_more_and_the_rest_can(aged, keep_for):
    keep_for(365)
    old, young = aged(366), aged(364)

    purge()

    assert (is_readable(old), is_readable(young)) == (False, True)
    assert set(SearchRow.objects.values_list("conversation_id", flat=True)) == {young}
    assert Intent.objects.count() == 2


def test_a_purge_leaves_a_certificate_that_says_what_under_which_schedule(aged, keep_for):
    keep_for(200)
    old = [aged(300), aged(301)]

    purge()

    (certificate,) = Event.objects.filter(action=Action.PURGE_CERTIFIED)
    said = certificate.details
    assert (said["version"], said["days"], said["count"], said["exchanges"]) == (1, 200, 2, 2)
    assert sorted(said["keys"]) == sorted(key.hex for key in old)
    assert said["digest"] == digest_of(old)
    assert disagreements() == []


def test_a_team_is_purged_by_its_own_schedule(aged, keep_for, make_person, make_team):
    keep_for(200)
    keep_for(1_000, make_team("Legal"))
    tom = make_person("tom", teams=("Legal",))
    sales, legal = aged(300), aged(300, by=tom)

    purge()

    assert (is_readable(sales), is_readable(legal)) == (False, True)


def test_a_conversation_that_goes_on_is_kept_whole(aged, keep_for):
    keep_for(200)
    key = aged(300)
    aged(10, conversation_id=key)

    purge()

    assert is_readable(key)
    assert SearchRow.objects.count() == 2


def test_it_is_purged_once_its_last_exchange_is_past_its_time(aged, keep_for):
    keep_for(200)
    key = aged(300)
    aged(10, conversation_id=key)
    purge()

    purge(now=NOW + timedelta(days=191))

    assert not is_readable(key)


def test_a_shorter_schedule_reaches_what_an_earlier_purge_had_passed(aged, keep_for):
    keep_for(365)
    old, younger = aged(400), aged(250)
    purge()

    keep_for(200)
    purge()

    assert not is_readable(old)
    assert not is_readable(younger)


def test_what_a_hold_covers_waits_and_goes_once_it_is_lifted(aged, keep_for, hold, maya, officer):
    keep_for(200)
    key = aged(300)
    placed = hold(Scope("Maya", person_id=maya.pk))
    purge()
    assert is_readable(key)
    assert AwaitedDestruction.objects.filter(pk=key).exists()

    from apps.accounts.actors import who
    from apps.privacy import holds

    holds.lift(placed.pk, reason="Settled out of court.", by=who(officer), consent="Samir", now=NOW)
    purge(now=NOW + timedelta(days=1))

    assert not is_readable(key)
    assert disagreements() == []


def test_a_longer_schedule_counts_for_what_was_held_meanwhile(aged, keep_for, hold, maya, officer):
    keep_for(200)
    key = aged(300)
    placed = hold(Scope("Maya", person_id=maya.pk))
    purge()

    from apps.accounts.actors import who
    from apps.privacy import holds

    keep_for(500)
    holds.lift(placed.pk, reason="Settled out of court.", by=who(officer), consent="Samir", now=NOW)
    purge(now=NOW + timedelta(days=1))
    assert is_readable(key)

    purge(now=NOW + timedelta(days=201))
    assert not is_readable(key)


def test_a_step_that_breaks_destroys_nothing_and_the_next_one_does(aged, keep_for, monkeypatch):
    keep_for(200)
    key = aged(300)
    one = purging.begin(now=NOW)

    def broken(*args, **kwargs):
        raise DatabaseError

    with monkeypatch.context() as broken_copy:
        broken_copy.setattr("apps.privacy.erasure.forget", broken)
        with pytest.raises(DatabaseError), transaction.atomic():
            purging.step(one.pk, now=NOW)
    assert is_readable(key)
    assert not Event.objects.filter(action=Action.PURGE_CERTIFIED).exists()

    purge()
    assert not is_readable(key)


def test_a_purge_goes_on_where_the_last_step_ended(aged, keep_for, monkeypatch):
    monkeypatch.setattr(purging, "EXCHANGES_AT_ONCE", 2)
    keep_for(200)
    keys = [aged(300 + number) for number in range(5)]
    one = purging.begin(now=NOW)

    steps = 0
    while purging.step(one.pk, now=NOW):
        steps += 1

    one.refresh_from_db()
    assert (steps, one.keys, one.certificates, one.state) == (3, 5, 3, Purge.State.FINISHED)
    assert not any(is_readable(key) for key in keys)


def test_a_paused_purge_destroys_nothing_until_somebody_resumes_it(aged, keep_for, officer):
    keep_for(200)
    key = aged(300)
    purging.pause(by=officer, now=NOW)

    assert purging.begin_if_due(now=NOW + timedelta(days=3)) is None
    assert not purging.step(Purge.objects.get().pk, now=NOW)
    assert is_readable(key)

    purging.resume(by=officer, now=NOW)
    purge()
    assert not is_readable(key)
    acts = Event.objects.filter(action__startswith="PURGE_").order_by("id").values_list("action", flat=True)
    assert list(acts) == ["PURGE_PAUSED", "PURGE_RESUMED", "PURGE_CERTIFIED"]


def test_it_begins_once_a_day(db):
    first = purging.begin_if_due(now=NOW)
    purging.step(first.pk, now=NOW)

    assert purging.begin_if_due(now=NOW + timedelta(hours=19)) is None
    assert purging.begin_if_due(now=NOW + timedelta(hours=24)) != first


@pytest.mark.parametrize("days", [0, 1, 182, 36_501])
def test_the_database_itself_refuses_fewer_than_183_days(keep_for, days):
    with pytest.raises(DatabaseError), transaction.atomic():
        keep_for(days)

    assert not ScheduleVersion.objects.exists()


def test_the_history_of_schedules_cannot_be_changed(keep_for):
    keep_for(183)

    with pytest.raises(DatabaseError), transaction.atomic():
        ScheduleVersion.objects.update(days=400)


def test_a_destroyed_key_does_not_come_back_and_its_row_stays(aged):
    from apps.privacy.models import DataKey

    key = aged(1)
    destruction.destroy_one(key)

    with pytest.raises(DatabaseError), transaction.atomic():
        DataKey.objects.filter(pk=key).update(destroyed_at=None, wrapped_key=b"another")
    with pytest.raises(DatabaseError), transaction.atomic():
        DataKey.objects.filter(pk=key).delete()
