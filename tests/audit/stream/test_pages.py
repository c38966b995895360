"""Who may see and keep the receivers, what the page says, and that each deed is on the record."""

from __future__ import annotations

import re

import pytest

from apps.accounts.models import Role
from apps.audit.stream.models import Sink
from apps.ledger.ids import new_id
from apps.ledger.models import Event
from tests.audit.conftest import sign_in

pytestmark = pytest.mark.django_db

WEBHOOK = {
    "name": "SIEM",
    "kind": "WEBHOOK",
    "address": "https://siem.example/events",
    "format": "OCSF",
    "begin": "now",
}
DEEDS = ("test", "secret", "pause", "resume", "remove")


@pytest.fixture
def sink(make_sink):
    return make_sink("WEBHOOK", address="https://siem.example/events")


def test_an_admin_sets_a_receiver_up_sees_its_secret_once_and_is_on_the_record(admin):
    browser = sign_in(admin)

    page = browser.post("/audit/stream/add", WEBHOOK)

    secret = re.search(r"whsec_[\w-]+", page.content.decode()).group()
    assert "no-store" in page["Cache-Control"]
    assert secret not in browser.get("/audit/stream/").content.decode()
    assert secret.encode() not in bytes(Sink.objects.get().sealed_secret)
    (event,) = Event.objects.filter(action="STREAM_CREATED")
    assert (event.actor_id, event.subject_label, event.details["format"]) == (admin.pk, "SIEM", "OCSF")
    assert secret not in str(event.details)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("address", "http://siem.example/x", "begins with https://"),
        ("address", "", "Enter a whole address"),
        ("address", "https://169.254.169.254/", "machine credentials"),
        ("name", "", "required"),
        ("format", "XML", "not one of the available choices"),
    ],
)
def test_what_cannot_be_set_up_says_why_and_keeps_what_was_typed(admin, field, value, sentence):
    page = sign_in(admin).post("/audit/stream/add", WEBHOOK | {field: value})

    assert page.status_code == 422
    assert sentence in page.content.decode()
    assert Sink.objects.count() == 0
    if field != "name":
        assert 'value="SIEM"' in page.content.decode()


@pytest.mark.parametrize(
    ("roles", "may_see", "may_keep"),
    [
        ((Role.ADMIN,), 200, 302),
        ((Role.COMPLIANCE_OFFICER,), 200, 302),
        ((Role.AUDITOR,), 200, 403),
        ((Role.EMPLOYEE,), 403, 403),
        ((), 403, 403),
    ],
    ids=["admin", "officer", "auditor", "employee", "nobody"],
)
def test_each_role_sees_and_does_what_is_theirs(make_person, sink, roles, may_see, may_keep):
    browser = sign_in(make_person("reader", roles=roles))

    assert browser.get("/audit/stream/").status_code == may_see
    assert browser.post(f"/audit/stream/{sink.pk}/pause").status_code == may_keep


def test_signed_out_wrong_methods_and_unknown_receivers(client, admin, sink):
    for deed in DEEDS:
        assert client.post(f"/audit/stream/{sink.pk}/{deed}").status_code == 302
        assert sign_in(admin).get(f"/audit/stream/{sink.pk}/{deed}").status_code == 405
        assert sign_in(admin).post(f"/audit/stream/{new_id()}/{deed}").status_code == 404
    assert client.get("/audit/stream/").status_code == 302
    assert Sink.objects.get().is_on


def test_each_deed_is_an_event_and_the_page_says_how_it_stands(admin, sink, monkeypatch):
    monkeypatch.setattr("apps.audit.stream.outgoing.socket.getaddrinfo", _nowhere)
    browser = sign_in(admin)
    for deed in ("test", "pause", "resume", "secret"):
        browser.post(f"/audit/stream/{sink.pk}/{deed}")
    Sink.objects.update(trouble="The receiver answered 500.", failures=3)

    page = browser.get("/audit/stream/").content.decode()
    browser.post(f"/audit/stream/{sink.pk}/remove")

    assert "The receiver answered 500." in page
    assert "Takes nothing" in page
    assert [event.action for event in Event.objects.filter(action__startswith="STREAM").order_by("id")] == [
        "STREAM_CREATED", "STREAM_TESTED", "STREAM_PAUSED", "STREAM_RESUMED", "STREAM_SECRET_CHANGED", "STREAM_REMOVED",
    ]  # fmt: skip
    assert Sink.objects.count() == 0


def _nowhere(*_: object, **__: object) -> list[object]:
    raise OSError


def test_a_hostile_name_is_text_on_the_page(admin, make_sink):
    make_sink(name="<script>alert(1)</script>")

    assert "<script>alert" not in sign_in(admin).get("/audit/stream/").content.decode()
