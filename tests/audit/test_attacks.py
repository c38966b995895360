"""What an officer with bad intent would try: each was a way in once."""

from __future__ import annotations

import base64
import secrets
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from apps.accounts.actors import who
from apps.accounts.models import Role
from apps.audit.approvals import asking
from apps.audit.approvals.asking import NotApproved, Subject
from apps.audit.approvals.deeds import Deed
from apps.audit.approvals.models import Approval
from apps.audit.cases import contents, work
from apps.audit.pseudonyms import _remembered, person_behind, pseudonym
from apps.audit.retention import packaging, requests
from apps.audit.retention.models import PersonRequest
from apps.audit.review.models import Item
from apps.audit.scope import events_for
from apps.audit.stream import secrets_of_sinks
from apps.ledger.models import Event
from apps.privacy import holds
from tests.audit.cases.conftest import make_case  # noqa: F401
from tests.audit.conftest import MAYA, NOON, sign_in
from tests.audit.review.conftest import make_item, make_queue, place, tree  # noqa: F401
from tests.audit.stream.conftest import admin, make_sink  # noqa: F401

pytestmark = pytest.mark.django_db

WHY = "A customer complained about it."
ABOUT = Subject("exchange", "1", "An exchange")


@pytest.fixture
def second(make_person):
    return make_person("omar", roles=(Role.COMPLIANCE_OFFICER,))


@pytest.fixture
def consented(officer, second):
    """A consent of the second officer to showing one original text."""
    asked = asking.ask(Deed.UNMASK, subject=ABOUT, terms={"masked": 1}, why=WHY, by=officer, now=NOON)
    return asking.grant(asked.pk, by=second, now=NOON)


def lose_role(person):
    person.role_assignments.all().delete()


def spend(officer, **changed):
    asked = {"subject": ABOUT, "terms": {"masked": 1}, "by": officer, "now": NOON} | changed
    return asking.spend(Deed.UNMASK, **asked)


def test_a_consent_of_somebody_who_is_no_officer_any_more_counts_for_nothing(officer, second, consented):
    lose_role(second)

    with pytest.raises(NotApproved):
        spend(officer)


def test_a_consent_counts_for_its_terms_its_officer_and_once(officer, second, consented):
    for changed in ({"terms": {"masked": 2}}, {"by": second}, {"subject": Subject("exchange", "2", "Another")}):
        with pytest.raises(NotApproved):
            spend(officer, **changed)

    spend(officer)

    with pytest.raises(NotApproved):
        spend(officer)


@pytest.mark.parametrize("deed", [Deed.FOUR_EYES_OFF, Deed.UNMASK])
def test_nothing_is_granted_to_somebody_who_is_no_officer_any_more(officer, second, deed):
    about = asking.rule_about(Deed.UNMASK)
    asked = asking.ask(deed, subject=about, terms={}, why=WHY, by=officer, now=timezone.now())
    lose_role(officer)

    page = sign_in(second).post(f"/audit/approvals/{asked.pk}/grant", {"answer": ""}, follow=True)

    assert "no compliance officer any more" in page.content.decode()
    assert Approval.objects.get().state == "OPEN"
    assert asking.is_needed(Deed.UNMASK)


def test_names_disappear_with_the_role_even_in_the_session_that_shows_them(officer, desk, make_exchange):
    exchange_id = make_exchange()
    address = f"/audit/exchanges/{exchange_id}"
    desk.post("/audit/people/reveal", {"pseudonym": pseudonym(MAYA.id), "reason": WHY})
    assert "Maya Lindqvist" in desk.get(address).content.decode()

    lose_role(officer)
    officer.role_assignments.create(role=Role.AUDITOR)

    page = desk.get(address).content.decode()
    assert "Maya Lindqvist" not in page
    assert "Maya Lindqvist" not in desk.get("/audit/events").content.decode()


def test_many_items_are_closed_in_their_own_queue_alone(desk, make_queue, make_item):  # noqa: F811
    item = make_item(make_queue("First"))
    other = make_queue("Second")

    response = desk.post(
        f"/audit/review/queues/{other.pk}/close", {"items": [str(item.pk)], "tag": "COMPLIANT", "is_read": "on"}
    )

    assert response.status_code == 404
    assert Item.objects.get(pk=item.pk).state == "OPEN"


def test_a_colleagues_own_words_are_not_read_alone_by_way_of_a_copy_of_their_data(
    officer, second, desk, make_person, monkeypatch
):
    person = make_person("maya", teams=("Sales",))
    made = requests.ask_for_package(person, why=WHY, by=officer, now=timezone.now())
    packaging.make(made.pk, now=timezone.now())
    address = f"/audit/retention/requests/{made.pk}/download"

    alone = desk.post(address)
    again = desk.post(address)

    assert (alone.status_code, again.status_code) == (302, 302)
    assert not Event.objects.filter(action="PACKAGE_DOWNLOADED").exists()
    asked = Approval.objects.get()
    asking.grant(asked.pk, by=second, now=timezone.now())
    assert sign_in(second).post(address).status_code == 302
    assert b"".join(desk.post(address).streaming_content)[:2] == b"PK"
    assert desk.post(address).status_code == 302
    assert Event.objects.filter(action="PACKAGE_DOWNLOADED").count() == 1
    own = sign_in(person).get(f"/audit/retention/mine/{made.pk}")
    assert b"".join(own.streaming_content)[:2] == b"PK"
    assert PersonRequest.objects.get().state == "DONE"


@pytest.fixture
def case_about_second(make_case, make_exchange, officer, second):  # noqa: F811
    """A case that holds an exchange of the second officer."""

    def make(*, is_confidential):
        case = make_case(title="What Omar asked", is_confidential=is_confidential)
        picked = contents.chosen(make_exchange(who=who(second)), by=officer)
        contents.add(case, [picked], by=officer, how="one by one", now=NOON)
        return case

    return make


@pytest.mark.parametrize("is_confidential", [False, True])
def test_an_officer_learns_nothing_of_a_case_about_themselves(second, case_about_second, is_confidential):
    case = case_about_second(is_confidential=is_confidential)
    browser = sign_in(second)

    for path in ("", "/custody"):
        assert browser.get(f"/audit/cases/{case.pk}{path}").status_code == 404
    for page in ("/audit/cases/", "/audit/events", "/audit/events?topic=RECORDS"):
        shown = browser.get(page).content.decode()
        assert case.number not in shown
        assert "What Omar asked" not in shown
    assert not events_for(second).filter(subject_kind="case").exists()


def test_nobody_is_put_to_work_on_a_case_about_themselves(desk, second, case_about_second):
    case = case_about_second(is_confidential=False)

    for deed in ("officer", "members"):
        page = desk.post(f"/audit/cases/{case.pk}/{deed}", {"person": str(second.pk)}, follow=True)
        assert "nobody handles their own" in page.content.decode()
    with pytest.raises(work.IsAboutThem):
        work.add_member(case, person=second, by=case.officer, now=NOON)


def test_a_confidential_case_is_not_in_others_list_of_events(desk, second, make_case):  # noqa: F811
    hidden, open_one = make_case(is_confidential=True), make_case()

    shown = sign_in(second).get("/audit/events").content.decode()

    assert hidden.number not in shown
    assert open_one.number in shown
    assert hidden.number in desk.get("/audit/events").content.decode()


def test_what_the_desk_does_about_an_officer_is_not_in_their_list_of_events(officer, second, desk):
    about = holds.Scope("Omar", person_id=second.pk)
    holds.place(about, name="Case 12", reason=WHY, remembered=set(), by=who(officer), now=NOON)
    requests.ask_for_package(second, why=WHY, by=officer, now=NOON)
    desk.post("/audit/people/reveal", {"pseudonym": pseudonym(second.pk), "reason": WHY})

    theirs = set(events_for(second).values_list("action", flat=True))
    others = set(events_for(officer).values_list("action", flat=True))

    assert others >= {"HOLD_PLACED", "PACKAGE_REQUESTED", "IDENTITY_REVEALED"}
    assert not theirs & {"HOLD_PLACED", "PACKAGE_REQUESTED", "IDENTITY_REVEALED"}


def test_another_master_key_leaves_pseudonyms_and_receivers_as_they_are(make_sink, settings, tmp_path):  # noqa: F811
    sink = make_sink("WEBHOOK", address="https://siem.example/events")
    words, secret = pseudonym(MAYA.id), secrets_of_sinks.unseal(sink)
    old, new = settings.MASTER_KEY_FILE, tmp_path / "new.key"
    new.write_bytes(base64.b64encode(secrets.token_bytes(32)))
    settings.MASTER_KEY_FILE = str(new)

    call_command("rewrap_data_keys", "--from", str(Path(old)))
    _remembered.clear()

    assert pseudonym(MAYA.id) == words
    assert person_behind(words) == MAYA.id
    assert secrets_of_sinks.unseal(sink) == secret
