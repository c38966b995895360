"""Who may read, add and delete: in the query, for every team, collection and kind of person."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from apps.accounts.models import Membership, Role, User
from apps.rag.models import Collection, CollectionGrant, Document, Passage
from apps.rag.search import search

pytestmark = pytest.mark.django_db
TEXT = "The discount of Brightwater Clinics is twelve per cent."
QUESTION = "Which discount does Brightwater Clinics get?"
TEAMS = ("Sales", "Engineering", "People & Finance")
SHELVES = {"Wide": (), "Sales": ("Sales",), "Two": ("Sales", "Engineering"), "Nobody": ()}


@pytest.fixture
def shelves(make_collection: Any, make_document: Any) -> dict[str, Document]:
    """Four collections with other readers each, with the same document in every one."""
    return {
        name: make_document(make_collection(name, teams=teams, company_wide=name == "Wide"), TEXT)
        for name, teams in SHELVES.items()
    }


def may_read(team: str | None, shelf: str) -> bool:
    return shelf == "Wide" or team in SHELVES[shelf]


@pytest.mark.parametrize(("team", "role"), list(product([None, *TEAMS], Role.values)))
def test_everybody_finds_exactly_what_is_open_to_them(
    team: str | None, role: str, shelves: dict[str, Document], make_person: Any
):
    person = make_person(roles=(role,), teams=(team,) if team else ())
    expected = {name for name in SHELVES if may_read(team, name)}

    assert {row.name for row in Collection.objects.visible_to(person)} == expected
    assert {row.collection.name for row in Document.objects.visible_to(person)} == expected
    assert {row.document.collection.name for row in Passage.objects.visible_to(person)} == expected
    found = {hit.document_id for hit in search(person, QUESTION, limit=10)}
    assert found == {shelves[name].pk for name in expected}


@pytest.mark.parametrize(("team", "role"), list(product([None, *TEAMS], Role.values)))
def test_only_employees_of_a_granted_team_add_and_only_admins_add_for_everybody(
    team: str | None, role: str, shelves: dict[str, Document], make_person: Any
):
    person = make_person(roles=(role,), teams=(team,) if team else ())

    expected = {name for name in SHELVES if name != "Wide" and may_read(team, name) and role == Role.EMPLOYEE}
    expected |= {"Wide"} if role == Role.ADMIN else set()
    assert {row.name for row in Collection.objects.writable_by(person)} == expected


def test_only_admins_manage_access_and_managing_is_not_reading(shelves: dict[str, Document], make_person: Any):
    admin = make_person("david", roles=(Role.ADMIN,))

    assert {row.name for row in Collection.objects.managed_by(admin)} == set(SHELVES)
    assert {row.name for row in Collection.objects.visible_to(admin)} == {"Wide"}
    for role in set(Role.values) - {Role.ADMIN}:
        other = make_person(f"p-{role.lower()}", roles=(role,), teams=("Sales",))
        assert not Collection.objects.managed_by(other).exists()


def test_the_uploader_the_teams_lead_and_an_admin_may_delete(
    make_collection: Any, make_document: Any, make_person: Any
):
    maya = make_person("maya", teams=("Sales",))
    tom = make_person("tom", teams=("Sales",))
    Membership.objects.filter(person=tom).update(standing=Membership.Standing.LEAD)
    colleague = make_person("colleague", teams=("Sales",))
    admin_inside = make_person("admin-in", roles=(Role.ADMIN,), teams=("Sales",))
    admin_outside = make_person("admin-out", roles=(Role.ADMIN,))
    other_lead = make_person("jonas", teams=("Engineering",))
    Membership.objects.filter(person=other_lead).update(standing=Membership.Standing.LEAD)
    document = make_document(make_collection(teams=("Sales",)), TEXT, by=maya)

    may = {
        person.username: Document.objects.deletable_by(person).filter(pk=document.pk).exists()
        for person in (maya, tom, colleague, admin_inside, admin_outside, other_lead)
    }

    assert may == {
        "maya": True,
        "tom": True,
        "colleague": False,
        "admin-in": True,
        "admin-out": False,
        "jonas": False,
    }


def test_a_lead_of_one_team_is_not_lead_of_another_that_reads_too(
    make_collection: Any, make_document: Any, make_person: Any
):
    person = make_person("both", teams=("Sales", "Engineering"))
    Membership.objects.filter(person=person, team__name="Engineering").update(standing=Membership.Standing.LEAD)
    document = make_document(make_collection(teams=("Sales",)), TEXT)

    assert Document.objects.visible_to(person).filter(pk=document.pk).exists()
    assert not Document.objects.deletable_by(person).filter(pk=document.pk).exists()


def test_a_grant_taken_away_works_on_the_next_query(shelves: dict[str, Document], make_person: Any):
    maya = make_person(teams=("Sales",))
    assert shelves["Sales"].pk in {hit.document_id for hit in search(maya, QUESTION, limit=10)}

    CollectionGrant.objects.filter(collection__name="Sales").delete()

    assert shelves["Sales"].pk not in {hit.document_id for hit in search(maya, QUESTION, limit=10)}
    assert not Document.objects.visible_to(maya).filter(pk=shelves["Sales"].pk).exists()
    assert not Collection.objects.writable_by(maya).filter(name="Sales").exists()


def test_a_membership_taken_away_works_on_the_next_query(shelves: dict[str, Document], make_person: Any):
    maya = make_person(teams=("Sales",))

    Membership.objects.filter(person=maya).delete()

    assert {hit.document_id for hit in search(maya, QUESTION, limit=10)} == {shelves["Wide"].pk}


def test_a_person_who_was_deactivated_meanwhile_sees_nothing(shelves: dict[str, Document], make_person: Any):
    maya = make_person(teams=("Sales",), roles=(Role.EMPLOYEE, Role.ADMIN))
    User.objects.filter(pk=maya.pk).update(is_active=False)
    assert maya.is_active  # what the session still holds

    assert not Collection.objects.visible_to(maya).exists()
    assert not Collection.objects.writable_by(maya).exists()
    assert not Collection.objects.managed_by(maya).exists()
    assert not Document.objects.deletable_by(maya).exists()
    assert search(maya, QUESTION) == []


def test_nobody_signed_in_sees_nothing(shelves: dict[str, Document]):
    nobody: Any = AnonymousUser()

    for found in (
        Collection.objects.visible_to(nobody),
        Collection.objects.writable_by(nobody),
        Collection.objects.managed_by(nobody),
        Document.objects.visible_to(nobody),
        Document.objects.deletable_by(nobody),
        Passage.objects.visible_to(nobody),
    ):
        assert not found.exists()


def test_being_in_two_granted_teams_shows_nothing_twice(shelves: dict[str, Document], make_person: Any):
    person = make_person(teams=("Sales", "Engineering"))

    assert Collection.objects.visible_to(person).count() == 3
    hits = search(person, QUESTION, limit=10)
    assert len({hit.passage_id for hit in hits}) == len(hits) == 3
