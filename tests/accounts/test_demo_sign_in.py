"""One-click sign-in: there in the demo, impossible anywhere else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse
from django.utils import timezone

from apps.accounts import checks
from apps.accounts.demo import PEOPLE, DemoNameTaken, seed_demo
from apps.accounts.models import Membership, Role, RoleAssignment, Team, User
from tests.accounts.conftest import recorded

ROOT = Path(__file__).resolve().parents[2]
SECRET = "".join(chr(97 + number % 26) + str(number) for number in range(40))
pytestmark = pytest.mark.django_db


def become(client, username, **data):
    return client.post(reverse("accounts:demo_sign_in"), {"username": username, **data})


def test_one_click_signs_in_and_goes_where_the_person_wanted(client, demo):
    response = become(client, "maya.lindqvist", next="/documents/")

    assert (response.status_code, response["Location"]) == (302, "/documents/")
    assert client.get(reverse("accounts:profile")).context["person"].name == "Maya Lindqvist"
    assert recorded()[-1] == "DEMO_SIGNED_IN"


def test_the_page_shows_a_card_for_each_of_the_nine_people(client, demo):
    page = client.get(reverse("accounts:sign_in"))

    assert [card.name for card in page.context["demo_cards"]] == [entry.name for entry in PEOPLE]
    assert len(PEOPLE) == 9
    assert "Reviews the record of every exchange" in page.content.decode()


def test_seeding_twice_changes_nothing(demo):
    before = list(User.objects.order_by("id").values()), Membership.objects.count(), RoleAssignment.objects.count()

    seed_demo(now=timezone.now())

    assert before == (
        list(User.objects.order_by("id").values()),
        Membership.objects.count(),
        RoleAssignment.objects.count(),
    )
    assert Team.objects.count() == 3


def test_the_demo_people_hold_what_their_cards_say(demo):
    david = User.objects.get(username="david.kim")
    tom = User.objects.get(username="tom.okafor")

    assert set(david.role_assignments.values_list("role", flat=True)) == {Role.ADMIN, Role.EMPLOYEE}
    assert not david.may_read_records()
    assert tom.memberships.get().standing == Membership.Standing.LEAD


def test_seeding_never_takes_over_a_real_person(make_person):
    make_person("maya.lindqvist")

    with pytest.raises(DemoNameTaken):
        seed_demo(now=timezone.now())


def test_changing_person_changes_the_session_key_and_records_both(client, demo):
    become(client, "maya.lindqvist")
    first = client.session.session_key

    become(client, "david.kim")

    assert client.session.session_key != first
    assert recorded()[-3:] == ["DEMO_SIGNED_IN", "SIGNED_OUT", "DEMO_SIGNED_IN"]


def test_a_person_outside_the_demo_cannot_be_clicked(client, demo, make_person):
    make_person("real.admin", roles=(Role.ADMIN,))

    assert become(client, "real.admin").status_code == 404
    assert become(client, "nobody").status_code == 404
    assert become(client, "").status_code == 404
    assert become(client, "\x00").status_code == 404
    assert "_auth_user_id" not in client.session


def test_a_deactivated_demo_person_is_refused(client, demo):
    User.objects.filter(username="maya.lindqvist").update(is_active=False)

    response = become(client, "maya.lindqvist")

    assert response["Location"] == f"{reverse('accounts:sign_in')}?refused=DEACTIVATED"
    assert "_auth_user_id" not in client.session
    assert recorded()[-1] == "SIGN_IN_REFUSED"
    assert len(client.get(reverse("accounts:sign_in")).context["demo_cards"]) == 8


@pytest.mark.parametrize(("is_embedded", "has_demo_sign_in"), [(False, True), (True, False), (False, False)])
def test_the_address_does_not_exist_outside_the_demo(client, demo, settings, is_embedded, has_demo_sign_in):
    settings.IS_EMBEDDED, settings.HAS_DEMO_SIGN_IN = is_embedded, has_demo_sign_in

    assert become(client, "maya.lindqvist").status_code == 404
    assert client.get(reverse("accounts:demo_sign_in")).status_code == 404
    assert "_auth_user_id" not in client.session
    assert client.get(reverse("accounts:sign_in")).context["demo_cards"] == []


def test_a_click_needs_post_and_a_csrf_token(demo):
    from django.test import Client

    browser = Client(enforce_csrf_checks=True)

    assert browser.get(reverse("accounts:demo_sign_in")).status_code == 405
    assert become(browser, "maya.lindqvist").status_code == 403


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "/\t/evil.example/",
        "javascript:alert(1)",
        "evil.example",
        "http:///evil.example",
        "",
    ],
)
def test_nobody_is_sent_to_another_host_after_signing_in(client, demo, address):
    assert become(client, "maya.lindqvist", next=address)["Location"] == "/"
    assert client.get(reverse("accounts:sign_in"), {"next": address})["Location"] == "/"


def boot(code, **environment):
    """Start a process of the product with nothing but these settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PORTCULLIS_")}
    return subprocess.run(
        [sys.executable, *code],
        env=clean | {"DJANGO_SETTINGS_MODULE": "portal.settings"} | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


@pytest.mark.thorough  # a process of its own
def test_production_refuses_to_start_with_demo_sign_in():
    result = boot(["manage.py", "check"], PORTCULLIS_SECRET_KEY=SECRET, PORTCULLIS_DEMO_SIGN_IN="yes")

    assert result.returncode != 0
    assert "accounts.E001" in result.stderr
    assert "Remove PORTCULLIS_DEMO_SIGN_IN" in result.stderr


@pytest.mark.thorough
def test_the_asgi_application_of_production_refuses_to_load_with_demo_sign_in():
    load = "import django; django.setup(); from apps.accounts.checks import refuse_unsafe_settings as r; r()"
    if (ROOT / "portal" / "asgi.py").exists():
        load = "import portal.asgi"

    result = boot(["-c", load], PORTCULLIS_SECRET_KEY=SECRET, PORTCULLIS_DEMO_SIGN_IN="yes")

    assert result.returncode != 0
    assert "accounts.E001" in result.stderr


def ids():
    return [problem.id for problem in checks.unsafe_settings()]


def test_demo_sign_in_is_fine_in_the_demo_and_refused_elsewhere(settings):
    settings.HAS_DEMO_SIGN_IN = True
    settings.IS_EMBEDDED = True
    assert ids() == []

    settings.IS_EMBEDDED = False
    assert ids() == ["accounts.E001"]
    with pytest.raises(ImproperlyConfigured, match="PORTCULLIS_DEMO_SIGN_IN"):
        checks.refuse_unsafe_settings()


@pytest.mark.parametrize("key", ["", "short", "a" * 80])
def test_production_refuses_a_secret_that_can_be_guessed(settings, key):
    settings.IS_EMBEDDED = False
    settings.SECRET_KEY = key

    assert ids() == ["accounts.E002"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"OIDC_ISSUER": "http://login.example"}, "accounts.E003"),
        ({"OIDC_ISSUER": "https://login.example/" + "x" * 200}, "accounts.E004"),
        ({"OIDC_CLIENT_SECRET": ""}, "accounts.E005"),
        ({"OIDC_CLIENT_ID": ""}, "accounts.E005"),
        ({"SSO_DEFAULT_ROLES": ["EMPLOYEE", "ADMIN"]}, "accounts.E006"),
    ],
)
def test_a_single_sign_on_that_cannot_be_trusted_is_refused(settings, changes, problem):
    right = {"OIDC_ISSUER": "https://login.example", "OIDC_CLIENT_ID": "portcullis", "OIDC_CLIENT_SECRET": "secret"}
    for name, value in (right | changes).items():
        setattr(settings, name, value)

    assert ids() == [problem]
