"""Who is behind a pseudonym: with a reason, on the record, for one session and eight hours."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.accounts.models import Role
from apps.audit import names
from apps.audit.pseudonyms import pseudonym
from apps.ledger.facts import Who
from apps.ledger.models import Event
from apps.ledger.records import LedgerUnavailable, record_event
from apps.ledger.vocabulary import Action
from tests.audit.conftest import NOON, sign_in

pytestmark = pytest.mark.django_db

REASON = "Case 2026-17: a complaint by a customer"


@pytest.fixture
def maya(make_person):
    person = make_person("maya")
    person.name = "Maya <b>Lindqvist</b>"
    person.save()
    return person


@pytest.fixture
def exchange(maya, make_exchange):
    """The address of an exchange of Maya's."""
    return f"/audit/exchanges/{make_exchange(who=Who(maya.pk, maya.name))}"


def reveal(browser, person, reason=REASON, **more):
    return browser.post("/audit/people/reveal", {"pseudonym": pseudonym(person.pk), "reason": reason, **more})


def acts() -> list[tuple[str, str]]:
    return list(Event.objects.filter(action__startswith="IDENTITY").order_by("id").values_list("action", "subject_id"))


@pytest.mark.thorough
def test_nobody_is_named_on_any_page_before_somebody_says_why(desk, maya, exchange):
    record_event(Action.SIGNED_IN, who=Who(maya.pk, maya.name), now=NOON)
    record_event(
        Action.PERSON_DEACTIVATED, who=None, subject_kind="person", subject_id=str(maya.pk), subject_label=maya.name,
        details={"person": maya.name, "person_id": str(maya.pk)}, now=NOON,
    )  # fmt: skip
    desk.get(exchange)

    for address in (exchange, "/audit/exchanges", "/audit/events", "/audit/people"):
        page = desk.get(address).text
        assert "Lindqvist" not in page, address
        assert str(maya.pk) not in page, address
        assert pseudonym(maya.pk) in page or address == "/audit/people"


def test_a_name_is_shown_with_a_reason_and_until_when(desk, officer, maya, exchange):
    answer = reveal(desk, maya, back=exchange)

    assert (answer.status_code, answer["Location"]) == (302, exchange)
    page = desk.get(exchange).text
    assert "Maya &lt;b&gt;Lindqvist" in page
    assert f"because: {REASON}" in page
    (event,) = Event.objects.filter(action="IDENTITY_REVEALED")
    assert (event.actor_id, event.subject_id, event.subject_label) == (officer.pk, str(maya.pk), pseudonym(maya.pk))
    assert event.details["reason"] == REASON


def test_another_officer_and_another_session_see_no_name(desk, officer, maya, exchange, make_person):
    reveal(desk, maya)

    for browser in (sign_in(officer), sign_in(make_person("samir", roles=(Role.COMPLIANCE_OFFICER,)))):
        assert "Lindqvist" not in browser.get(exchange).text


def test_a_name_hides_itself_after_eight_hours(officer, maya):
    session: dict[str, object] = {}
    names.reveal(officer, maya.pk, reason=REASON, session=session, now=NOON)

    just_before, then = NOON + timedelta(hours=8, seconds=-1), NOON + timedelta(hours=8)

    assert names.is_shown(maya.pk, session=session, now=just_before)
    assert not names.is_shown(maya.pk, session=session, now=then)
    assert names.shown(session, now=then) == []


def test_a_name_can_be_hidden_again_and_that_is_recorded_once(desk, maya, exchange):
    reveal(desk, maya)

    for _ in range(2):
        assert desk.post("/audit/people/hide", {"pseudonym": pseudonym(maya.pk), "back": exchange}).status_code == 302

    assert "Lindqvist" not in desk.get(exchange).text
    assert [action for action, _ in acts()] == ["IDENTITY_REVEALED", "IDENTITY_HIDDEN"]


@pytest.mark.parametrize("reason", ["", "          ", "because", "x" * 501, "a          b"])
def test_without_a_reason_no_name_is_shown_and_nothing_typed_is_lost(desk, maya, exchange, reason):
    page = reveal(desk, maya, reason)

    assert page.status_code == 400
    assert "Say why you need to know this" in page.text
    assert pseudonym(maya.pk) in page.text
    assert "Lindqvist" not in desk.get(exchange).text
    assert acts() == []


def test_somebody_is_found_by_name_with_a_reason(desk, maya):
    page = desk.post("/audit/people/find", {"name": "lindq", "reason": REASON}).text

    assert f"{pseudonym(maya.pk)} is Maya &lt;b&gt;Lindqvist" in page
    assert acts() == [("IDENTITY_LOOKED_UP", ""), ("IDENTITY_REVEALED", str(maya.pk))]
    assert "lindq" not in str(list(Event.objects.values_list("details", flat=True)))


@pytest.mark.parametrize(("name", "status"), [("nobody at all", 404), ("person", 400), ("ma", 400)])
def test_a_look_for_nobody_for_everybody_or_for_two_letters_shows_nobody(desk, maya, make_person, name, status):
    for number in range(11):
        make_person(f"person{number}")

    page = desk.post("/audit/people/find", {"name": name, "reason": REASON})

    assert page.status_code == status
    assert f'value="{name}"' in page.text
    assert not Event.objects.filter(action="IDENTITY_REVEALED").exists()


@pytest.mark.parametrize("roles", [(Role.AUDITOR,), (Role.ADMIN,), (Role.EMPLOYEE,), ()])
def test_nobody_but_an_officer_learns_a_name(make_person, maya, roles):
    browser = sign_in(make_person("reader", roles=roles))

    assert browser.get("/audit/people").status_code == 403
    assert reveal(browser, maya).status_code == 403
    assert browser.post("/audit/people/find", {"name": "maya", "reason": REASON}).status_code == 403
    assert acts() == []


def test_what_cannot_be_recorded_is_not_revealed(desk, maya, exchange, monkeypatch):
    def refuse(*arguments, **facts):
        raise LedgerUnavailable("53100")

    with monkeypatch.context() as broken:
        broken.setattr("apps.audit.names.record_event", refuse)
        assert reveal(desk, maya).status_code == 503

    assert "Lindqvist" not in desk.get(exchange).text


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_the_way_back_stays_in_the_portal(desk, maya, elsewhere):
    assert reveal(desk, maya, back=elsewhere)["Location"] == "/audit/people"


def test_the_signed_out_and_the_wrong_method_learn_nothing(client, desk, maya):
    assert reveal(client, maya).status_code == 302
    assert desk.get("/audit/people/reveal").status_code == 405
    assert desk.post("/audit/people").status_code == 405
    assert desk.post("/audit/people/hide", {"pseudonym": "nonsense"}).status_code == 400
    assert acts() == []


def test_who_acts_in_office_is_named_and_their_pseudonym_is_not_told(desk, make_person):
    david = make_person("david", roles=(Role.ADMIN, Role.EMPLOYEE))
    david_as_actor = Who(david.pk, "David Kim")
    record_event(
        Action.ROLE_GRANTED, who=david_as_actor, subject_kind="person", subject_id=str(david.pk),
        subject_label="David Kim", details={"role": "AUDITOR"}, now=NOON,
    )  # fmt: skip
    record_event(Action.CONVERSATION_STARTED, who=david_as_actor, now=NOON)

    in_office = desk.get("/audit/events", {"topic": "PEOPLE"}).text
    as_employee = desk.get("/audit/events", {"topic": "CONVERSATIONS"}).text

    assert "David Kim" in in_office
    assert pseudonym(david.pk) not in in_office
    assert pseudonym(david.pk) in as_employee
    assert "David Kim" not in as_employee.partition("<tbody>")[2]


def test_no_id_of_a_person_asks_for_events_about_them(desk, maya):
    by_id = desk.get("/audit/events", {"subject": f"person:{maya.pk}"})
    by_pseudonym = desk.get("/audit/events", {"subject": f"person:{pseudonym(maya.pk)}"})

    assert by_id.status_code == 400
    assert by_pseudonym.status_code == 200
