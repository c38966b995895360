"""The day's three accounts: zero where they agree, ids where one lacks what another has, and an alarm for officers."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.utils import timezone

from apps.ledger import departures, reconciliation, records
from apps.ledger.facts import Circumstances, Sent
from apps.ledger.ids import new_id
from apps.ledger.models import Event
from apps.ledger.standing import open_alarms
from apps.ledger.tasks import reconcile
from tests.ledger.conftest import NOON

TODAY = NOON.date()
TOMORROW = NOON + timedelta(days=1)


@pytest.fixture
def exchange(open_exchange, outcome_facts):
    """Record an answered exchange whose call went out, with any of the three accounts left out."""

    def make(*, is_concluded=True, is_counted=True, kind="ANSWERED", at=NOON):
        call_id = new_id()
        intent_id = open_exchange(circumstances=Circumstances(call_id=call_id), now=at)
        if is_counted:
            departures.keep([Sent(call_id, "OPENAI", at)])
        if is_concluded:
            records.conclude(intent_id, **outcome_facts(outcome=kind, now=at))
        return intent_id

    return make


def alarms() -> list[str]:
    with connection.cursor() as cursor:
        return [alarm.kind for alarm in open_alarms(cursor)]


@pytest.mark.django_db
def test_a_day_whose_accounts_agree_is_complete(exchange, open_exchange, outcome_facts, intent_facts):
    exchange()
    exchange(kind="FAILED", is_counted=False)
    records.conclude(open_exchange(), **outcome_facts())
    records.record_refusal(reason="No.", **intent_facts(circumstances=Circumstances(chosen_by="CALLER")))

    found = reconciliation.reconcile(TODAY, now=TOMORROW)

    assert found.is_complete
    assert (found.exchanges, found.outcomes, found.calls) == (4, 4, 1)
    assert Event.objects.get(action="LEDGER_RECONCILED").details["missing"] == {}
    assert alarms() == []


@pytest.mark.django_db
def test_an_exchange_without_an_outcome_is_named(exchange):
    lost = exchange(is_concluded=False)

    assert reconciliation.compare(TODAY, now=TOMORROW).ids == {"NO_OUTCOME": [str(lost)]}


@pytest.mark.django_db
def test_a_call_that_no_record_names_is_named(exchange):
    stray = Sent(new_id(), "LITELLM", NOON)
    exchange()
    departures.keep([stray, Sent(None, "OPENAI", NOON)])

    found = reconciliation.compare(TODAY, now=TOMORROW)

    assert found.missing == {"UNRECORDED": 2}
    assert str(stray.call_id) in found.ids["UNRECORDED"]


@pytest.mark.django_db
def test_an_answer_without_a_call_and_a_call_sent_twice_are_named(exchange):
    uncounted = exchange(is_counted=False)
    twice = Sent(new_id(), "OPENAI", NOON)
    exchange()
    departures.keep([twice, twice])

    found = reconciliation.compare(TODAY, now=TOMORROW)

    assert found.ids["UNCOUNTED"] == [str(uncounted)]
    assert found.ids["SENT_TWICE"] == [str(twice.call_id)]


@pytest.mark.django_db
def test_what_began_before_midnight_and_ended_after_it_is_no_finding(open_exchange, outcome_facts):
    midnight = NOON.replace(hour=0)
    before, after = midnight - timedelta(seconds=1), midnight + timedelta(seconds=1)
    call_id = new_id()
    intent_id = open_exchange(circumstances=Circumstances(call_id=call_id), now=before)
    departures.keep([Sent(call_id, "OPENAI", after)])
    records.conclude(intent_id, **outcome_facts(now=after))

    assert reconciliation.compare(TODAY, now=TOMORROW).is_complete
    assert reconciliation.compare(before.date(), now=TOMORROW).is_complete


@pytest.mark.django_db
def test_an_exchange_that_may_still_be_under_way_is_not_missed_yet(exchange):
    exchange(is_concluded=False, at=NOON)

    assert reconciliation.compare(TODAY, now=NOON + timedelta(minutes=30)).is_complete
    assert not reconciliation.compare(TODAY, now=NOON + timedelta(hours=2)).is_complete


@pytest.mark.django_db(transaction=True)
def test_an_outcome_removed_by_force_raises_the_alarm_until_it_is_put_back(exchange, as_forger, outcome_facts):
    robbed = exchange()
    exchange()
    as_forger.execute("DELETE FROM ledger_outcome WHERE intent_id = %s", [robbed])

    with pytest.raises(CommandError, match="1 are missing"):
        call_command("ledger", "reconcile", "--day", TODAY.isoformat(), stdout=(said := StringIO()))

    assert str(robbed) in said.getvalue()
    assert alarms() == ["UNRECONCILED"]
    assert [one.in_words for one in reconciliation.reconciled(since=TODAY)] == [
        ["1 without an outcome: nobody knows how they ended"]
    ]
    records.conclude(robbed, **outcome_facts(now=NOON))
    reconciliation.reconcile(TODAY, now=timezone.now())
    assert alarms() == []


@pytest.mark.django_db(transaction=True)
def test_an_intent_removed_by_force_is_found_by_its_outcome_and_its_call(exchange, as_forger):
    robbed = exchange()
    as_forger.execute("DELETE FROM ledger_intent WHERE id = %s", [robbed])

    assert set(reconciliation.compare(TODAY, now=TOMORROW).missing) == {"NO_INTENT", "UNRECORDED"}
    as_forger.execute("DELETE FROM ledger_outcome; DELETE FROM ledger_openintent; DELETE FROM ledger_searchrow")


@pytest.mark.django_db
def test_the_task_makes_up_for_nights_without_a_worker_and_compares_each_day_once(exchange):
    for back in (3, 2):
        exchange(at=timezone.now() - timedelta(days=back))
    records.record_event("PORTAL_STARTED", who=None, now=timezone.now() - timedelta(days=3))

    reconcile()
    reconcile()

    days = [event.details["day"] for event in Event.objects.filter(action="LEDGER_RECONCILED")]
    assert len(days) == len(set(days)) >= 2


@pytest.mark.django_db
def test_a_counted_call_is_never_taken_back():
    departures.keep([Sent(new_id(), "OPENAI", NOON)])

    with pytest.raises(DatabaseError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_departure")
