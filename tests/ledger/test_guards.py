"""The records are append-only: by rights for the runtime role, by triggers for everybody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import IntegrityError, ProgrammingError, connection, transaction

from apps.ledger import health, records
from apps.ledger.models import FORM, INTENT_FORM, Event, Intent, Outcome
from apps.ledger.vocabulary import Action
from portal.embedded.database import OWNER
from tests.ledger.conftest import NOON

pytestmark = pytest.mark.django_db

RECORDS = ["ledger_intent", "ledger_outcome", "ledger_event"]
CHANGES = [
    "UPDATE {table} SET form = 2",
    "UPDATE {table} SET form = 2 WHERE false",
    "DELETE FROM {table}",
    "TRUNCATE {table} CASCADE",
]


@pytest.fixture
def one_of_each(open_exchange, outcome_facts, maya) -> None:
    records.conclude(open_exchange(), **outcome_facts())
    records.record_event(Action.SIGNED_IN, who=maya, now=NOON)


@pytest.fixture
def as_superuser(postgres) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("table", RECORDS)
@pytest.mark.parametrize("change", CHANGES)
def test_the_runtime_role_has_no_right_to_change_a_record(table, change):
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        connection.cursor().execute(change.format(table=table))


@pytest.mark.parametrize("account", [OWNER, "postgres"])
@pytest.mark.parametrize("table", RECORDS)
@pytest.mark.parametrize("change", CHANGES)
def test_the_triggers_refuse_a_change_by_anybody(postgres, account, table, change):
    with psycopg.connect(postgres.url(account)) as somebody, pytest.raises(psycopg.errors.RestrictViolation):
        somebody.execute(change.format(table=table))


@pytest.mark.django_db(transaction=True)
def test_records_outlive_every_attempt_to_change_them(one_of_each, as_superuser):
    for table in RECORDS:
        for change in CHANGES:
            with pytest.raises(psycopg.errors.RestrictViolation):
                as_superuser.execute(change.format(table=table))

    assert (Intent.objects.get().form, Outcome.objects.get().form, Event.objects.get().form) == (
        INTENT_FORM,
        FORM,
        FORM,
    )


@pytest.mark.django_db(transaction=True)
def test_an_insert_that_would_update_on_conflict_is_refused(one_of_each, as_superuser):
    upsert = (
        "INSERT INTO ledger_event SELECT * FROM ledger_event ON CONFLICT (id) DO UPDATE SET action = 'NOTHING_HAPPENED'"
    )

    with pytest.raises(psycopg.errors.RestrictViolation):
        as_superuser.execute(upsert)


def test_every_append_only_table_has_its_trigger(as_superuser):
    marked = {model._meta.db_table for model in apps.get_models() if getattr(model, "is_append_only", False)}

    guarded = {
        row[0]
        for row in as_superuser.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O' "
            "AND tgname LIKE '%_is_append_only'"
        )
    }

    assert marked == guarded
    assert marked > set(RECORDS)


@pytest.mark.django_db(transaction=True)
def test_a_second_outcome_is_refused_by_the_database_itself(one_of_each):
    intent = Intent.objects.get()

    with pytest.raises(IntegrityError), transaction.atomic():
        Outcome.objects.create(intent=intent, started_at=NOON, concluded_at=NOON, kind="FAILED")


def test_the_guards_are_reported_as_standing():
    assert health.is_guarded()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", RECORDS)
def test_a_disabled_trigger_is_noticed(as_superuser, table):
    as_superuser.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    try:
        assert not health.is_guarded()
    finally:
        as_superuser.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@pytest.mark.parametrize("right", ["UPDATE", "DELETE", "TRUNCATE"])
def test_a_right_too_many_is_noticed(as_superuser, right):
    as_superuser.execute(f"GRANT {right} ON ledger_intent TO portcullis_app")
    try:
        assert not health.is_guarded()
    finally:
        as_superuser.execute(f"REVOKE {right} ON ledger_intent FROM portcullis_app")
