"""The forms of this room look for people by name: with a reason, on the record, and with one answer to all in vain."""

from __future__ import annotations

import re

import pytest

from apps.accounts.models import Role
from apps.ledger.models import Event
from apps.ledger.records import LedgerUnavailable
from apps.privacy.hold_models import Hold
from apps.privacy.holds import Scope
from tests.audit.conftest import sign_in
from tests.audit.retention.conftest import WHY

pytestmark = pytest.mark.django_db

DOORS = {
    "hold": ("/audit/retention/holds/place", {"name": "Case 7", "kind": "PERSON"}),
    "package": ("/audit/retention/requests/package", {}),
    "erasure": ("/audit/retention/requests/erasure", {}),
}
ASKED = ("HOLD_PLACED", "PACKAGE_REQUESTED", "APPROVAL_ASKED")


@pytest.fixture
def try_name(officer, make_person, monkeypatch):
    """Ask a door about somebody: nobody, one of two namesakes, the officer."""
    monkeypatch.setattr("apps.audit.retention.tasks.work_on.delay", lambda *_: None)
    for username in ("kim1", "kim2"):
        person = make_person(username)
        person.name = "Kim Berg"
        person.save()
    browser = sign_in(officer)

    def ask(door, person, why=WHY):
        path, more = DOORS[door]
        return browser.post(path, {"person": person, "why": why, **more})

    return ask


def error_of(page) -> str:
    return " ".join(re.findall(r'class="field-error"[^>]*>\s*<p>([^<]*)', page.content.decode()))


@pytest.mark.parametrize("door", DOORS)
def test_nobody_namesakes_and_oneself_get_one_answer_and_each_try_is_on_the_record(door, try_name, officer):
    answers = {
        (page.status_code, error_of(page))
        for page in (try_name(door, words) for words in ("No Such Person", "Kim Berg", officer.username))
    }

    ((status, sentence),) = answers
    assert (status, "recorded" in sentence) == (422, True)
    tries = Event.objects.filter(action="IDENTITY_LOOKED_UP").order_by("id")
    assert [event.details["found"] for event in tries] == [0, 2, 1]
    assert {event.details["reason"] for event in tries} == {WHY}
    assert "No Such Person" not in str([event.details for event in tries])
    assert not Event.objects.filter(action__in=ASKED).exists()


@pytest.mark.parametrize("door", DOORS)
def test_without_a_reason_nobody_is_looked_for(door, try_name, maya):
    there, not_there = (try_name(door, words, why="short") for words in (maya.username, "No Such Person"))

    assert error_of(there) == error_of(not_there)
    assert "names nobody" not in error_of(not_there)
    assert not Event.objects.filter(action="IDENTITY_LOOKED_UP").exists()


def test_a_refusal_that_says_somebody_is_held_is_on_the_record_too(try_name, hold, maya):
    hold(Scope("Maya", person_id=maya.pk))

    page = try_name("erasure", maya.username)

    assert page.status_code == 409
    assert Event.objects.get(action="IDENTITY_LOOKED_UP").details["found"] == 1


def test_a_reason_of_blanks_that_fails_late_is_on_the_record_too(try_name, maya):
    page = try_name("erasure", maya.username, why="a            b")

    assert page.status_code == 409
    assert Event.objects.filter(action="IDENTITY_LOOKED_UP").count() == 1


@pytest.mark.parametrize("door", DOORS)
def test_where_the_try_cannot_be_recorded_nothing_is_answered(door, try_name, monkeypatch):
    monkeypatch.setattr("apps.audit.retention.looking.record_event", _no_ledger)

    page = try_name(door, "No Such Person")

    assert page.status_code == 503
    assert "names nobody" not in page.content.decode()


def _no_ledger(*_: object, **__: object) -> None:
    raise LedgerUnavailable("08006")


def test_one_person_is_found_and_held(try_name, maya, officer):
    assert try_name("hold", maya.username).status_code == 302
    assert Hold.objects.get().person_id == maya.pk
    assert officer.has_role(Role.COMPLIANCE_OFFICER)
