"""Querysets whose SQL is made once ask the database each time, with the values of that time."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connections
from django.db.models import F, Q, TextField

from apps.accounts.models import Role, RoleAssignment, User
from apps.gateway.models import LoopStop
from apps.ledger.compiled import Compiled, Stated, a_moment, a_text, an_id, is_one_of

pytestmark = pytest.mark.django_db
NOBODY = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def people() -> list[User]:
    return [User.objects.create_person(name, name=name, roles=[Role.EMPLOYEE]) for name in ("ada", "grace")]


def test_each_call_asks_with_its_own_values_and_sees_the_rows_of_that_moment(people, django_assert_num_queries):
    by_name = Compiled(lambda: User.objects.filter(username=a_text("name"), is_active=True))

    assert [by_name.first(name=person.username) for person in people] == people
    User.objects.filter(pk=people[0].pk).update(is_active=False)
    assert [by_name.first(name=person.username) for person in people] == [None, people[1]]
    with django_assert_num_queries(1), pytest.raises(User.DoesNotExist):
        by_name.one(name="nobody")


def test_related_rows_come_along_and_conditions_are_those_of_the_queryset(people, django_assert_num_queries):
    others = Compiled(
        lambda: (
            RoleAssignment.objects.filter(~Q(is_one_of("person_id", "left_out")), created_at__gt=a_moment("after"))
            .select_related("person")
            .order_by("person__username")
        )
    )

    with django_assert_num_queries(2):
        held = others.rows(left_out=[], after=NOBODY)
        assert [one.person for one in held] == people
        assert [one.person for one in others.rows(left_out=[people[0].pk], after=NOBODY)] == people[1:]


def test_a_value_of_a_statement_of_our_own_comes_along_with_each_row(people, django_assert_num_queries):
    roles = "SELECT string_agg(role, %(between)s) FROM accounts_roleassignment WHERE person_id = %(person)s"
    told = Compiled(
        lambda: User.objects.filter(pk=an_id("person")).annotate(
            roles=Stated(roles, TextField()), again=Stated(roles, TextField())
        )
    )

    with django_assert_num_queries(1):
        row = told.one(person=people[1].pk, between=", ")

    assert (row, row.roles, row.again) == (people[1], "EMPLOYEE", "EMPLOYEE")


@pytest.mark.django_db(transaction=True)
def test_threads_that_ask_at_the_same_time_get_their_own_rows(people):
    by_id = Compiled(lambda: User.objects.filter(pk=an_id("person")))

    def ask(person: User) -> bool:
        try:
            return all(by_id.one(person=person.pk) == person for _ in range(50))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(ask, people * 4))


@pytest.mark.thorough
def test_what_an_answer_was_read_with_is_freed_with_it_and_waits_for_no_collector(people):
    by_name = Compiled(lambda: User.objects.filter(username=a_text("name")))
    by_name.one(name="ada")
    gc.collect()
    gc.disable()
    try:
        by_name.one(name="ada")
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_rows_are_those_that_django_reads_attribute_by_attribute(people):
    for lifted_by in (None, people[1]):
        LoopStop.objects.create(
            person=people[0], lifted_by=lifted_by, reason="REPEATS", calls=1, cost=2, began_at=NOBODY, until=NOBODY
        )
    stops = LoopStop.objects.select_related("person", "lifted_by").annotate(told=F("person__name")).order_by("pk")

    ours = Compiled(lambda: stops.filter(person_id=an_id("person"))).rows(person=people[0].pk)

    assert [_kept(one) for one in ours] == [_kept(one) for one in stops]
    assert [one.lifted_by for one in ours] == [None, people[1]]


def test_a_row_that_was_read_so_is_saved_as_a_change_and_not_as_a_new_row(people):
    person = Compiled(lambda: User.objects.filter(username=a_text("name"))).one(name="ada")

    person.name = "Ada"
    person.save()

    assert list(User.objects.values_list("name", flat=True).order_by("name")) == ["Ada", "grace"]


def _kept(row: Any) -> Any:
    """What an instance keeps, with what it keeps of other rows."""
    if row is None:
        return None
    own = {name: value for name, value in vars(row).items() if name != "_state"}
    state = row._state
    return type(row), own, state.db, state.adding, {name: _kept(one) for name, one in state.fields_cache.items()}
