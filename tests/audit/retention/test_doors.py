"""Every door of this room on the same ladder, and what it says to bad input."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.accounts.models import Role
from apps.audit.approvals.models import Approval
from apps.audit.pseudonyms import pseudonym
from apps.audit.retention.models import PersonRequest, Purge
from apps.ledger.models import Event
from apps.ledger.records import LedgerUnavailable
from apps.ledger.vocabulary import Action
from apps.privacy.hold_models import Hold
from apps.privacy.holds import Scope
from tests.audit.conftest import sign_in
from tests.audit.retention.conftest import NOW, WHY

pytestmark = pytest.mark.django_db

ROOT = "/audit/retention"
READ = ["/", "/purge", "/holds", "/requests", "/requests/list"]
ACT = [
    "/change",
    "/purge/start",
    "/purge/pause",
    "/purge/resume",
    "/holds/place",
    "/holds/{hold}/lift",
    "/requests/package",
    "/requests/erasure",
    "/requests/{request}/discard",
    "/requests/{request}/download",
]


@pytest.fixture(autouse=True)
def no_worker(monkeypatch):
    monkeypatch.setattr("apps.audit.retention.tasks.purge.delay", lambda: None)


@pytest.fixture
def address(hold, maya, officer):
    placed = hold(Scope("Maya", person_id=maya.pk))
    request = PersonRequest.objects.create(
        kind="ACCESS", state="DONE", person_id=maya.pk, person_label="Maya", reason=WHY, asked_at=NOW,
        asked_by_id=officer.pk, asked_by_label="Grace", size=3, ended_at=NOW, expires_at=NOW,
    )  # fmt: skip
    return lambda path: ROOT + path.format(hold=placed.pk, request=request.pk)


@pytest.mark.parametrize("path", READ)
@pytest.mark.parametrize("role", [Role.COMPLIANCE_OFFICER, Role.AUDITOR])
def test_officers_and_auditors_read_every_page(make_person, address, role, path):
    response = sign_in(make_person("reader", roles=(role,))).get(address(path))

    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("path", READ)
@pytest.mark.parametrize("roles", [(Role.ADMIN,), (Role.EMPLOYEE,), ()])
def test_nobody_else_reads_any_page(make_person, address, roles, path):
    response = sign_in(make_person("stranger", roles=roles)).get(address(path))

    assert response.status_code == 403


@pytest.mark.parametrize("path", ACT)
@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN, Role.EMPLOYEE])
def test_only_officers_act(make_person, address, role, path):
    response = sign_in(make_person("stranger", roles=(role,))).post(address(path))

    assert response.status_code == 403
    assert not Purge.objects.exists()
    assert Hold.objects.in_force().count() == 1


@pytest.mark.parametrize("path", [*READ, "/mine"])
def test_the_signed_out_are_sent_to_sign_in(address, path):
    assert Client().get(address(path)).status_code == 302


@pytest.mark.parametrize("path", ACT)
def test_an_act_by_address_alone_is_refused(desk, address, path):
    assert desk.get(address(path)).status_code == 405


@pytest.mark.parametrize("path", ["/holds/{none}/lift", "/requests/{none}/discard", "/requests/{none}/download"])
def test_what_is_not_there_is_not_found(desk, path):
    form = {"why": WHY}
    assert desk.post(ROOT + path.format(none="01900000-0000-7000-8000-000000000000"), form).status_code == 404


def test_an_officer_neither_sees_nor_touches_a_request_or_hold_about_themselves(address, maya):
    maya.role_assignments.create(role=Role.COMPLIANCE_OFFICER)
    herself = sign_in(maya)

    assert "Case 12" not in herself.get(address("/holds")).content.decode()
    assert "in writing" not in herself.get(address("/requests")).content.decode()
    assert herself.post(address("/holds/{hold}/lift"), {"why": WHY}).status_code == 404
    assert herself.post(address("/requests/{request}/download")).status_code == 404


def test_a_page_that_cannot_be_recorded_is_not_shown(desk, address, monkeypatch):
    def refuse(*args, **kwargs):
        raise LedgerUnavailable("08006")

    monkeypatch.setattr("apps.audit.retention.looking.record_event", refuse)

    response = desk.get(address("/holds"))

    assert response.status_code == 503
    assert "Case 12" not in response.content.decode()


def test_each_look_at_a_page_is_an_event(desk, address):
    desk.get(address("/"))
    desk.get(address("/holds"))

    looks = Event.objects.filter(action=Action.AUDIT_RETENTION_OPENED).order_by("id")
    assert [look.details["page"] for look in looks] == ["schedules", "holds"]


def test_another_schedule_is_asked_for_and_put_in_force_at_the_consent(desk, second, make_team):
    desk.post(f"{ROOT}/change", {"team": str(make_team().pk), "kept": "DAYS", "days": "365", "why": WHY})
    asked = Approval.objects.get()
    assert asked.terms == {"kept": "365 days", "days": 365}

    sign_in(second).post(f"/audit/approvals/{asked.pk}/grant", {"answer": ""})

    assert "365 days" in desk.get(f"{ROOT}/").content.decode()
    changed = Event.objects.get(action=Action.SCHEDULE_CHANGED)
    assert (changed.actor_label, changed.details["consent"]) == ("Grace", "Samir")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"kept": "DAYS", "days": "182", "why": WHY}, "183 days at least"),
        ({"kept": "DAYS", "days": "", "why": WHY}, "183 days at least"),
        ({"kept": "DAYS", "days": "soon", "why": WHY}, "whole number"),
        ({"kept": "DAYS", "days": "99999999999", "why": WHY}, "36,500 days at most"),
        ({"kept": "DAYS", "days": "365", "why": "short"}, "10 to 500 characters"),
        ({"kept": "REST", "why": WHY}, "how it is already"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_and_nothing_typed_is_lost(desk, typed, sentence):
    response = desk.post(f"{ROOT}/change", typed)

    assert response.status_code == 422
    page = response.content.decode()
    assert sentence in page
    assert typed["why"] in page
    assert not Approval.objects.exists()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"kind": "PERSON", "person": "nobody"}, "This names nobody"),
        ({"kind": "PERSON", "person": "grace"}, "This names nobody"),
        ({"kind": "TEAM"}, "Choose the team"),
        ({"kind": "QUERY", "query": "outcome=NONSENSE"}, "no search of the list"),
        ({"kind": "QUERY", "query": "\x00" * 20}, "ull characters"),
        ({"kind": "ELSE"}, "ELSE"),
        ({"kind": "PERSON", "person": "a" * 1_000_000}, "at most 200 characters"),
    ],
)
def test_a_hold_that_cannot_be_is_refused_and_nothing_typed_is_lost(desk, maya, typed, sentence):
    response = desk.post(f"{ROOT}/holds/place", {"name": "Case 7", "why": WHY, **typed})

    assert response.status_code == 422
    page = response.content.decode()
    assert sentence in page
    assert "Case 7" in page
    assert not Hold.objects.exists()


@pytest.mark.parametrize(
    ("typed", "covers"),
    [
        ({"kind": "PERSON", "person": "MAYA"}, "{pseudonym}"),
        ({"kind": "PERSON", "person": "{pseudonym}"}, "{pseudonym}"),
        ({"kind": "TEAM"}, "Sales"),
        ({"kind": "QUERY", "query": "/audit/exchanges?q=greet"}, "greet"),
    ],
)
def test_a_hold_is_in_force_at_once(desk, maya, typed, covers):
    words = pseudonym(maya.pk)
    typed = {name: value.format(pseudonym=words) for name, value in typed.items()}
    form = {"name": "Case 7", "why": WHY, "team": str(maya.teams.get().pk), **typed}

    assert desk.post(f"{ROOT}/holds/place", form).status_code == 302

    assert covers.format(pseudonym=words) in Hold.objects.in_force().get().scope_label
    assert Event.objects.filter(action=Action.HOLD_PLACED).count() == 1


def test_a_lifting_without_a_reason_is_refused_beside_its_hold(desk, address):
    response = desk.post(address("/holds/{hold}/lift"), {"why": "no"})

    assert response.status_code == 422
    assert "10 to 500 characters" in response.content.decode()


def test_an_erasure_under_a_hold_is_refused_with_a_sentence(desk, address, maya):
    response = desk.post(f"{ROOT}/requests/erasure", {"person": "maya", "why": WHY})

    assert response.status_code == 409
    assert "legal hold covers" in response.content.decode()


def test_a_second_package_at_once_is_refused_with_a_sentence(desk, maya):
    form = {"person": "maya", "why": WHY}
    assert desk.post(f"{ROOT}/requests/package", form).status_code == 302

    assert desk.post(f"{ROOT}/requests/package", form).status_code == 409


def test_a_person_finds_and_takes_the_copy_of_their_own_data_and_nobody_elses(address, maya, make_person, monkeypatch):
    monkeypatch.setattr("apps.audit.retention.storing.opened", lambda package_id: iter([b"zip"]))
    package = PersonRequest.objects.get()
    herself, another = sign_in(maya), sign_in(make_person("tom"))

    assert f"/audit/retention/mine/{package.pk}" in herself.get(f"{ROOT}/mine").content.decode()
    taken = herself.get(f"{ROOT}/mine/{package.pk}")
    assert b"".join(taken.streaming_content) == b"zip"
    assert Event.objects.get(action=Action.PACKAGE_DOWNLOADED).actor_id == maya.pk
    assert str(package.pk) not in another.get(f"{ROOT}/mine").content.decode()
    assert another.get(f"{ROOT}/mine/{package.pk}").status_code == 404


def test_a_package_without_its_file_is_not_found(desk, address, left_to_one):
    left_to_one("EXPORT")

    assert desk.post(address("/requests/{request}/download")).status_code == 404


def test_pausing_and_resuming_are_on_the_record(desk, address):
    desk.post(address("/purge/pause"))
    assert "Paused" in desk.get(address("/")).content.decode()
    desk.post(address("/purge/resume"))

    acts = Event.objects.filter(action__startswith="PURGE_").order_by("id").values_list("action", flat=True)
    assert list(acts) == ["PURGE_PAUSED", "PURGE_RESUMED"]


def test_people_are_shown_by_pseudonym(desk, address, maya):
    for path in ("/holds", "/requests"):
        page = desk.get(address(path)).content.decode()
        assert pseudonym(maya.pk) in page
        assert "Maya" not in page
