"""Names, texts and past records leave for another system only once an officer, who did not ask, has consented."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from apps.accounts.models import Role
from apps.audit.approvals.models import Approval
from apps.audit.pseudonyms import pseudonym
from apps.audit.stream import delivering, files
from apps.audit.stream.models import Sink
from apps.ledger import records
from apps.ledger.models import Entry, Event
from apps.ledger.vocabulary import Action
from apps.privacy import keys
from tests.audit.conftest import MAYA, NOON, sign_in

pytestmark = pytest.mark.django_db(transaction=True)

WIDE = {
    "name": "SIEM", "kind": "FILE", "format": "OCSF", "address": "", "begin": "first", "has_names": "on",
    "has_text": "on", "why": "The SOC correlates by name.",
}  # fmt: skip


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.STREAM_DIR = tmp_path / "stream"


@pytest.fixture
def exchange(make_exchange, sequencer):
    """One exchange of Maya's that has its places in the tree."""
    made = make_exchange("Please greet <PERSON_1>", reason="")
    sequencer.round(now=timezone.now())
    return made


@pytest.fixture
def told(sequencer):
    """Bring a receiver what it lacks and give all that it was told."""

    def read(sink: Sink) -> str:
        sequencer.round(now=timezone.now())
        delivering.deliver(sink.pk, clock=timezone.now)
        path = files.folder_of(sink.pk) / files.CURRENT
        return path.read_text() if path.exists() else ""

    return read


def set_up(browser, **changed) -> Sink:
    assert browser.post("/audit/stream/add", WIDE | changed).status_code == 302
    return Sink.objects.get()


def decide(officer, how="grant") -> str:
    asked = Approval.objects.get(deed="STREAM_WIDENED", state="OPEN")
    page = sign_in(officer).post(f"/audit/approvals/{asked.pk}/{how}", {"answer": "Not this year."}, follow=True)
    return page.content.decode()


def test_an_admin_alone_gets_neither_names_nor_texts_nor_the_past_out(admin, exchange, make_exchange, told):
    sink = set_up(sign_in(admin))
    later = make_exchange("And <PERSON_1> too", reason="")

    said = told(sink)

    assert str(later) in said
    assert str(exchange) not in said
    assert pseudonym(MAYA.id) in said
    for secret in ("Maya", str(MAYA.id), "And <PERSON_1>", "Dear <PERSON_1>"):
        assert secret not in said


def test_with_an_officers_consent_the_receiver_gets_what_was_asked_and_that_is_on_the_record(
    admin, officer, exchange, told
):
    sink = set_up(sign_in(admin))

    page = decide(officer)

    assert "You consented." in page
    said = told(Sink.objects.get(pk=sink.pk))
    assert "Please greet <PERSON_1>" in said
    assert "Maya Lindqvist" in said
    assert json.loads(said.splitlines()[0])["metadata"]["sequence"] == 0
    (event,) = Event.objects.filter(action="STREAM_WIDENED")
    assert event.details == {"names": True, "texts": True, "from": 0, "consent": officer.name}
    assert event.actor_id == admin.pk


def test_an_officer_sees_where_it_leads_and_what_goes_along_before_consenting(admin, officer):
    address = "https://siem.example/events"
    sign_in(admin).post("/audit/stream/add", WIDE | {"kind": "WEBHOOK", "address": address})

    page = sign_in(officer).get("/audit/approvals/").content.decode()

    assert address in page
    for words in ("Has names</dt><dd>Yes", "Has text</dt><dd>Yes", "From the first</dt><dd>Yes"):
        assert words in page


@pytest.mark.parametrize("how", ["refuse", "nothing", "withdrawn by asking for less"])
def test_without_consent_nothing_widens(admin, officer, exchange, told, how):
    browser = sign_in(admin)
    sink = set_up(browser)
    if how == "refuse":
        decide(officer, "refuse")
    if how == "withdrawn by asking for less":
        browser.post(f"/audit/stream/{sink.pk}/wider", {"begin": "now", "has_names": "on", "why": WIDE["why"]})
        decide(officer)

    said = told(Sink.objects.get(pk=sink.pk))

    assert "Please greet" not in said
    assert str(exchange) not in said


def test_whoever_is_admin_and_officer_does_not_consent_to_what_they_asked(make_person, exchange):
    both = make_person("bo", roles=(Role.ADMIN, Role.COMPLIANCE_OFFICER))
    sink = set_up(sign_in(both))
    asked = Approval.objects.get()

    assert sign_in(both).post(f"/audit/approvals/{asked.pk}/grant", {"answer": ""}).status_code == 403

    sink.refresh_from_db()
    assert (sink.has_names, sink.has_text, asked.state) == (False, False, "OPEN")


def test_no_consent_counts_for_an_admin_who_is_none_any_more(admin, officer, exchange):
    sink = set_up(sign_in(admin))
    admin.role_assignments.all().delete()

    page = decide(officer)

    sink.refresh_from_db()
    assert "cannot be granted" in page
    assert not sink.has_names


def test_a_receiver_that_was_removed_or_leads_elsewhere_by_now_is_not_widened(admin, officer, exchange):
    sink = set_up(sign_in(admin))
    Sink.objects.filter(pk=sink.pk).update(kind="WEBHOOK", address="https://elsewhere.example/")

    assert "leads somewhere else now" in decide(officer)
    sink.refresh_from_db()
    assert not sink.has_names
    sink.delete()
    assert "leads somewhere else now" in decide(officer)


def test_the_rule_cannot_be_left_to_one(desk):
    assert desk.post("/audit/approvals/rules/STREAM_WIDENED/one", {"why": "It is quicker so."}).status_code == 404


def test_more_takes_a_reason(admin):
    page = sign_in(admin).post("/audit/stream/add", WIDE | {"why": "short"})

    assert page.status_code == 422
    assert "Say why" in page.content.decode()
    assert Sink.objects.count() == 0


def test_people_of_the_staff_are_pseudonyms_in_acts_too_and_offices_ids(admin, officer, told):
    sink = set_up(sign_in(admin), begin="now", has_names="", has_text="", why="")
    by, about = _who(admin), str(MAYA.id)
    records.record_event(
        Action.MEMBER_ADDED, who=by, subject_kind="person", subject_id=about, subject_label="Maya Lindqvist",
        details={"person": about, "by": str(admin.pk)}, now=NOON,
    )  # fmt: skip
    records.record_event(Action.SIGNED_IN, who=MAYA, subject_kind="person", subject_id=about, details={}, now=NOON)

    lines = [json.loads(line) for line in told(sink).splitlines()]

    added = next(line for line in lines if line["metadata"]["event_code"] == "MEMBER_ADDED")
    assert added["actor"]["user"]["uid"] == str(admin.pk)
    assert added["user"]["uid"] == pseudonym(MAYA.id)
    assert added["unmapped"]["by"] == str(admin.pk)
    assert about not in json.dumps(lines)
    assert "Maya" not in json.dumps(lines)


def test_where_pseudonyms_cannot_be_read_nothing_is_sent_and_the_page_says_why(admin, exchange, told, monkeypatch):
    from apps.audit import pseudonyms

    sink = set_up(sign_in(admin))
    Sink.objects.update(cursor=0)
    pseudonyms._remembered.clear()
    monkeypatch.setattr(keys, "open_key", _no_key)

    assert told(sink) == ""

    sink.refresh_from_db()
    assert sink.cursor == 0 < Entry.objects.count()
    assert sink.trouble.startswith("Pseudonyms cannot be read")


def _no_key(*_: object) -> object:
    raise keys.KeyUnavailable("gone")


def _who(person):
    from apps.accounts.actors import who

    return who(person)
