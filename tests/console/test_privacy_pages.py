"""The pages of the privacy policy: who reads and who changes it, what it refuses, and a text tried on it."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.accounts.models import Role
from apps.ledger.models import Event
from apps.privacy import engine, policies
from apps.privacy.models import PolicyVersion
from apps.privacy.policy import DEFAULT, TYPES, Rule, Treatment

pytestmark = pytest.mark.django_db
SECRET_WORDS = "The password is hunter2!Xyz-99, ask grace.hopper@example.com"


@pytest.fixture
def signed_in_as(make_person):
    def sign_in(*roles):
        client = Client()
        client.force_login(make_person("-".join(roles).lower() or "nobody", roles=roles))
        return client

    return sign_in


@pytest.fixture
def admin(signed_in_as):
    return signed_in_as(Role.ADMIN)


@pytest.fixture(scope="module", autouse=True)
def _engine_ends_with_the_module():
    yield
    engine.shut_down()


def rules(*, team="", side="OUTSIDE", based_on=0, inherit=False, **changes):
    """Fill the form as it stands in the default profile, but for `changes`: field name, dashes as ``__``."""
    form = {"team": team, "side": side, "based_on": based_on}
    for type_ in TYPES:
        form[f"treatment-{type_}"] = "" if inherit else "MASK"
        form[f"threshold-{type_}"] = "0"
        if DEFAULT.rule(type_).may_release:
            form[f"release-{type_}"] = "on"
    return form | {name.replace("__", "-"): value for name, value in changes.items()}


def in_force(team_id=None, side="OUTSIDE"):
    return policies.in_force(team_id=team_id, egress_class=side)


@pytest.mark.parametrize("role", Role.values)
def test_readers_of_the_record_read_the_policy_and_only_admins_change_it(signed_in_as, role):
    client = signed_in_as(role)
    may_read = role in {Role.ADMIN, Role.COMPLIANCE_OFFICER, Role.AUDITOR}

    page = client.get("/console/privacy/")
    changed = client.post("/console/privacy/change/", rules(treatment__PERSON="BLOCK"))

    assert page.status_code == client.get("/console/privacy/try/").status_code == (200 if may_read else 403)
    assert ("Put in force" in page.content.decode()) == (role == Role.ADMIN)
    assert changed.status_code == (302 if role == Role.ADMIN else 403)
    assert PolicyVersion.objects.count() == (1 if role == Role.ADMIN else 0)


def test_nobody_signed_out_sees_it():
    for path in ("/console/privacy/", "/console/privacy/try/"):
        assert Client().get(path).headers["Location"].startswith("/accounts/sign-in/")
    assert Client().post("/console/privacy/change/", rules()).status_code == 302
    assert not PolicyVersion.objects.exists()


def test_a_change_is_in_force_at_once_told_in_words_and_kept_with_what_was(admin):
    admin.post("/console/privacy/change/", rules(treatment__PERSON="BLOCK", threshold__EMAIL="0.5"))

    page = admin.get("/console/privacy/").content.decode()

    assert in_force().rule("PERSON") == Rule(Treatment.BLOCK)
    assert "is refused when it holds any of these: names." in page
    assert "<strong>Name:</strong> <del>Mask, may be released</del>" in page
    assert "<ins>Mask, from a score of 0.5</ins>" in page
    assert set(Event.objects.get(action="POLICY_CHANGED").details) == {"PERSON", "EMAIL"}


def test_saving_without_a_change_makes_no_version(admin):
    admin.post("/console/privacy/change/", rules())

    assert not PolicyVersion.objects.exists()


def test_a_team_goes_by_the_company_but_for_what_is_ruled_for_it(admin, make_team):
    sales = make_team("Sales")

    admin.post(
        "/console/privacy/change/", rules(team=str(sales.pk), side="INSIDE", inherit=True, treatment__EMAIL="ALLOW")
    )

    assert in_force(sales.pk, "INSIDE").rule("EMAIL").treatment == "ALLOW"
    assert in_force(sales.pk, "OUTSIDE").rule("EMAIL").treatment == in_force(side="INSIDE").rule("EMAIL").treatment
    page = admin.get(f"/console/privacy/?team={sales.pk}&side=INSIDE").content.decode()
    assert "e-mail addresses: left in clear" in page
    assert "Company: Mask" in page


def test_secrets_leave_the_network_only_after_a_second_yes(admin):
    asked = admin.post("/console/privacy/change/", rules(treatment__SECRET="ALLOW"))
    assert asked.status_code == 422
    assert "I confirm that passwords and keys leave" in asked.content.decode()
    assert not PolicyVersion.objects.exists()

    admin.post("/console/privacy/change/", rules(treatment__SECRET="ALLOW", is_confirmed="on"))

    assert in_force().rule("SECRET").treatment == "ALLOW"
    assert ">confirmed<" in admin.get("/console/privacy/").content.decode()


@pytest.mark.parametrize(
    "change",
    [
        {"treatment__PERSON": "SHOUT"},
        {"treatment__PERSON": ""},
        {"threshold__PERSON": "0.95"},
        {"threshold__PERSON": "-1"},
        {"threshold__PERSON": "nan"},
        {"based_on": "x"},
    ],
)
def test_bad_input_changes_nothing(admin, change):
    assert admin.post("/console/privacy/change/", rules(**change)).status_code == 422
    assert not PolicyVersion.objects.exists()


def test_an_unknown_team_or_side_is_a_bad_request(admin):
    assert admin.get("/console/privacy/?side=UP").status_code == 400
    assert admin.get("/console/privacy/?side=INSIDE&team=1").status_code == 400
    assert admin.post("/console/privacy/change/", rules(side="")).status_code == 400


def test_an_older_page_does_not_overwrite_a_newer_change(admin):
    admin.post("/console/privacy/change/", rules(treatment__PERSON="BLOCK"))

    late = admin.post("/console/privacy/change/", rules(treatment__PERSON="ALLOW"))

    assert late.status_code == 422
    assert "Somebody changed this policy" in late.content.decode()
    assert in_force().rule("PERSON").treatment == "BLOCK"


def test_a_tried_text_shows_what_would_happen_and_why_and_is_kept_nowhere(admin):

    admin.post("/console/privacy/change/", rules(treatment__EMAIL="ALLOW"))
    before = Event.objects.count()

    page = admin.post("/console/privacy/try/", {"text": SECRET_WORDS, "side": "OUTSIDE", "team": ""}).content.decode()

    assert '<mark class="trial-mark is-clear">grace.hopper@example.com</mark>' in page
    assert "Leave in clear" in page
    assert "Password or key" in page
    event = Event.objects.get(action="POLICY_TRIED")
    assert (Event.objects.count() - before, event.details) == (1, {"characters": len(SECRET_WORDS)})


def test_a_text_is_not_tried_when_the_engine_is_down(admin, monkeypatch):
    async def down(_text):
        raise engine.ScrubberUnavailable

    monkeypatch.setattr(engine, "detect_async", down)

    page = admin.post("/console/privacy/try/", {"text": SECRET_WORDS, "side": "OUTSIDE"})

    assert page.status_code == 503
    assert engine.ENGINE_FAILED in page.content.decode()


def test_markup_in_a_tried_text_stays_text(admin):
    page = admin.post("/console/privacy/try/", {"text": "<script>alert(1)</script> Grace Hopper", "side": "INSIDE"})

    assert "<script>alert(1)" not in page.content.decode()
