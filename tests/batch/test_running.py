"""A batch at its door and at the provider: what leaves, what comes back, what it costs, and what stops it."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.utils import timezone

from apps.batch import preparing
from apps.batch.models import Batch, LaneModel, Line
from apps.gateway.models import Budget, Grant, Reservation
from apps.ledger.models import Event, Intent, Outcome

pytestmark = pytest.mark.django_db(transaction=True)


def results(browser, batch):
    body = b"".join(browser.get(f"/batches/{batch.pk}/results.jsonl").streaming_content).decode()
    return [json.loads(line) for line in body.splitlines()]


def states(batch):
    return list(batch.lines.order_by("number").values_list("state", flat=True))


def test_every_line_is_one_exchange_scrubbed_paid_recorded_and_restored_for_its_owner(
    begin, work, provider, browser, maya, sign_in, make_person
):
    provider.will_answer("=Dear <PERSON_1>, welcome.", usage=(10, 5))
    provider.will_answer("Seven.", usage=(20, 5))
    batch = begin("Please greet Grace Hopper", "How many days has a week?")

    assert work() == 2

    assert not any("Hopper" in raw.decode(errors="replace") for raw in provider.raw)
    first, second = results(browser, batch)
    assert (first["id"], first["state"], first["answer"]) == ("p1", "ANSWERED", "=Dear Grace Hopper, welcome.")
    assert (second["id"], second["answer"], second["cost"]) == ("p2", "Seven.", "0.00008")
    batch.refresh_from_db()
    assert batch.state == "FINISHED"
    assert set(Intent.objects.values_list("door", "person_label")) == {("TASK", "Maya")}
    assert Outcome.objects.filter(kind="ANSWERED", intent__in=batch.lines.values("intent_id")).count() == 2
    assert set(Reservation.objects.values_list("state", flat=True)) == {"SETTLED"}
    assert list(
        Event.objects.filter(subject_id=str(batch.pk)).order_by("happened_at").values_list("action", flat=True)
    )[:3] == ["BATCH_UPLOADED", "BATCH_STARTED", "BATCH_FINISHED"]

    table = b"".join(browser.get(f"/batches/{batch.pk}/results.csv").streaming_content).decode("utf-8-sig")
    assert next(csv.DictReader(io.StringIO(table)))["answer"] == "'=Dear Grace Hopper, welcome."
    stored = b"".join(bytes(line.sealed_request) + bytes(line.sealed_answer) for line in batch.lines.all())
    assert b"Hopper" not in stored
    assert b"week" not in stored

    stranger = sign_in(make_person("omar", teams=("Sales",)))
    for address in ("", "results.jsonl", "results.csv"):
        assert stranger.get(f"/batches/{batch.pk}/{address}").status_code == 404
    for deed in ("start", "pause", "resume", "cancel", "again", "erase", "discard"):
        assert stranger.post(f"/batches/{batch.pk}/{deed}/").status_code == 404

    browser.post(f"/batches/{batch.pk}/erase/")
    assert browser.get(f"/batches/{batch.pk}/results.jsonl").status_code == 404
    assert browser.get(f"/batches/{batch.pk}/").status_code == 200
    assert Event.objects.filter(action="BATCH_ERASED").count() == 1
    assert Intent.objects.count() == 2


def test_a_line_refused_for_money_pauses_the_batch_with_a_sentence_and_resuming_loses_none(
    begin, work, provider, browser
):
    Budget.objects.update(hard_limit="0.00")
    batch = begin("One", "Two")

    work()

    batch.refresh_from_db()
    assert (batch.state, batch.pause_reason) == ("PAUSED", "OVER_BUDGET")
    assert "ask an administrator to raise the budget" in batch.pause_sentence
    assert states(batch) == ["WAITING", "WAITING"]
    assert provider.received == []
    assert "ask an administrator to raise the budget" in browser.get(f"/batches/{batch.pk}/").content.decode()

    Budget.objects.update(hard_limit="100")
    provider.will_answer("1")
    provider.will_answer("2")
    browser.post(f"/batches/{batch.pk}/resume/")
    work()

    assert states(batch) == ["ANSWERED", "ANSWERED"]
    assert [row["answer"] for row in results(browser, batch)] == ["1", "2"]


def test_a_provider_with_too_many_requests_makes_the_batches_of_its_model_rest_and_nothing_is_paid(
    begin, work, provider, browser, model
):
    provider.will_fail(429)
    batch = begin("One", "Two")

    work()

    assert states(batch) == ["WAITING", "WAITING"]
    assert len(provider.received) == 1
    assert LaneModel.objects.get().resting_until > timezone.now()
    assert "is not free at the moment" in browser.get(f"/batches/{batch.pk}/").content.decode()
    assert sum(Reservation.objects.values_list("cost", flat=True)) == 0

    LaneModel.objects.update(resting_until=timezone.now())
    provider.will_answer("1")
    provider.will_answer("2")
    work()
    assert states(batch) == ["ANSWERED", "ANSWERED"]
    assert LaneModel.objects.get().rests_in_a_row == 0


def test_a_grant_taken_away_a_model_closed_and_hours_not_come_each_stop_the_next_line(
    begin, work, provider, browser, model
):
    batch = begin("One")
    LaneModel.objects.update(from_hour=(timezone.now().hour + 2) % 24, until_hour=(timezone.now().hour + 3) % 24)
    assert work() == 0
    assert "It waits for its hours" in browser.get(f"/batches/{batch.pk}/").content.decode()

    LaneModel.objects.update(from_hour=None, until_hour=None)
    Grant.objects.all().delete()
    work()

    batch.refresh_from_db()
    assert (batch.state, batch.pause_reason) == ("PAUSED", "MODEL_NOT_ALLOWED")
    assert provider.received == []
    assert not preparing.models_for(batch.owner, batch.team, now=timezone.now())


def test_ten_failures_in_a_row_pause_the_batch_and_its_owner_may_send_them_again(begin, work, provider, browser):
    batch = begin(*(f"Tell me about {letter}." for letter in "abcdefghijkl"))
    for _ in range(10):
        provider.will_fail(400)

    work()

    batch.refresh_from_db()
    assert (batch.state, batch.pause_reason) == ("PAUSED", "KEEPS_FAILING")
    assert states(batch).count("FAILED") == len(provider.received)
    page = browser.get(f"/batches/{batch.pk}/").content.decode()
    assert "refused this message" in page

    provider.always_answers("Yes.")
    browser.post(f"/batches/{batch.pk}/resume/")
    work()
    browser.post(f"/batches/{batch.pk}/again/", {"which": "failed"})
    work()
    assert set(states(batch)) == {"ANSWERED"}
    assert Batch.objects.get().state == "FINISHED"
    assert Line.objects.exclude(claim=None).count() == 0


def test_the_page_of_a_cancelled_batch_accounts_for_every_line_without_an_answer(begin, browser):
    batch = begin("First", "Second", "Third")
    batch.lines.filter(number=1).update(state="FAILED", reason="REQUEST_REFUSED", closed_at=timezone.now())
    browser.post(f"/batches/{batch.pk}/cancel/")

    page = browser.get(f"/batches/{batch.pk}/").content.decode()

    counted = page.partition("Lines without an answer")[2].partition("</dl>")[0]
    assert "<dt>Cancelled: 2</dt>" in counted
    assert counted.count("<dt>") == 2
