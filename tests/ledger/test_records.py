"""Intents, outcomes and events: written once, whole, and before anything happens."""

from datetime import timedelta
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.db import connection, transaction

from apps.ledger import open_exchanges, records, statements
from apps.ledger.ids import new_id
from apps.ledger.models import Event, Intent, OpenIntent, Outcome, SearchRow
from apps.ledger.vocabulary import Action, OutcomeKind
from tests.ledger.conftest import NOON

pytestmark = pytest.mark.django_db


def test_an_intent_holds_what_is_about_to_leave(open_exchange, maya):
    intent_id = open_exchange()

    intent = Intent.objects.get(pk=intent_id)
    assert (intent.person_id, intent.person_label, intent.team_label) == (maya.id, "Maya Lindqvist", "Sales")
    assert bytes(intent.sealed_payload) == b"sealed question"
    assert intent.masked == [
        {"type": "PERSON", "placeholder": "<PERSON_1>", "score": 0.85, "reason": "name model"},
    ]
    assert (intent.masked_types, intent.masked_count) == (["PERSON"], 1)
    assert intent.passages[0]["permission"] == "team:Sales"
    assert SearchRow.objects.get(pk=intent_id).left_text == "Please greet <PERSON_1>"


@pytest.mark.django_db(transaction=True)
def test_an_intent_is_on_disk_when_open_intent_returns(open_exchange, postgres):
    import psycopg

    intent_id = open_exchange()

    with psycopg.connect(postgres.url("postgres")) as somebody_else:
        assert somebody_else.execute("SELECT id FROM ledger_intent").fetchall() == [(intent_id,)]


@pytest.mark.django_db(transaction=True)
def test_an_intent_refuses_to_be_part_of_a_transaction_that_could_undo_it(open_exchange):
    with pytest.raises(records.IntentInsideTransaction), transaction.atomic():
        open_exchange()

    assert not Intent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_intent_waits_for_the_disk_even_where_the_session_does_not(open_exchange, monkeypatch):
    seen = []
    really_insert = statements.insert_intent

    def insert(*rows):
        with connection.cursor() as cursor:
            cursor.execute("SHOW synchronous_commit")
            seen.append(cursor.fetchone()[0])
        really_insert(*rows)

    monkeypatch.setattr(statements, "insert_intent", insert)
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")

    open_exchange()

    assert seen == ["on"]


@pytest.mark.django_db(transaction=True)
def test_a_failing_record_says_so_without_quoting_anybody(intent_facts):
    with pytest.raises(records.LedgerUnavailable) as refused:
        records.open_intent(**intent_facts(door="WINDOW", left_text="my salary is 50000"))

    assert refused.value.code == "23514"
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__
    assert "salary" not in str(refused.value)
    assert not Intent.objects.exists()


def test_an_exchange_is_concluded_once(open_exchange, outcome_facts):
    intent_id = open_exchange()

    records.conclude(intent_id, **outcome_facts())
    with pytest.raises(records.AlreadyConcluded):
        records.conclude(intent_id, **outcome_facts(outcome=OutcomeKind.FAILED))

    outcome = Outcome.objects.get()
    assert (outcome.kind, outcome.cost, outcome.currency) == ("ANSWERED", Decimal("0.00012"), "EUR")
    assert outcome.started_at == NOON
    assert SearchRow.objects.get().answer_text == "Dear <PERSON_1>, welcome."


def test_the_transaction_survives_a_second_conclusion(open_exchange, outcome_facts):
    intent_id = open_exchange()
    records.conclude(intent_id, **outcome_facts())

    with transaction.atomic():
        with pytest.raises(records.AlreadyConcluded):
            records.conclude(intent_id, **outcome_facts())
        still_usable = Outcome.objects.count()

    assert still_usable == 1


@pytest.mark.django_db(transaction=True)
def test_of_ten_concurrent_conclusions_one_stands(open_exchange, outcome_facts):
    intent_id = open_exchange()
    together = Barrier(10)
    ends = []

    def close():
        together.wait()
        try:
            records.conclude(intent_id, **outcome_facts())
            ends.append("stands")
        except records.AlreadyConcluded:
            ends.append("already")
        finally:
            connection.close()

    threads = [Thread(target=close) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(ends) == ["already"] * 9 + ["stands"]
    assert Outcome.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_conclusion_goes_with_the_transaction_it_is_part_of(open_exchange, outcome_facts):
    intent_id = open_exchange()

    with transaction.atomic():
        records.conclude(intent_id, **outcome_facts())
        transaction.set_rollback(True)

    assert not Outcome.objects.exists()
    assert OpenIntent.objects.count() == 1


def test_an_unknown_exchange_cannot_be_concluded(outcome_facts):
    with pytest.raises(records.NoSuchIntent):
        records.conclude(new_id(), **outcome_facts())


def test_a_lost_work_list_row_does_not_keep_an_exchange_open(open_exchange, outcome_facts):
    intent_id = open_exchange()
    OpenIntent.objects.all().delete()

    records.conclude(intent_id, **outcome_facts())

    assert Outcome.objects.get().intent_id == intent_id


@pytest.mark.parametrize(
    "wrong",
    [
        {"outcome": "SPLENDID"},
        {"cost": Decimal("-1")},
        {"cost": Decimal("1"), "currency": ""},
        {"currency": "eur"},
        {"output_tokens": -1},
        {"outcome": OutcomeKind.REFUSED, "cost": Decimal("1")},
        {"outcome": OutcomeKind.REFUSED, "output_tokens": 1},
    ],
)
def test_an_outcome_of_impossible_shape_is_refused(open_exchange, outcome_facts, wrong):
    intent_id = open_exchange()

    with pytest.raises(records.LedgerUnavailable):
        records.conclude(intent_id, **outcome_facts(**wrong))

    assert not Outcome.objects.exists()


def test_a_refusal_is_an_exchange_with_its_outcome(maya):
    intent_id = records.record_refusal(
        who=maya, door="BROWSER", purpose="CHAT", conversation_id=new_id(), turn_id=new_id(),
        model_label="SmolLM2 135M", reason="Your team may not use this model.", now=NOON,
    )  # fmt: skip

    outcome = Outcome.objects.get(intent_id=intent_id)
    assert (outcome.kind, outcome.reason) == ("REFUSED", "Your team may not use this model.")
    assert open_exchanges.open_intents(NOON + timedelta(days=1), now=NOON) == []


def test_the_sweeper_finds_open_exchanges_older_than_it_asks_for(open_exchange, outcome_facts):
    old = open_exchange(now=NOON - timedelta(minutes=10))
    records.conclude(open_exchange(now=NOON - timedelta(minutes=9)), **outcome_facts())
    open_exchange(now=NOON)

    found = open_exchanges.open_intents(NOON - timedelta(minutes=1), now=NOON)

    assert [exchange.intent_id for exchange in found] == [old]


def test_an_event_holds_who_what_and_the_details(maya):
    subject = new_id()

    records.record_event(
        Action.GRANT_TAKEN, who=maya, subject_kind="model", subject_id=subject, subject_label="SmolLM2",
        details={"team": "Sales", "before": True, "after": False}, now=NOON,
    )  # fmt: skip

    event = Event.objects.get()
    assert (event.action, event.actor_label, event.subject_id) == ("GRANT_TAKEN", "Maya Lindqvist", str(subject))
    assert event.details == {"team": "Sales", "before": True, "after": False}


def test_an_event_without_a_person_is_the_products_own():
    records.record_event(Action.PORTAL_STARTED, who=None, now=NOON)

    assert Event.objects.get().actor_id is None


def test_a_word_outside_the_vocabulary_is_refused(maya):
    with pytest.raises(ValueError, match="SHRUGGED"):
        records.record_event("SHRUGGED", who=maya, now=NOON)


def test_both_clocks_are_kept(open_exchange):
    intent_id = open_exchange(now=NOON - timedelta(days=400))

    intent = Intent.objects.get(pk=intent_id)
    assert intent.started_at == NOON - timedelta(days=400)
    assert intent.recorded_at > NOON


def test_identifiers_sort_by_the_time_they_were_made():
    import time

    made = []
    for _ in range(5):
        made.append(new_id())
        time.sleep(0.002)

    assert made == sorted(made)
