"""A second officer's consent and original text take a sign-in of the last minutes."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from oidc_provider_mock import _storage

from apps.accounts.identities import identity_from_claims
from apps.accounts.models import Role, User
from apps.audit.approvals import asking
from apps.audit.approvals.asking import Subject
from apps.audit.approvals.deeds import Deed
from apps.audit.approvals.models import Approval
from apps.ledger.models import Event
from tests.accounts.conftest import come_back
from tests.audit.conftest import make_exchange, sign_in  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore::DeprecationWarning:authlib")]

WHY = "A customer complained about it."


@pytest.fixture(autouse=True)
def minutes(settings):
    settings.SIGN_IN_AGAIN_MINUTES = 15


@pytest.fixture
def officer(make_person):
    return make_person("samir", roles=(Role.COMPLIANCE_OFFICER,))


@pytest.fixture
def asked(make_person):
    grace = make_person("grace", roles=(Role.COMPLIANCE_OFFICER,))
    about = Subject("exchange", "1", "An exchange")
    return asking.ask(Deed.UNMASK, subject=about, terms={}, why=WHY, by=grace, now=timezone.now())


def signed_in(person, *, ago=None):
    """Open a browser of somebody who proved who they are so long ago; None: nobody knows."""
    browser = sign_in(person)
    if ago is not None:
        session = browser.session
        session["proved_at"] = (timezone.now() - ago).isoformat()
        session.save()
    return browser


def consent(browser, approval):
    return browser.post(
        reverse("approvals:grant", args=[approval.pk]), HTTP_REFERER="http://testserver/audit/approvals/?x=1"
    )


@pytest.mark.parametrize("ago", [None, timedelta(minutes=15, seconds=1), timedelta(hours=3)])
def test_an_old_sign_in_consents_to_nothing_and_is_led_back(officer, asked, ago):
    answer = consent(signed_in(officer, ago=ago), asked)

    assert answer.status_code == 302
    assert urlsplit(answer["Location"]).path == reverse("accounts:again")
    assert parse_qs(urlsplit(answer["Location"]).query)["next"] == ["/audit/approvals/?x=1"]
    assert Approval.objects.get().state == "OPEN"


def test_a_fresh_sign_in_consents_and_the_event_says_when_it_was(officer, asked):
    consent(signed_in(officer, ago=timedelta(minutes=3)), asked)

    assert Approval.objects.get().state == "GRANTED"
    assert Event.objects.get(action="APPROVAL_GRANTED").details["signed_in_at"]


def test_original_text_is_not_shown_to_an_old_sign_in(officer, make_exchange):  # noqa: F811
    browser = signed_in(officer, ago=timedelta(minutes=16))

    answer = browser.post(f"/audit/exchanges/{make_exchange()}/original", {"reason": WHY})

    assert answer.status_code == 302
    assert not Event.objects.filter(action="AUDIT_UNMASKED").exists()


def test_nobody_comes_to_the_question_without_the_role(make_person, asked):
    assert consent(signed_in(make_person("maya")), asked).status_code == 403


def test_another_site_is_not_where_one_is_led_back_to(officer, asked):
    browser = signed_in(officer)
    answer = browser.post(
        reverse("approvals:grant", args=[asked.pk]), HTTP_REFERER="https://evil.example//evil.example"
    )

    page = browser.get(answer["Location"]).text

    assert "evil.example" not in page.split("<main", 1)[1]


def test_the_demo_proves_it_by_one_click(client, demo):
    grace = User.objects.get(username="grace.oduya")

    client.post(reverse("accounts:demo_sign_in"), {"username": grace.username})
    page = client.get(reverse("accounts:again"), {"next": "/audit/approvals/"}).text

    assert client.session["proved_at"]
    assert "I am Grace Oduya" in page


def walk_again(browser, provider, subject="samir-1"):
    begun = browser.get(reverse("accounts:oidc_begin"), {"again": "yes"})["Location"]
    return begun, come_back(browser, provider.consent(begun, subject))


@pytest.mark.thorough
def test_the_provider_is_asked_to_ask_again_and_its_word_counts(client, provider, walk, monkeypatch):
    before, now = int(time.time()) - 3600, int(time.time())
    monkeypatch.setattr(_storage.AuthorizationCode, "get_auth_time", lambda _: before)
    walk("samir-1")
    first = client.session["proved_at"]
    monkeypatch.setattr(_storage.AuthorizationCode, "get_auth_time", lambda _: now)

    begun, _ = walk_again(client, provider)

    asked_for = parse_qs(urlsplit(begun).query)
    assert (asked_for["prompt"], asked_for["max_age"]) == (["login"], ["0"])
    assert datetime.fromisoformat(first).timestamp() == before
    assert datetime.fromisoformat(client.session["proved_at"]).timestamp() == now


@pytest.mark.parametrize("said", [None, 0, -5, 10**12, True, "1700000000", float("nan")])
def test_a_provider_that_does_not_say_when_leaves_a_sign_in_old(said):
    claims = {"iss": "https://idp.example", "sub": "samir-1", "auth_time": said}

    assert identity_from_claims(claims).proved_at is None


def test_what_is_not_signed_does_not_say_when(client, provider, walk, monkeypatch):
    before = int(time.time()) - 3600
    monkeypatch.setattr(_storage.AuthorizationCode, "get_auth_time", lambda _: before)
    provider.userinfo_becomes = lambda claims: claims | {"auth_time": int(time.time())}

    walk("samir-1", name="", email="")

    assert datetime.fromisoformat(client.session["proved_at"]).timestamp() == before


def test_a_moment_to_come_is_no_later_than_now(client, provider, walk, monkeypatch):
    monkeypatch.setattr(_storage.AuthorizationCode, "get_auth_time", lambda _: int(time.time()) + 86_400)

    walk("samir-1")

    assert client.session["proved_at"] <= timezone.now().isoformat()


def test_another_browser_has_proved_nothing(officer):
    assert "proved_at" not in Client().session
    assert "proved_at" not in signed_in(officer).session
