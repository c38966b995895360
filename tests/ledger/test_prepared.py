"""Hot statements are planned once for a connection; what is written along stands or falls with the answer."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import DatabaseError, DataError, IntegrityError, ProgrammingError, connection, transaction

from apps.accounts.models import User
from apps.ledger import prepared, records
from apps.ledger.compiled import Compiled, a_text
from apps.ledger.ids import new_id
from apps.ledger.models import SearchRow
from apps.ledger.prepared import Write
from apps.ledger.records import IntentInsideTransaction

pytestmark = pytest.mark.django_db


def plans_made(text: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", [f"%{text}%"])
        return int(cursor.fetchone()[0])


def test_a_statement_is_planned_once_for_a_connection_whatever_its_values():
    by_name = Compiled(lambda: User.objects.filter(username=a_text("name"), name="Nobody of this name"))

    for name in ("ada", "grace", "maya"):
        by_name.first(name=name)

    assert plans_made('"accounts_user"."name" = $1') == 1


def test_statements_are_counted_and_fail_as_djangos_own(django_assert_num_queries):
    with django_assert_num_queries(1), prepared.cursor() as cursor:
        cursor.execute("SELECT %s::int + 1", [41])
        assert cursor.fetchone() == (42,)
    with pytest.raises(DatabaseError), transaction.atomic(), prepared.cursor() as cursor:
        cursor.execute("SELECT 1 FROM nowhere")


@pytest.mark.parametrize(("number", "written"), [(-3, 1), (0, 0)])
def test_what_is_written_along_is_written_only_if_the_answer_is_right(number: int, written: int):
    row = Write(
        "INSERT INTO ledger_searchrow (intent_id, left_text, answer_text) SELECT %s, %s, one::text FROM agreed",
        (new_id(), "asked"),
    )

    with transaction.atomic():
        (answer,) = prepared.call_and_write("abs", (number,), [row], answer="one", only_if="one > 0")
        assert answer == abs(number)
        assert list(SearchRow.objects.values_list("left_text", "answer_text")) == [("asked", "3")] * written
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_no_intent_goes_along_where_a_transaction_could_still_take_it_back():
    with pytest.raises(IntentInsideTransaction), transaction.atomic(), records.durably_at_once():
        pytest.fail("An open transaction could take the intent back.")
    with pytest.raises(IntentInsideTransaction):
        records.intent_along(conversation_id=uuid4())  # type: ignore[call-arg]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_begun", [False, True])
def test_a_statement_without_a_cursor_takes_and_gives_what_a_cursor_does(is_begun: bool):
    text = (
        "SELECT %(one)s::int, %(text)s::text || '%%', %(moment)s::timestamptz, %(none)s::uuid, %(ids)s::uuid[], "
        "%(bytes)s::bytea, '{\"a\": 1}'::jsonb, %(one)s::numeric / 4"
    )
    moment = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    values = {"one": 1, "text": "Zo\u00eb", "moment": moment, "none": None, "ids": [uuid4()], "bytes": b"\0\xff"}

    def asked() -> None:
        with connection.cursor() as cursor:
            cursor.execute(text, values)
            wanted = cursor.fetchall()
        for again in (values, {**values, "one": 2**40 % 7, "text": "b"}):
            assert prepared.rows(text, again)[0][3:7] == wanted[0][3:7]
        assert [str(one) for one in prepared.rows(text, values)[0]] == [str(one) for one in wanted[0]]

    if is_begun:
        with transaction.atomic():
            User.objects.count()
            asked()
    else:
        asked()


@pytest.mark.django_db(transaction=True)
def test_a_statement_without_a_cursor_fails_as_one_with_it_and_leaves_the_connection_usable():
    for text, values, fault in (
        ("SELECT 1 FROM nowhere", (), ProgrammingError),
        ("SELECT 1 / %s::int", (0,), DataError),
        ("INSERT INTO accounts_team (name) VALUES (%s)", (None,), IntegrityError),
    ):
        with pytest.raises(fault):
            prepared.rows(text, values)
        assert prepared.rows("SELECT %s::int", (3,)) == [(3,)]


@pytest.mark.django_db(transaction=True)
def test_a_statement_without_a_cursor_joins_the_transaction_it_stands_in():
    with transaction.atomic():
        prepared.rows("SELECT set_config('portcullis.test', %s, true)", ("inside",))
        assert prepared.rows("SELECT current_setting('portcullis.test', true)") == [("inside",)]

    assert prepared.rows("SELECT current_setting('portcullis.test', true)") in ([("",)], [(None,)])
