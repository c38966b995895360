"""Roles that come with a group at the company's provider and go with it, and auditors whose time ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts import administration
from apps.accounts.checks import unsafe_settings
from apps.accounts.models import Role, RoleAssignment, User
from apps.ledger.models import Event
from portal import environment
from tests.audit.conftest import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore::DeprecationWarning:authlib")]

OFFICERS = "cn=officers,ou=portal"


@pytest.fixture(autouse=True)
def mapping(settings):
    settings.SSO_ROLE_GROUPS = [(OFFICERS, Role.COMPLIANCE_OFFICER), ("auditors", Role.AUDITOR)]


def roles_of(person):
    return sorted(person.role_assignments.values_list("role", flat=True))


def grace():
    return User.objects.get(name="Maya Lindqvist")


def test_a_role_comes_with_its_group_and_is_on_the_record(walk):
    walk("grace-1", groups=["everybody", OFFICERS])

    assert roles_of(grace()) == ["COMPLIANCE_OFFICER", "EMPLOYEE"]
    granted = Event.objects.get(action="ROLE_GRANTED")
    assert granted.details == {"role": "COMPLIANCE_OFFICER", "by": "company sign-in", "group": OFFICERS}


@pytest.mark.thorough
@pytest.mark.parametrize("claims", [{"groups": ["everybody"]}, {"groups": []}, {}, {"groups": {"x": OFFICERS}}])
def test_a_role_goes_when_the_group_goes_or_is_not_named(walk, claims):
    walk("grace-1", groups=[OFFICERS])

    walk("grace-1", **claims)

    assert roles_of(grace()) == ["EMPLOYEE"]
    assert Event.objects.get(action="ROLE_REVOKED").details["role"] == "COMPLIANCE_OFFICER"


@pytest.mark.thorough
def test_a_role_that_an_admin_gave_stays_when_no_group_names_it(walk, make_person):
    walk("grace-1", groups=[])
    administration.grant_role(grace(), Role.COMPLIANCE_OFFICER, by=make_person("david"), now=timezone.now())

    walk("grace-1", groups=[])

    assert roles_of(grace()) == ["COMPLIANCE_OFFICER", "EMPLOYEE"]


@pytest.mark.thorough
def test_without_a_mapping_groups_bring_nothing_and_a_second_sign_in_changes_nothing(walk, settings):
    walk("grace-1", groups=[OFFICERS])
    walk("grace-1", groups=[OFFICERS])
    assert Event.objects.filter(action="ROLE_GRANTED").count() == 1

    settings.SSO_ROLE_GROUPS = []
    walk("tom-1", name="Tom", groups=[OFFICERS])

    assert roles_of(User.objects.get(name="Tom")) == ["EMPLOYEE"]


def test_a_group_that_only_looks_alike_brings_nothing(walk):
    walk("grace-1", groups=[OFFICERS.upper(), f"{OFFICERS},x", "officers"])

    assert roles_of(grace()) == ["EMPLOYEE"]


def test_a_mapping_to_a_role_that_does_not_exist_stops_the_start(settings):
    settings.SSO_ROLE_GROUPS = [("x", "OFFICER")]

    assert "accounts.E007" in [problem.id for problem in unsafe_settings()]


@pytest.mark.parametrize("value", ["nonsense", "=ADMIN", "x=", "a=ADMIN;b"])
def test_a_mapping_that_cannot_be_read_is_refused(monkeypatch, value):
    monkeypatch.setenv("PORTCULLIS_TEST_PAIRS", value)

    with pytest.raises(ImproperlyConfigured):
        environment.pairs("PORTCULLIS_TEST_PAIRS", purpose="")
    environment.declared.pop()


def test_groups_with_commas_and_equal_signs_are_read_whole(monkeypatch):
    monkeypatch.setenv("PORTCULLIS_TEST_PAIRS", f"{OFFICERS}=COMPLIANCE_OFFICER; b = ADMIN")

    assert environment.pairs("PORTCULLIS_TEST_PAIRS", purpose="") == [(OFFICERS, "COMPLIANCE_OFFICER"), ("b", "ADMIN")]
    environment.declared.pop()


@pytest.fixture
def admin(make_person):
    return make_person("david", roles=(Role.ADMIN,))


def test_an_auditor_reads_until_the_end_and_not_a_moment_longer(make_person, admin):
    ruth = make_person("ruth", roles=())
    administration.grant_role(ruth, Role.AUDITOR, by=admin, days=7, now=timezone.now())
    browser = sign_in(ruth)
    assert browser.get("/audit/exchanges").status_code == 200

    RoleAssignment.objects.filter(person=ruth).update(until=timezone.now() - timedelta(seconds=1))

    assert browser.get("/audit/exchanges").status_code == 403
    assert "Records" not in browser.get("/accounts/profile/").text
    assert Event.objects.get(action="ROLE_GRANTED").details["until"]


def test_the_role_is_given_anew_when_its_time_is_over(make_person, admin):
    ruth = make_person("ruth", roles=())
    administration.grant_role(ruth, Role.AUDITOR, by=admin, days=7, now=timezone.now() - timedelta(days=8))

    assert administration.grant_role(ruth, Role.AUDITOR, by=admin, days=7, now=timezone.now())
    assert ruth.has_role(Role.AUDITOR)


@pytest.mark.parametrize("days", [0, 91, -1, 10**9])
def test_nobody_audits_for_longer_than_ninety_days(make_person, admin, days):
    ruth = make_person("ruth", roles=())

    answer = sign_in(admin).post(
        f"/console/people/{ruth.pk}/roles/grant/", {"role": "AUDITOR", "days": days}, follow=True
    )

    assert answer.status_code == 200
    assert not ruth.has_role(Role.AUDITOR) or days == 0  # nothing typed, or nought, is the usual time
    assert not RoleAssignment.objects.filter(until__gt=timezone.now() + timedelta(days=90)).exists()


def test_the_database_refuses_an_audit_without_measure(make_person):
    with pytest.raises(IntegrityError), transaction.atomic():
        RoleAssignment.objects.create(
            person=make_person("ruth", roles=()), role=Role.AUDITOR, until=timezone.now() + timedelta(days=91)
        )


@pytest.mark.thorough
def test_each_page_of_the_desk_carries_an_auditors_name_and_the_time(make_person):
    auditor, officer = (
        make_person("ruth", roles=(Role.AUDITOR,)),
        make_person("grace", roles=(Role.COMPLIANCE_OFFICER,)),
    )
    pages = [
        "/audit/exchanges",
        "/audit/events",
        "/audit/overview/",
        "/audit/review/",
        "/audit/cases/",
        "/audit/ledger",
    ]

    assert all('data-mark="Ruth, auditor, ' in sign_in(auditor).get(page).text for page in pages)
    assert all("data-mark" not in sign_in(officer).get(page).text for page in pages)
    assert "data-mark" not in sign_in(auditor).get("/accounts/profile/").text
