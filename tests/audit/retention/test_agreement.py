"""`ledger verify` finds what was destroyed, lifted or changed without its event."""

from __future__ import annotations

import pytest
from django.db import connection

from apps.accounts.actors import who
from apps.ledger.models import SearchRow
from apps.privacy import destruction, holds
from apps.privacy.holds import Scope
from apps.privacy.models import DataKey
from tests.audit.retention.conftest import NOW, WHY, disagreements

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(hold, maya):
    return hold(Scope("Maya", person_id=maya.pk))


def test_what_the_product_did_itself_raises_no_alarm(aged, keep_for, hold, maya, officer):
    keep_for(200)
    destruction.destroy_one(aged(1))
    holds.lift(hold(Scope("Maya", person_id=maya.pk)).pk, reason=WHY, by=who(officer), consent="Samir", now=NOW)
    aged(2)

    assert disagreements() == []


def test_a_key_destroyed_by_hand_is_found(aged):
    DataKey.objects.filter(pk=aged(1)).update(wrapped_key=b"", destroyed_at=NOW)

    assert disagreements() == ["KEY_GONE"]


def test_searchable_text_deleted_by_hand_is_found(aged):
    aged(1)
    SearchRow.objects.all().delete()

    assert disagreements() == ["TEXT_GONE"]


def test_a_hold_lifted_by_hand_is_found(held):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE privacy_hold SET lifted_at = now(), lifted_by_id = gen_random_uuid(), lifted_by_label = 'Nobody'"
        )

    assert disagreements() == ["HOLD_LIFTED"]


def test_a_key_that_came_back_is_found(aged, make_exchange):
    key = aged(1)
    destruction.certify([key], destruction.Order("KEY_DESTROYED"), now=NOW)

    assert disagreements() == ["KEY_BACK"]


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE privacy_hold SET person_id = gen_random_uuid()", "HOLD_CHANGED"),
        (
            "INSERT INTO privacy_heldkey (hold_id, key_id) SELECT id, gen_random_uuid() FROM privacy_hold",
            "HOLD_CHANGED",
        ),
        ("DELETE FROM privacy_hold", "HOLD_REMOVED"),
        ("UPDATE retention_scheduleversion SET days = 400", "SCHEDULE_CHANGED"),
        ("DELETE FROM retention_scheduleversion", "SCHEDULE_CHANGED"),
        ("DELETE FROM privacy_datakey", "KEY_REMOVED"),
    ],
)
@pytest.mark.thorough
@pytest.mark.django_db(transaction=True)
def test_what_the_superuser_changes_behind_the_triggers_is_found(aged, keep_for, held, postgres, statement, code):
    import psycopg

    keep_for(200)
    aged(1)
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute(statement)

    assert code in disagreements()
