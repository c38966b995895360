"""The pages of keys: who may, what they show once, what they refuse."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import Membership, Role
from apps.api import callers
from apps.api.models import ApiKey
from apps.gateway.models import LoopStop
from apps.ledger.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def david(make_person):
    return make_person("david", roles=(Role.ADMIN, Role.EMPLOYEE), teams=("Sales",))


@pytest.fixture
def lead(make_person):
    person = make_person("lena", teams=("Sales",))
    Membership.objects.filter(person=person).update(standing=Membership.Standing.LEAD)
    return person


@pytest.fixture
def at(client):
    """A person's browser."""

    def sit(person):
        browser = Client()
        browser.force_login(person)
        return browser

    return sit


def address(name, *ids):
    return reverse(f"keys:{name}", args=ids)


def asked(**more):
    return {"name": "Laptop", "days": "30", "scopes": ["CHAT", "MODELS"], **more}


def secret_of(response):
    [secret] = set(re.findall(r"portcullis_[0-9A-Za-z]{49}", response.content.decode()))
    return secret


def doors(key, sales):
    """Every door: address, whether it changes something, who else than its own people is kept out how."""
    return [
        (address("mine"), "get"),
        (address("add", sales.pk), "post"),
        (address("service_add"), "get"),
        (address("key", key.pk), "get"),
        (address("revoke", key.pk), "post"),
        (address("hand_over", key.pk), "post"),
        (address("every_key"), "get"),
    ]


def test_signed_out_people_are_sent_to_the_sign_in_page_and_others_methods_are_refused(
    client, at, david, make_key, sales
):
    for door, method in doors(make_key().row, sales):
        response = getattr(client, method)(door)
        other = at(david).put(door)

        assert response.status_code == 302
        assert response["Location"].startswith(reverse("accounts:sign_in"))
        assert other.status_code == 405


def test_a_strangers_key_is_not_found_and_the_list_of_all_is_for_admins(at, make_person, make_key, sales, maya):
    stranger, key = at(make_person("vera", teams=("Legal",))), make_key().row

    for name in ("key", "revoke", "hand_over"):
        ask = stranger.get if name == "key" else stranger.post
        assert ask(address(name, key.pk)).status_code == 404
        assert ask(address(name, uuid4())).status_code == 404
    assert stranger.post(address("add", sales.pk), asked()).status_code == 404
    assert stranger.get(address("mine") + "?team=sales").status_code == 400
    assert stranger.get(address("every_key")).status_code == 403
    assert at(make_person("omar", roles=(Role.AUDITOR,))).get(address("mine")).status_code == 403
    assert ApiKey.objects.filter(revoked_at=None).count() == 1


def test_every_deed_needs_a_csrf_token(david, make_key, sales):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(david)

    for door in (address("add", sales.pk), address("service_add"), address("revoke", make_key().row.pk)):
        assert browser.post(door, asked()).status_code == 403


def test_a_new_key_is_shown_once_with_texts_to_paste_and_works(at, maya, sales, make_model):
    make_model(sales, label="Large")
    browser = at(maya)

    made = browser.post(address("add", sales.pk), asked())

    secret = secret_of(made)
    assert made["Cache-Control"] == "private, no-store"
    assert "Large" in made.content.decode()
    caller = callers.authenticate(secret, now=timezone.now())
    assert (caller.person, caller.team, caller.scopes) == (maya, sales, {"CHAT", "MODELS"})
    for page in (address("mine"), address("key", caller.key_id)):
        shown = browser.get(page).content.decode()
        assert "Laptop" in shown
        assert secret[15:-4] not in shown
    assert secret[-4:] in shown


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"name": ""}, "Give the key a name."),
        ({"name": "x" * 81}, "at most 80 characters"),
        ({"name": "a\x00b"}, "Null characters are not allowed."),
        ({"scopes": []}, "Mark at least one use."),
        ({"scopes": ["ROOT"]}, "There is no such choice."),
        ({"days": "366"}, "There is no such choice."),
        ({"days": "x"}, "There is no such choice."),
        ({"model_ids": [str(uuid4())]}, "a model that this team may not use"),
        ({"model_ids": ["x"]}, "is not a valid UUID"),
    ],
)
def test_what_makes_no_key_is_said_beside_the_form_and_nothing_is_made(at, maya, sales, make_model, more, sentence):
    make_model(sales)

    refused = at(maya).post(address("add", sales.pk), asked(**more))

    assert refused.status_code == 422
    assert sentence in refused.content.decode()
    assert not ApiKey.objects.exists()


def test_a_key_for_some_models_gives_texts_with_one_of_them(at, maya, sales, make_model):
    make_model(sales, label="Alpha")
    beta = make_model(sales, label="Beta")

    made = at(maya).post(address("add", sales.pk), asked(model_ids=[str(beta.pk)]))

    assert "Alpha" not in made.content.decode()
    assert callers.authenticate(secret_of(made), now=timezone.now()).model_ids == {beta.pk}


def test_a_person_revokes_a_key_and_its_next_call_is_refused(at, maya, make_key):
    made, browser = make_key(), at(maya)

    for said in ("is revoked. Whatever still sends it is refused", "was revoked already"):
        done = browser.post(address("revoke", made.row.pk), follow=True)
        assert said in done.content.decode()

    with pytest.raises(callers.RevokedKey):
        callers.authenticate(made.secret, now=timezone.now())
    actions = Event.objects.filter(subject_id=str(made.row.pk)).values_list("action", flat=True)
    assert sorted(actions) == ["API_KEY_CREATED", "API_KEY_REFUSED", "API_KEY_REVOKED"]


def test_an_admin_and_a_lead_make_service_keys_and_others_are_told_whom_to_ask(
    at, david, lead, maya, sales, make_model
):
    make_model(sales, label="Large")
    for person in (david, lead):
        made = at(person).post(address("service_add") + "?team=sales", asked(name="Report", person=str(maya.pk)))
        caller = callers.authenticate(secret_of(made), now=timezone.now())
        assert (caller.is_service, caller.person) == (True, maya)

    kept_out = at(maya)
    assert "Ask one of them" in kept_out.get(address("service_add")).content.decode()
    assert kept_out.post(address("service_add"), asked(person=str(maya.pk))).status_code == 400
    assert kept_out.post(address("service_add") + "?team=sales", asked(person=str(maya.pk))).status_code == 400
    assert ApiKey.objects.count() == 2


def test_a_service_key_needs_a_person_of_the_team_and_is_handed_to_another(
    at, david, lead, maya, make_person, make_service_key
):
    stranger = make_person("vera", teams=("Legal",))
    browser, add = at(lead), address("service_add") + "?team=sales"
    assert browser.post(add, asked(person=str(stranger.pk))).status_code == 422
    key = make_service_key(by=david).row

    assert browser.post(address("hand_over", key.pk), {"person": str(stranger.pk)}).status_code == 422
    assert at(maya).post(address("hand_over", key.pk), {"person": str(lead.pk)}, follow=True).status_code == 200
    key.refresh_from_db()
    assert key.person == maya, "the person who answers for it does not hand it on by herself"
    browser.post(address("hand_over", key.pk), {"person": str(lead.pk)})
    key.refresh_from_db()
    assert key.person == lead


@pytest.mark.thorough
def test_the_admins_list_is_filtered_and_paged(at, david, maya, make_key, make_service_key, monkeypatch):
    monkeypatch.setattr("apps.api.admin_pages.PAGE", 2)
    keys = [make_key(name=f"Key {number}").row for number in range(3)]
    make_service_key(by=david, name="Robot")
    browser = at(david)
    browser.post(address("revoke", keys[0].pk))

    def shown(query=""):
        return [each.key.name for each in browser.get(address("every_key") + query).context["keys"]]

    assert shown() == ["Robot", "Key 2"]
    following = browser.get(address("every_key")).context["next_page"]
    assert shown(following) == ["Key 1", "Key 0"]
    assert shown("?kind=SERVICE") == ["Robot"]
    assert shown("?state=ended") == ["Key 0"]
    assert shown("?state=working&q=maya") == ["Robot", "Key 2"]
    assert shown("?q=nobody") == shown("?kind=x") == []
    assert browser.get(address("every_key") + "?after=x").status_code == 404


def test_an_admin_sets_what_a_key_may_spend_from_its_own_page(at, david, maya, make_key):
    key = make_key(name="Nightly & more").row
    browser = at(david)

    page = browser.get(address("key", key.pk)).content.decode()
    links = [html.unescape(found) for found in re.findall(r'href="(/console/[^"]*key=[^"]*)"', page)]

    assert len(links) == 2
    for link in links:
        form = browser.get(link).content.decode()
        assert str(key.pk) in form
        assert "Nightly &amp; more" in form
    assert "/console/budgets/" not in at(maya).get(address("key", key.pk)).content.decode()


def test_a_key_that_the_guard_holds_back_says_until_when_and_why_and_its_person_lets_it_go_on(
    at, david, maya, make_key
):
    key, other = make_key(name="Nightly").row, make_key(name="Laptop").row
    stop = held_back(maya, key)
    until = timezone.localtime(stop.until)

    listed = at(maya).get(address("mine")).content.decode()
    page = at(maya).get(address("key", key.pk)).content.decode()

    for text in (listed, page, at(david).get(address("every_key")).content.decode()):
        assert text.count("Held back") == 1
        assert f"{until:%H:%M}</time>" in text
    assert "the same request again and again" in page
    assert "Held back" not in at(maya).get(address("key", other.pk)).content.decode()
    assert f"/console/limits/stops/{stop.pk}/" in at(david).get(address("key", key.pk)).content.decode()

    at(maya).post(reverse("chat:lift_stop", args=[stop.pk]))

    assert "Working" in at(maya).get(address("key", key.pk)).content.decode()


def test_a_stop_that_is_over_or_of_a_key_that_ended_is_not_shown(at, maya, make_key):
    working, revoked = make_key(name="Nightly").row, make_key(name="Laptop").row
    held_back(maya, working, until=timezone.now() - timedelta(seconds=1))
    held_back(maya, revoked)
    at(maya).post(address("revoke", revoked.pk))

    page = at(maya).get(address("mine")).content.decode()

    assert "Held back" not in page
    assert "Working" in page
    assert "Revoked" in page


def held_back(person, key, *, until=None):
    now = timezone.now()
    return LoopStop.objects.create(
        person=person, key_id=key.pk, reason="REPEATS", calls=20, cost=1, currency="USD", began_at=now,
        until=until or now + timedelta(minutes=9),
    )  # fmt: skip
