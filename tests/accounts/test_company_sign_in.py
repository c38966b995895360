"""Sign-in at a real OpenID Connect provider, full code flow."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Role, User
from tests.accounts.conftest import begin, come_back, recorded
from tests.accounts.provider import joined, parts_of

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore::DeprecationWarning:authlib")]


def signed_in_person(client):
    user_id = client.session.get("_auth_user_id")
    return User.objects.get(pk=user_id) if user_id else None


def refusal_of(response):
    assert response.status_code == 302
    parts = urlsplit(response["Location"])
    assert parts.path == reverse("accounts:sign_in")
    return parse_qs(parts.query)["refused"][0]


@pytest.mark.thorough
def test_a_new_person_becomes_an_employee_without_a_team(client, walk):
    response = walk("maya-1", to="/documents/?kind=pdf")

    person = signed_in_person(client)
    assert (response.status_code, response["Location"]) == (302, "/documents/?kind=pdf")
    assert (person.name, person.email) == ("Maya Lindqvist", "maya@larkfield.example")
    assert list(person.role_assignments.values_list("role", flat=True)) == [Role.EMPLOYEE]
    assert not person.teams.exists()
    assert recorded() == ["PERSON_CREATED", "SIGNED_IN"]


@pytest.mark.thorough
def test_the_same_subject_comes_back_as_the_same_person(client, walk):
    walk("maya-1")
    first = signed_in_person(client)

    walk("maya-1", browser=(elsewhere := Client()))

    assert signed_in_person(elsewhere) == first
    assert recorded() == ["PERSON_CREATED", "SIGNED_IN", "SIGNED_IN"]


@pytest.mark.thorough
def test_an_email_change_does_not_change_the_person(client, walk):
    walk("maya-1", email="maya@larkfield.example")
    before = signed_in_person(client)

    walk("maya-1", email="maya.berg@larkfield.example", name="Maya Berg", preferred_username="mberg")

    after = signed_in_person(client)
    assert after.pk == before.pk
    assert (after.name, after.email) == ("Maya Berg", "maya.berg@larkfield.example")
    assert User.objects.count() == 1


@pytest.mark.thorough
def test_two_subjects_with_one_email_and_username_are_two_people(client, walk):
    walk("maya-1", email="shared@larkfield.example", email_verified=True, preferred_username="maya")
    first = signed_in_person(client)

    walk("maya-2", email="shared@larkfield.example", email_verified=True, preferred_username="maya")

    assert signed_in_person(client) != first
    assert User.objects.filter(email="shared@larkfield.example").count() == 2


def test_the_email_of_an_existing_person_connects_nothing(client, walk, make_person):
    admin = make_person("david", roles=(Role.ADMIN,))
    User.objects.filter(pk=admin.pk).update(email="david@larkfield.example")

    walk("intruder", email="david@larkfield.example", email_verified=True, preferred_username="david")

    assert signed_in_person(client) != admin
    assert not signed_in_person(client).has_role(Role.ADMIN)
    assert not SocialAccount.objects.filter(user=admin).exists()


@pytest.mark.thorough
def test_another_issuer_never_leads_to_the_people_of_the_old_one(client, walk, provider, settings):
    walk("maya-1")
    old = signed_in_person(client)
    SocialAccount.objects.filter(user=old).update(provider="https://old.example")

    walk("maya-1")

    assert signed_in_person(client) != old
    assert set(SocialAccount.objects.values_list("provider", flat=True)) == {"https://old.example", provider.issuer}


def test_nothing_of_the_provider_is_kept_but_issuer_and_subject(walk):
    walk("maya-1", picture="https://elsewhere.example/maya.png")

    account = SocialAccount.objects.get()
    assert (account.uid, account.extra_data) == ("maya-1", {})
    assert not SocialToken.objects.exists()
    assert not EmailAddress.objects.exists()


def test_state_nonce_and_pkce_go_along_and_are_fresh_each_time(client, provider):
    first, second = (parse_qs(urlsplit(begin(client)).query) for _ in range(2))

    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]
        assert len(first[name][0]) >= 16
    assert first["code_challenge_method"] == ["S256"]
    assert first["response_type"] == ["code"]
    assert set(first["scope"][0].split()) == {"openid", "profile", "email"}
    assert first["redirect_uri"] == ["http://localhost:8000/accounts/oidc/callback/"]


def test_the_address_cannot_bend_the_request_to_the_provider(client, provider):
    response = client.get(
        reverse("accounts:oidc_begin"),
        {"auth_params": "nonce=mine&prompt=none", "scope": "admin", "process": "connect"},
    )

    sent = parse_qs(urlsplit(response["Location"]).query)
    assert sent["nonce"] != ["mine"]
    assert "prompt" not in sent
    assert "admin" not in sent["scope"][0]


def test_the_redirect_address_does_not_follow_the_host_header(client, provider, settings):
    settings.ALLOWED_HOSTS = ["*"]

    response = client.get(reverse("accounts:oidc_begin"), headers={"host": "evil.example"})

    sent = parse_qs(urlsplit(response["Location"]).query)
    assert sent["redirect_uri"] == ["http://localhost:8000/accounts/oidc/callback/"]


def test_a_wrong_state_signs_nobody_in(client, provider):
    provider.knows("maya-1")
    back = provider.consent(begin(client), "maya-1")

    response = come_back(client, back.replace("state=", "state=x"))

    assert refusal_of(response) == "EXPIRED"
    assert signed_in_person(client) is None
    assert provider.token_requests == []
    assert recorded() == ["SIGN_IN_REFUSED"]


def test_a_sign_in_begun_by_an_attacker_does_not_end_in_the_victims_browser(client, provider):
    attackers_answer = provider.consent(begin(Client()), "attacker")

    response = come_back(client, attackers_answer)

    assert refusal_of(response) == "EXPIRED"
    assert signed_in_person(client) is None
    assert recorded() == []  # this browser never began a sign-in: strangers cannot fill the record


def test_a_replayed_answer_signs_nobody_in(client, provider):
    back = provider.consent(begin(client), "maya-1")
    come_back(client, back)
    client.post(reverse("accounts:sign_out"))

    response = come_back(client, back)

    assert refusal_of(response) == "EXPIRED"
    assert signed_in_person(client) is None


@pytest.mark.thorough
def test_a_replayed_code_under_a_fresh_state_signs_nobody_in(client, provider):
    used = parse_qs(urlsplit(back := provider.consent(begin(client), "maya-1")).query)
    come_back(client, back)
    client.post(reverse("accounts:sign_out"))
    fresh = parse_qs(urlsplit(begin(client)).query)

    response = come_back(
        client, f"{reverse('accounts:oidc_callback')}?code={used['code'][0]}&state={fresh['state'][0]}"
    )

    assert refusal_of(response) == "UNPROVEN"
    assert signed_in_person(client) is None


def test_an_answer_with_the_nonce_of_another_sign_in_signs_nobody_in(client, walk, provider):
    provider.nonce_becomes = "a nonce that this portal did not choose"

    response = walk()

    assert refusal_of(response) == "UNPROVEN"
    assert signed_in_person(client) is None
    assert recorded() == ["SIGN_IN_REFUSED"]


def test_the_code_is_worthless_without_the_verifier(client, provider):
    back = provider.consent(begin(client), "maya-1")
    code = parse_qs(urlsplit(back).query)["code"][0]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": "portcullis",
        "client_secret": "the client's secret",
        "redirect_uri": "http://localhost:8000/accounts/oidc/callback/",
    }

    status, _, body = provider.request("POST", "/oauth2/token", urlencode(form))

    assert (status, "id_token" in body) == (400, False)
    assert come_back(client, back)["Location"] == "/"
    assert len(provider.token_requests[-1]["code_verifier"]) >= 43


def test_a_provider_without_pkce_in_the_request_refuses(provider):
    status, _, _ = provider.request(
        "GET", "/oauth2/authorize?client_id=portcullis&response_type=code&scope=openid&redirect_uri=x&nonce=n", ""
    )

    assert status == 400


def _unsigned(answer):
    header, claims, _ = parts_of(answer["id_token"])
    return answer | {"id_token": joined(header | {"alg": "none"}, claims, "")}


def _someone_else(answer):
    header, claims, signature = parts_of(answer["id_token"])
    return answer | {"id_token": joined(header, claims | {"sub": "david-1"}, signature)}


def _no_id_token(answer):
    return {key: value for key, value in answer.items() if key != "id_token"}


@pytest.mark.parametrize("tamper", [_unsigned, _someone_else, _no_id_token])
def test_an_id_token_that_proves_nothing_signs_nobody_in(client, walk, provider, tamper):
    provider.token_becomes = tamper

    response = walk()

    assert refusal_of(response) == "UNPROVEN"
    assert signed_in_person(client) is None
    assert User.objects.count() == 0


def test_an_id_token_of_another_issuer_signs_nobody_in(client, walk, provider):
    provider.token_host_becomes = "evil.localhost"

    assert refusal_of(walk()) == "UNPROVEN"
    assert signed_in_person(client) is None


@pytest.mark.thorough
def test_an_id_token_for_another_client_signs_nobody_in(client, walk, provider):
    provider.client_id_becomes = "another-client"

    assert refusal_of(walk()) == "UNPROVEN"
    assert signed_in_person(client) is None


def test_a_discovery_document_of_another_issuer_begins_nothing(client, provider):
    provider.discovery_becomes = lambda config: config | {"issuer": "https://evil.example"}

    response = client.get(reverse("accounts:oidc_begin"))

    assert refusal_of(response) == "UNPROVEN"


def test_userinfo_about_somebody_else_signs_nobody_in(client, walk, provider):
    provider.userinfo_becomes = lambda claims: claims | {"sub": "david-1", "name": "David Kim"}

    response = walk("maya-1", name="", email="maya@larkfield.example")

    assert refusal_of(response) == "UNPROVEN"
    assert signed_in_person(client) is None


def test_an_answer_that_says_it_comes_from_another_issuer_signs_nobody_in(client, provider):
    back = provider.consent(begin(client), "maya-1")

    response = come_back(client, f"{back}&iss=https%3A%2F%2Fevil.example")

    assert refusal_of(response) == "UNPROVEN"
    assert provider.token_requests == []


def test_cancelling_at_the_provider_is_said_calmly(client, provider):
    address = begin(client)
    state = parse_qs(urlsplit(address).query)["state"][0]
    back = provider.consent(address, "maya-1", action="deny")

    response = come_back(client, f"{back}&state={state}")  # the package leaves the state out of a refusal

    assert refusal_of(response) == "CANCELLED"
    assert "The sign-in was cancelled" in client.get(response["Location"]).content.decode()


def test_a_provider_that_is_down_is_said_calmly(client, provider, settings):
    settings.OIDC_ISSUER = "http://localhost:1"

    response = client.get(reverse("accounts:oidc_begin"))

    assert refusal_of(response) == "UNREACHABLE"
    assert "does not answer at the moment" in client.get(response["Location"]).content.decode()


@pytest.mark.thorough
def test_a_deactivated_person_is_refused_and_told_why(client, walk):
    walk("maya-1")
    person = signed_in_person(client)
    client.post(reverse("accounts:sign_out"))
    User.objects.filter(pk=person.pk).update(is_active=False)

    response = walk("maya-1")

    assert refusal_of(response) == "DEACTIVATED"
    assert signed_in_person(client) is None
    assert recorded()[-1] == "SIGN_IN_REFUSED"


def test_the_session_key_changes_at_sign_in(client, provider):
    address = begin(client)
    planted = client.session.session_key

    come_back(client, provider.consent(address, "maya-1"))

    assert client.session.session_key != planted
    assert signed_in_person(client)


def test_the_addresses_do_not_exist_without_a_provider(client):
    assert client.get(reverse("accounts:oidc_begin")).status_code == 404
    assert client.get(reverse("accounts:oidc_callback")).status_code == 404


def test_only_get_reaches_the_provider(client, provider):
    assert client.post(reverse("accounts:oidc_begin")).status_code == 405
    assert client.post(reverse("accounts:oidc_callback")).status_code == 405
