"""The admin's pages of people and teams: who may, what they do, what they refuse."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Membership, Role, Team, User
from apps.ledger.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(make_person):
    return make_person("david", roles=(Role.ADMIN, Role.EMPLOYEE), teams=("Engineering",))


@pytest.fixture
def maya(make_person):
    return make_person("maya", teams=("Sales",))


@pytest.fixture
def desk(admin):
    """The admin's browser."""
    browser = Client()
    browser.force_login(admin)
    return browser


def address(name, *ids):
    return reverse(f"console:{name}", args=ids)


def said(response):
    return [str(message) for message in response.context["messages"]]


def events():
    return list(Event.objects.order_by("id").values_list("action", "subject_label", "actor_label"))


@pytest.fixture
def pages(maya, make_team):
    """Every address of these pages: name, arguments, whether it changes something."""
    sales = make_team("Sales")
    return [
        ("people", (), False),
        ("person", (maya.pk,), False),
        ("teams", (), False),
        ("team", (sales.pk,), False),
        ("person_grant_role", (maya.pk,), True),
        ("person_revoke_role", (maya.pk,), True),
        ("person_deactivate", (maya.pk,), True),
        ("person_reactivate", (maya.pk,), True),
        ("person_join_team", (maya.pk,), True),
        ("person_leave_team", (maya.pk, sales.pk), True),
        ("person_set_standing", (maya.pk, sales.pk), True),
        ("team_create", (), True),
        ("team_rename", (sales.pk,), True),
        ("team_add_member", (sales.pk,), True),
    ]


def test_every_page_sends_signed_out_people_to_the_sign_in_page(client, pages):
    for name, ids, is_deed in pages:
        response = client.post(address(name, *ids)) if is_deed else client.get(address(name, *ids))

        assert response.status_code == 302
        assert response["Location"].startswith(reverse("accounts:sign_in"))


@pytest.mark.parametrize(
    "roles", [(), (Role.EMPLOYEE,), (Role.COMPLIANCE_OFFICER,), (Role.AUDITOR,), (Role.EMPLOYEE, Role.AUDITOR)]
)
def test_every_page_is_closed_to_those_who_are_not_admins(client, pages, make_person, roles):
    client.force_login(make_person("somebody", roles=roles))

    for name, ids, is_deed in pages:
        response = client.post(address(name, *ids)) if is_deed else client.get(address(name, *ids))

        assert response.status_code == 403
    assert {act for act, *_ in events()} == {"ACCESS_DENIED"}


def test_every_page_answers_only_to_its_own_method(desk, pages):
    for name, ids, is_deed in pages:
        response = desk.get(address(name, *ids)) if is_deed else desk.post(address(name, *ids))

        assert response.status_code == 405


def test_unknown_people_and_teams_are_not_found(desk, pages):
    for name, ids, is_deed in pages:
        if ids:
            ask = desk.post if is_deed else desk.get

            assert ask(address(name, *(uuid4() for _ in ids))).status_code == 404
    assert desk.get("/console/people/not-an-id/").status_code == 404


def test_every_deed_needs_a_csrf_token(admin, pages):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(admin)

    for name, ids, is_deed in pages:
        if is_deed:
            assert browser.post(address(name, *ids)).status_code == 403


def test_nonsense_is_refused_and_changes_nothing(desk, maya, make_team):
    sales, nonsense = make_team("Sales"), [{}, {"role": "EMPEROR"}, {"role": "ADMIN'--"}, {"role": "\x00"}]

    for data in nonsense:
        assert desk.post(address("person_grant_role", maya.pk), data).status_code == 400
        assert desk.post(address("person_revoke_role", maya.pk), data).status_code == 400
    for data in [{}, {"team": "x", "standing": "MEMBER"}, {"team": str(uuid4()), "standing": "MEMBER"}]:
        assert desk.post(address("person_join_team", maya.pk), data).status_code == 400
        assert desk.post(address("team_add_member", sales.pk), {"person": data.get("team", "")}).status_code == 400
    assert desk.post(address("person_set_standing", maya.pk, sales.pk), {"standing": "KING"}).status_code == 400
    assert desk.post(address("person_leave_team", maya.pk, sales.pk), {"from_team": "x"}).status_code == 400
    assert events() == []


def test_an_admin_gives_and_takes_a_role_and_both_are_recorded(desk, maya):
    given = desk.post(address("person_grant_role", maya.pk), {"role": Role.COMPLIANCE_OFFICER}, follow=True)
    assert maya.may_read_records()
    assert said(given) == ["Maya now holds the role Compliance officer."]

    taken = desk.post(address("person_revoke_role", maya.pk), {"role": Role.COMPLIANCE_OFFICER}, follow=True)
    assert not maya.may_read_records()
    assert said(taken) == ["Maya no longer holds the role Compliance officer."]

    assert events() == [("ROLE_GRANTED", "Maya", "David"), ("ROLE_REVOKED", "Maya", "David")]
    assert Event.objects.first().details == {"role": "COMPLIANCE_OFFICER"}


def test_doing_it_twice_is_said_and_recorded_once(desk, maya):
    desk.post(address("person_grant_role", maya.pk), {"role": Role.AUDITOR})

    again = desk.post(address("person_grant_role", maya.pk), {"role": Role.AUDITOR}, follow=True)

    assert said(again)[-1] == "Maya already held the role Auditor (read only)."
    assert len(events()) == 1


def test_nobody_changes_their_own_roles(desk, admin):
    for deed, role in (("person_grant_role", Role.COMPLIANCE_OFFICER), ("person_revoke_role", Role.ADMIN)):
        response = desk.post(address(deed, admin.pk), {"role": role}, follow=True)

        assert said(response) == ["You cannot change your own roles. Ask another admin."]
    assert admin.has_role(Role.ADMIN)
    assert not admin.may_read_records()
    assert events() == []


def test_nobody_deactivates_themselves(desk, admin):
    response = desk.post(address("person_deactivate", admin.pk), follow=True)

    assert said(response) == ["You cannot deactivate yourself. Ask another admin."]


def test_a_deactivated_person_is_out_at_once_and_for_good(desk, maya):
    theirs = Client()
    theirs.force_login(maya)

    desk.post(address("person_deactivate", maya.pk))
    assert theirs.get(reverse("accounts:profile")).status_code == 302

    desk.post(address("person_reactivate", maya.pk))
    assert theirs.get(reverse("accounts:profile")).status_code == 302
    assert User.objects.get(pk=maya.pk).is_active
    assert [event[0] for event in events()] == ["PERSON_DEACTIVATED", "PERSON_REACTIVATED"]


def test_an_admin_puts_people_into_teams_and_takes_them_out(desk, maya, make_team):
    engineering = make_team("Engineering")

    desk.post(address("person_join_team", maya.pk), {"team": engineering.pk, "standing": "MEMBER"})
    desk.post(address("person_set_standing", maya.pk, engineering.pk), {"standing": "LEAD"})
    assert maya.memberships.get(team=engineering).standing == Membership.Standing.LEAD

    response = desk.post(address("person_leave_team", maya.pk, engineering.pk), {"from_team": engineering.pk})
    assert response["Location"] == address("team", engineering.pk)
    assert not maya.teams.filter(pk=engineering.pk).exists()
    assert [event[0] for event in events()] == ["MEMBER_ADDED", "MEMBER_STANDING_CHANGED", "MEMBER_REMOVED"]


def test_an_admin_adds_a_person_on_the_teams_page(desk, maya, make_team):
    engineering = make_team("Engineering")

    response = desk.post(
        address("team_add_member", engineering.pk), {"person": maya.pk, "standing": "LEAD"}, follow=True
    )

    assert said(response) == ["Maya is in Engineering now."]
    assert engineering.memberships.get(person=maya).standing == "LEAD"


def test_an_admin_creates_and_renames_a_team(desk):
    created = desk.post(address("team_create"), {"name": "  Research & Development "})
    team = Team.objects.get(name="Research & Development")
    assert created["Location"] == address("team", team.pk)
    assert team.slug == "research-development"

    desk.post(address("team_rename", team.pk), {"name": "Research"})
    team.refresh_from_db()
    assert (team.name, team.slug) == ("Research", "research-development")
    assert events() == [("TEAM_CREATED", "Research & Development", "David"), ("TEAM_RENAMED", "Research", "David")]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Type the team&#x27;s name."),
        ("   ", "Type the team&#x27;s name."),
        ("x" * 121, "A team&#x27;s name has at most 120 characters."),
        ("SALES", "There is a team of this name already."),
        ("---", "A team&#x27;s name needs at least one letter or digit."),
        ("a\x00b", "Null characters are not allowed."),
    ],
)
def test_a_team_name_that_cannot_be_is_explained_beside_the_field(desk, make_team, name, sentence):
    make_team("Sales")
    other = make_team("Support")

    created = desk.post(address("team_create"), {"name": name})
    renamed = desk.post(address("team_rename", other.pk), {"name": name})

    for response in (created, renamed):
        assert response.status_code == 422
        assert sentence in response.content.decode()
    assert (
        Team.objects.filter(name__in=["Sales", "Support"]).count() == Team.objects.exclude(name="Engineering").count()
    )


def test_two_teams_whose_names_look_alike_in_an_address_can_both_exist(desk):
    desk.post(address("team_create"), {"name": "R&D"})
    desk.post(address("team_create"), {"name": "R D"})
    desk.post(address("team_create"), {"name": "研究"})

    assert Team.objects.filter(name__in=["R&D", "R D", "研究"]).count() == 3


def names(response):
    return [person.name for person in response.context["people"]]


def test_the_list_is_filtered_by_words_role_team_and_state(desk, maya, make_person):
    make_person("grace", roles=(Role.COMPLIANCE_OFFICER,))
    gone = make_person("gone")
    User.objects.filter(pk=gone.pk).update(is_active=False, email="gone@larkfield.example")
    people = address("people")

    assert names(desk.get(people)) == ["David", "Gone", "Grace", "Maya"]
    assert names(desk.get(people, {"q": "ma"})) == ["Maya"]
    assert names(desk.get(people, {"q": "GONE@LARK"})) == ["Gone"]
    assert names(desk.get(people, {"role": Role.COMPLIANCE_OFFICER})) == ["Grace"]
    assert names(desk.get(people, {"team": "sales"})) == ["Maya"]
    assert names(desk.get(people, {"state": "deactivated"})) == ["Gone"]
    assert "Nobody matches" in desk.get(people, {"q": "nobody at all"}).content.decode()


@pytest.mark.parametrize(
    "query", [{"role": "EMPEROR"}, {"team": "no-team"}, {"state": "x"}, {"q": "a\x00"}, {"q": "x" * 201}]
)
def test_a_filter_that_cannot_be_is_explained(desk, query):
    page = desk.get(address("people"), query)

    assert page.status_code == 200
    assert names(page) == []
    assert "field-error" in page.content.decode()


def test_the_list_is_paged_by_key_without_gaps_or_repeats(desk):
    User.objects.bulk_create(User(username=f"p{number}", name=f"Person {number % 7}") for number in range(120))
    seen, address_now = [], address("people")

    while address_now:
        page = desk.get(address_now)
        seen += [person.pk for person in page.context["people"]]
        address_now = address("people") + page.context["next_page"] if page.context["next_page"] else ""

    assert len(seen) == len(set(seen)) == User.objects.count()


def test_a_page_after_somebody_unknown_is_not_found(desk):
    for after in (str(uuid4()), "nonsense", "\x00"):
        assert desk.get(address("people"), {"after": after}).status_code == 404


def test_a_list_of_fifty_costs_as_many_queries_as_a_list_of_two(desk, maya, django_assert_max_num_queries):
    User.objects.bulk_create(User(username=f"p{number}", name=f"Person {number}") for number in range(60))

    with django_assert_max_num_queries(16):
        desk.get(address("people"))


def test_markup_in_a_name_is_text(desk, maya):
    User.objects.filter(pk=maya.pk).update(name="<script>alert(1)</script>")

    for page in (desk.get(address("people")), desk.get(address("person", maya.pk))):
        assert "<script>alert(1)" not in page.content.decode()


def test_ones_own_page_offers_no_change_of_roles(desk, admin):
    page = desk.get(address("person", admin.pk)).content.decode()

    assert "These are your own roles" in page
    assert address("person_grant_role", admin.pk) not in page
    assert address("person_deactivate", admin.pk) not in page
