"""Signed in, signed out, deactivated: what a browser and a socket may still do."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse

from apps.accounts.access import person_of_scope, roles_required, signed_in
from apps.accounts.actors import who
from apps.accounts.backends import PersonBackend
from apps.accounts.models import Role, RoleAssignment, User
from tests.accounts.conftest import recorded

pytestmark = pytest.mark.django_db


def scope_of(client):
    """The scope of a socket this browser has opened, its session loaded long ago."""
    session = SessionStore(client.session.session_key)
    assert session["_auth_user_id"]  # read now, and kept by the session object from here on
    return {"type": "websocket", "session": session, "user": None}


def test_a_socket_sees_the_person_of_its_session(client, make_person):
    maya = make_person()
    client.force_login(maya)

    assert person_of_scope(scope_of(client)) == maya


def test_a_sign_out_ends_the_socket_at_once(client, make_person):
    client.force_login(make_person())
    scope = scope_of(client)

    client.post(reverse("accounts:sign_out"))

    assert person_of_scope(scope) is None


def test_a_deactivation_ends_the_socket_and_the_next_request(client, make_person):
    maya = make_person()
    client.force_login(maya)
    scope = scope_of(client)

    User.objects.filter(pk=maya.pk).update(is_active=False)

    assert person_of_scope(scope) is None
    assert client.get(reverse("accounts:profile")).status_code == 302


def test_a_session_never_becomes_a_person_who_is_not_active(make_person):
    maya = make_person()
    assert PersonBackend().get_user(maya.pk) == maya

    User.objects.filter(pk=maya.pk).update(is_active=False)

    assert PersonBackend().get_user(maya.pk) is None


def test_ended_sessions_stay_ended_after_a_reactivation(client, make_person):
    maya = make_person()
    client.force_login(maya)
    scope = scope_of(client)

    maya.end_sessions()
    maya.save()

    assert person_of_scope(scope) is None
    assert client.get(reverse("accounts:profile")).status_code == 302


def test_an_expired_session_ends_the_socket(client, make_person):
    from datetime import timedelta

    from django.utils import timezone

    client.force_login(make_person())
    scope = scope_of(client)

    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))

    assert person_of_scope(scope) is None


@pytest.mark.parametrize(
    "scope",
    [
        {},
        {"session": None},
        {"session": SessionStore()},
        {"session": SessionStore("unknown-session-key-0123456789ab")},
        {"session": SimpleNamespace(session_key="")},
    ],
)
def test_a_socket_without_a_session_has_no_person(scope):
    assert person_of_scope(scope) is None


def test_signing_out_flushes_the_session_and_is_recorded(client, make_person):
    client.force_login(make_person())
    key = client.session.session_key

    response = client.post(reverse("accounts:sign_out"))

    assert response.status_code == 302
    assert not Session.objects.filter(session_key=key).exists()
    assert recorded() == ["SIGNED_OUT"]
    assert "You are signed out" in client.get(response["Location"]).content.decode()


def test_signing_out_signed_out_records_nothing(client):
    assert client.post(reverse("accounts:sign_out")).status_code == 302
    assert recorded() == []


def test_signing_out_needs_post_and_a_csrf_token(make_person):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(make_person())

    assert browser.get(reverse("accounts:sign_out")).status_code == 405
    assert browser.post(reverse("accounts:sign_out")).status_code == 403
    assert browser.get(reverse("accounts:profile")).status_code == 200


def test_a_sign_in_that_cannot_be_recorded_does_not_happen(client, demo, monkeypatch):
    from apps.accounts import sign_in
    from apps.ledger.records import LedgerUnavailable

    def unavailable(*args, **kwargs):
        raise LedgerUnavailable("test")

    monkeypatch.setattr(sign_in, "record_event", unavailable)
    client.raise_request_exception = False

    response = client.post(reverse("accounts:demo_sign_in"), {"username": "maya.lindqvist"})

    assert response.status_code == 503
    assert "_auth_user_id" not in client.session


def test_the_profile_is_for_people_who_are_signed_in(client, make_person):
    profile = reverse("accounts:profile")

    response = client.get(profile + "?a=1&b=2")
    assert (response.status_code, response["Location"]) == (
        302,
        f"{reverse('accounts:sign_in')}?next=%2Faccounts%2Fprofile%2F%3Fa%3D1%26b%3D2",
    )

    client.force_login(make_person(teams=("Sales",)))
    page = client.get(profile)
    assert page.status_code == 200
    assert "Sales" in page.content.decode()
    assert client.post(profile).status_code == 405


def test_the_sign_in_page_says_honestly_that_nobody_can_sign_in(client):
    page = client.get(reverse("accounts:sign_in"))

    assert page.status_code == 200
    assert "Nobody can sign in yet" in page.content.decode()
    assert client.post(reverse("accounts:sign_in")).status_code == 405


def test_no_stranger_writes_sentences_into_the_sign_in_page(client):
    page = client.get(reverse("accounts:sign_in"), {"refused": "Call 555-0100 and say your password"})

    assert "555-0100" not in page.content.decode()


def test_somebody_signed_in_is_sent_on_from_the_sign_in_page(client, make_person):
    client.force_login(make_person())

    assert client.get(reverse("accounts:sign_in"), {"next": "/documents/"})["Location"] == "/documents/"


@pytest.mark.parametrize(
    "address",
    [
        "login/",
        "signup/",
        "logout/",
        "password/reset/",
        "password/change/",
        "password/set/",
        "email/",
        "confirm-email/",
        "inactive/",
        "reauthenticate/",
        "3rdparty/",
        "3rdparty/signup/",
        "3rdparty/login/error/",
        "social/connections/",
        "oidc/openid_connect/login/",
        "oidc/openid_connect/login/callback/",
        "login/code/confirm/",
        "",
    ],
)
def test_no_page_of_allauth_exists(client, make_person, address):
    for method in (client.get, client.post):
        assert method(f"/accounts/{address}").status_code == 404
    client.force_login(make_person())
    assert client.get(f"/accounts/{address}").status_code == 404


def test_no_name_of_allauth_leads_anywhere():
    for name in ("account_login", "account_signup", "account_email", "socialaccount_signup", "openid_connect_login"):
        with pytest.raises(NoReverseMatch):
            reverse(name, kwargs={"provider_id": "x"} if name.startswith("openid") else None)


@pytest.mark.thorough
def test_no_password_signs_anybody_in(client, make_person):
    maya = make_person()
    maya.set_password("correct horse")
    maya.save()

    assert not client.login(username="maya", password="correct horse")


@roles_required(Role.COMPLIANCE_OFFICER, Role.AUDITOR)
def records_page(request):
    return HttpResponse("records")


@signed_in
def any_page(request):
    return HttpResponse("page")


def asked(view, person, method="GET"):
    from django.contrib.auth.models import AnonymousUser

    request = RequestFactory().generic(method, "/somewhere/?page=2")
    request.user = person or AnonymousUser()
    return view(request)


def test_a_door_for_roles_knows_who_may_pass(make_person):
    assert asked(records_page, make_person("grace", roles=(Role.COMPLIANCE_OFFICER,))).content == b"records"
    assert asked(records_page, make_person("ruth", roles=(Role.AUDITOR,))).content == b"records"
    assert asked(records_page, None)["Location"] == "/accounts/sign-in/?next=%2Fsomewhere%2F%3Fpage%3D2"
    assert asked(records_page, None, "POST")["Location"] == "/accounts/sign-in/"
    with pytest.raises(PermissionDenied):
        asked(records_page, make_person("david", roles=(Role.ADMIN, Role.EMPLOYEE)))


def test_a_role_taken_away_closes_the_door_on_the_next_request(make_person):
    grace = make_person("grace", roles=(Role.COMPLIANCE_OFFICER,))
    asked(records_page, grace)

    RoleAssignment.objects.filter(person=grace).delete()

    with pytest.raises(PermissionDenied):
        asked(records_page, grace)


def test_an_inactive_person_passes_no_door(make_person):
    maya = make_person()
    maya.is_active = False

    assert asked(any_page, maya).status_code == 302
    assert asked(records_page, maya).status_code == 302


def test_the_record_names_a_person_and_the_team_they_act_for(make_person, make_team):
    maya = make_person(teams=("Sales",))

    fact = who(maya, make_team("Sales"))

    assert (fact.id, fact.label, fact.team_label) == (maya.pk, "Maya", "Sales")
    assert who(maya).team_id is None
