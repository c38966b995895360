"""Every task may come twice, at once or one after the other, and a day late: nothing is done twice."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.apps import apps
from django.db import connections
from django.utils import timezone

from apps.accounts.models import Role
from apps.gateway import budgets
from apps.gateway.models import PriceVersion
from apps.gateway.prices import Price
from apps.ledger import clock, records, registers
from apps.ledger.facts import Who
from apps.ledger.ids import new_id
from apps.ledger.models import Event
from apps.ledger.vocabulary import Action, Door, EgressClass, Purpose
from portal.celery import app
from tests.ledger.conftest import as_sequencer, evidence, sequencer  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)

TESTS = Path(__file__).parents[1]
ROOMS = ("accounts", "api", "audit", "batch", "cases", "chat", "gateway", "ledger", "overview", "privacy", "rag",
         "reports", "retention", "review", "stream")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A task: what stands before it comes, its argument, and the test that holds its own work to once."""

    has_id: bool = False
    arrange: str = ""
    held_by: str = ""
    is_new_each_day: bool = False


TASKS = {
    "batch.go_on": Row(),
    "batch.tidy": Row(
        held_by="batch/test_claims.py::test_texts_are_erased_when_their_days_are_over_and_drafts_after_one"
    ),
    "batch.work": Row(
        held_by="batch/test_claims.py::"
        "test_tasks_delivered_twice_at_once_send_each_line_once_and_keep_to_the_room_there_is"
    ),
    "cases.export": Row(has_id=True, held_by="audit/cases/test_cases.py::test_two_workers_never_have_one_run"),
    "cases.go_on": Row(),
    "cases.snapshot": Row(has_id=True, held_by="audit/cases/test_cases.py::test_two_workers_never_have_one_run"),
    "cases.tidy": Row(),
    "gateway.apply_prices": Row(arrange="a_price_that_is_due"),
    "gateway.forget_hours": Row(),
    "gateway.probe_idle_models": Row(),
    "gateway.sweep_reservations": Row(arrange="money_that_nobody_answers_for"),
    "ledger.compare": Row(arrange="a_right_given_by_hand"),
    "ledger.read_again": Row(held_by="ledger/test_rereading.py::test_of_two_workers_who_read_again_at_once_one_reads"),
    "ledger.reconcile": Row(arrange="an_exchange_without_an_outcome", is_new_each_day=True),
    "ledger.watch": Row(arrange="a_record_that_waits"),
    "overview.count": Row(
        held_by="audit/test_overview.py::test_every_ended_exchange_is_counted_once_whatever_dies_in_between"
    ),
    "portal.forget_ended_sessions": Row(),
    "portal.play_demo_review": Row(
        has_id=True,
        held_by="platform/test_demo_history.py::"
        "test_drift_and_figures_show_plots_one_week_stands_out_and_a_second_delivery_adds_nothing",
    ),
    "rag.ingest": Row(has_id=True, held_by="rag/test_ingest.py::test_of_many_deliveries_at_once_one_works"),
    "rag.refresh_findings": Row(),
    "rag.resume": Row(
        held_by="rag/test_ingest.py::test_what_a_dead_worker_left_and_what_was_never_delivered_is_queued_again"
    ),
    "reports.build": Row(has_id=True, held_by="audit/test_reports.py::test_two_workers_make_one_report"),
    "reports.go_on": Row(
        arrange="an_act_of_last_month",
        is_new_each_day=True,
        held_by="audit/test_reports.py::test_each_month_is_reported_once_however_often_and_late_it_is_asked",
    ),
    "retention.go_on": Row(),
    "retention.purge": Row(
        arrange="hours_that_prove_the_time",
        is_new_each_day=True,
        held_by="audit/retention/test_purging.py::test_it_begins_once_a_day",
    ),
    "retention.work_on": Row(
        has_id=True,
        held_by="audit/retention/test_requests.py::"
        "test_a_package_whose_worker_died_is_begun_again_and_given_up_after_three_times",
    ),
    "review.try_lexicon": Row(
        has_id=True, held_by="audit/review/test_doors.py::test_a_trial_goes_over_history_in_steps_and_can_be_stopped"
    ),
    "stream.deliver": Row(
        has_id=True,
        held_by="audit/stream/test_delivering.py::"
        "test_a_death_between_sending_and_the_cursor_sends_twice_and_leaves_no_gap",
    ),
    "stream.wake": Row(),
}
WHO = Who(new_id(), "Maya Lindqvist", new_id(), "Sales")


def test_every_task_has_a_row():
    assert {name for name in app.tasks if not name.startswith("celery.")} == set(TASKS)


@pytest.mark.parametrize("held_by", sorted({row.held_by for row in TASKS.values() if row.held_by}))
def test_what_is_held_elsewhere_is_held_there(held_by):
    file, _, name = held_by.partition("::")

    assert f"def {name}" in (TESTS / file).read_text()


@pytest.mark.parametrize("name", sorted(TASKS))
def test_a_task_that_comes_twice_at_once_again_and_a_day_late_does_nothing_twice(name, arranged, monkeypatch):
    monkeypatch.setattr("celery.app.task.Task.apply_async", lambda *_, **__: None)
    row = TASKS[name]
    arranged(row.arrange)
    before = rows()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(delivered, name, row) for _ in range(2)]:
            done.result()
    once = rows()
    delivered(name, row)

    assert rows() == once
    assert once != before or not row.arrange
    assert all(count == 1 for count in acts().values()), acts()
    if not row.is_new_each_day:
        late(lambda: delivered(name, row))
        assert rows() == once


@pytest.fixture(scope="module", autouse=True)
def _tasks_are_known() -> None:
    app.loader.import_default_modules()


@pytest.mark.parametrize(
    ("name", "arrange"),
    [
        ("watch", "a_record_that_waits"),
        ("reconcile", "an_exchange_without_an_outcome"),
        ("compare", "a_right_given_by_hand"),
        ("read_again", "a_signed_record"),
    ],
)
def test_what_somebody_else_is_doing_now_is_left_to_them(name, arrange, arranged, postgres, monkeypatch):
    monkeypatch.setattr("celery.app.task.Task.apply_async", lambda *_, **__: None)
    arranged(arrange)
    before = rows()
    with psycopg.connect(postgres.url("postgres")) as another:
        another.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"ledger {name}"])

        delivered(f"ledger.{name}", Row())

        assert rows() == before
    delivered(f"ledger.{name}", Row())
    assert rows() != before


def delivered(name: str, row: Row) -> None:
    """Run a task as a worker does, in a thread with a connection of its own."""
    try:
        app.tasks[name](*[str(uuid4())] if row.has_id else [])
    except Exception as error:
        if type(error).__name__ not in {"DoesNotExist"}:
            raise
    finally:
        connections.close_all()


def late(deliver: Callable[[], None]) -> None:
    """Deliver when the database's clock shows tomorrow."""
    try:
        clock._clock.take(timezone.now() + timedelta(days=1), began=time.monotonic(), ended=time.monotonic())
        clock._clock.unsteady_until = 0.0
        deliver()
    finally:
        clock._clock.read_at = None
        clock._clock.unsteady_until = 0.0


def rows() -> dict[str, int]:
    """Count the rows of every table, and what is held and spent."""
    counts = {model._meta.db_table: model._default_manager.count() for model in apps.get_models() if _is_ours(model)}
    return {table: count for table, count in counts.items() if count and "health" not in table}


def _is_ours(model: Any) -> bool:
    return model._meta.app_label in ROOMS and model._meta.managed and not model._meta.proxy


def acts() -> Counter[str]:
    """Count the acts on the record with what they say, but for the hours that were arranged."""
    events = Event.objects.exclude(action=Action.LEDGER_HOUR_CLOSED)
    return Counter(f"{event.action} {event.subject_id} {event.details}" for event in events)


@pytest.fixture
def arranged(request, make_team, make_person, make_model, postgres):
    def a_price_that_is_due() -> None:
        model = make_model(make_team("Sales"), price="1")
        PriceVersion.objects.create(
            model=model, input_price=Decimal(2), output_price=Decimal(4), from_at=timezone.now() - timedelta(hours=1),
            created_at=timezone.now() - timedelta(days=1),
        )  # fmt: skip

    def money_that_nobody_answers_for() -> None:
        sales = make_team("Sales")
        maya, model = make_person("maya", teams=("Sales",)), make_model(sales, price="1")
        budgets.reserve(
            person=maya, team=sales, model=model, price=Price(Decimal(1), Decimal(1), "USD"), amount=Decimal(1),
            now=timezone.now() - timedelta(hours=1),
        )  # fmt: skip

    def an_exchange_without_an_outcome() -> None:
        two_days_ago = timezone.now() - timedelta(days=2)
        records.record_event(Action.PORTAL_READY, who=None, subject_kind="portal", now=two_days_ago)
        records.open_intent(
            who=WHO, door=Door.API, purpose=Purpose.CHAT, conversation_id=None, turn_id=None, model_label="SmolLM2",
            provider_label="This machine", egress_class=EgressClass.INSIDE, sealed_payload=b"", left_text="",
            masked=[], passages=[], policy_version="1", prompt_version="1", now=two_days_ago,
        )  # fmt: skip

    def an_act_of_last_month() -> None:
        long_ago = timezone.now() - timedelta(days=40)
        records.record_event(Action.PORTAL_READY, who=None, subject_kind="portal", now=long_ago)

    def a_record_that_waits() -> None:
        with psycopg.connect(postgres.url("postgres"), autocommit=True) as superuser:
            superuser.execute(
                "INSERT INTO ledger_pending (kind, row_id, since) VALUES (3, gen_random_uuid(), now() - interval '1h')"
            )

    def a_right_given_by_hand() -> None:
        maya = make_person("maya")
        registers.take_inventories(now=timezone.now())
        maya.role_assignments.create(role=Role.COMPLIANCE_OFFICER)

    def a_signed_record() -> None:
        records.record_event(Action.PORTAL_READY, who=None, subject_kind="portal", now=timezone.now())
        request.getfixturevalue("sequencer").round(now=timezone.now())

    def hours_that_prove_the_time() -> None:
        request.getfixturevalue("proven_time")

    arrangements = {make.__name__: make for make in (
        a_price_that_is_due, money_that_nobody_answers_for, an_exchange_without_an_outcome, a_record_that_waits,
        hours_that_prove_the_time, a_right_given_by_hand, a_signed_record, an_act_of_last_month,
    )}  # fmt: skip
    return lambda name: arrangements[name]() if name else None
