"""Readiness: the ledger says whether it takes records, and says it in time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from apps.ledger import health
from apps.ledger.models import Event
from tests.ledger.ways import WAYS, unwritable
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def as_superuser(postgres) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        yield connection


def test_a_healthy_ledger_is_writable_and_the_probe_leaves_nothing_behind():
    assert health.is_writable()
    assert not Event.objects.exists()


@pytest.mark.parametrize("model", health.WRITTEN, ids=lambda model: model.__name__)
def test_a_missing_right_to_insert_is_not_writable(as_superuser, model):
    table = model._meta.db_table
    as_superuser.execute(f"REVOKE INSERT ON {table} FROM portcullis_app")
    try:
        assert not health.is_writable()
    finally:
        as_superuser.execute(f"GRANT INSERT ON {table} TO portcullis_app")
    assert health.is_writable()


def test_a_read_only_database_is_not_writable(as_superuser):
    as_superuser.execute("ALTER SYSTEM SET default_transaction_read_only = on")
    as_superuser.execute("SELECT pg_reload_conf()")
    try:
        assert _becomes(False)
    finally:
        as_superuser.execute("ALTER SYSTEM RESET default_transaction_read_only")
        as_superuser.execute("SELECT pg_reload_conf()")
        assert _becomes(True)


@pytest.mark.parametrize("way", WAYS)
def test_a_ledger_that_refuses_an_exchange_is_not_writable(as_superuser, way):
    with unwritable(as_superuser, way):
        assert not health.is_writable()
    assert health.is_writable()


def test_a_commit_that_no_standby_confirms_is_not_writable(as_superuser, monkeypatch):
    monkeypatch.setattr(health, "PROBE_SECONDS", 0.5)
    as_superuser.execute("ALTER SYSTEM SET synchronous_standby_names = 'gone'")
    as_superuser.execute("SELECT pg_reload_conf()")
    try:
        assert _becomes(False)
    finally:
        as_superuser.execute("ALTER SYSTEM RESET synchronous_standby_names")
        as_superuser.execute("SELECT pg_reload_conf()")
        assert _becomes(True)


@pytest.mark.parametrize("table", ["ledger_intent", "ledger_outcome", "ledger_event"])
def test_a_locked_table_is_reported_in_bounded_time(as_superuser, table, monkeypatch):
    monkeypatch.setattr(health, "STATEMENT_MILLISECONDS", 300)
    with as_superuser.transaction():
        as_superuser.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        began = time.monotonic()

        answer = health.is_writable()

    assert answer is False
    assert time.monotonic() - began < health.PROBE_SECONDS + 3


def test_a_probe_that_hangs_is_a_no_in_time(monkeypatch):
    monkeypatch.setattr(health, "PROBE_SECONDS", 0.2)
    let_go, hanging = threading.Event(), []

    def hang() -> bool:
        hanging.append(threading.current_thread())
        return let_go.wait(2 * PATIENCE_SECONDS)

    monkeypatch.setattr(health, "_may_insert", hang)
    began = time.monotonic()
    try:
        answers = [health.is_writable() for _ in range(6)]
        lasted = time.monotonic() - began
    finally:
        let_go.set()
    for probe in hanging:  # they end before the database is emptied
        probe.join(PATIENCE_SECONDS)

    assert answers == [False] * 6
    assert lasted < PATIENCE_SECONDS
    assert len(hanging) == 4  # while four hang, nobody tries again


def test_readiness_follows_the_ledger(client, as_superuser):
    assert client.get("/readyz").status_code == 200

    as_superuser.execute("REVOKE INSERT ON ledger_intent FROM portcullis_app")
    try:
        assert client.get("/readyz").status_code == 503
    finally:
        as_superuser.execute("GRANT INSERT ON ledger_intent TO portcullis_app")


def _becomes(expected: bool) -> bool:
    for _ in range(20):
        if health.is_writable() is expected:
            return True
        time.sleep(0.1)
    return False
