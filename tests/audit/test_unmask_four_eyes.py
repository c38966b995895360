"""Two officers for the original text: one asks, another consents, and the first reads it once."""

from __future__ import annotations

import html

import pytest
from django.utils import timezone

from apps.accounts.models import Role
from apps.audit.approvals.models import Approval, State
from apps.ledger.facts import Who
from apps.ledger.ids import new_id
from apps.ledger.models import Event
from apps.privacy.findings import Finding
from apps.privacy.vault import Vault
from tests.audit.conftest import sign_in

pytestmark = pytest.mark.django_db

NAME = "Zebulon Quartermain"
REASON = "Case 2026-17: a complaint by a customer"


@pytest.fixture
def second(make_person):
    return make_person("samir", roles=(Role.COMPLIANCE_OFFICER,))


@pytest.fixture
def address(make_exchange, make_person):
    """The address of an exchange of Maya's about somebody."""
    maya = make_person("maya")
    vault = Vault.open(new_id())
    vault.mask(NAME, [Finding("PERSON", 0, len(NAME), 1.0, "")])
    vault.save()
    kept = vault.conversation_id
    return f"/audit/exchanges/{make_exchange(conversation_id=kept, who=Who(maya.pk, maya.name), now=timezone.now())}"


@pytest.fixture
def asked(desk, address):
    desk.post(f"{address}/original/ask", {"reason": REASON})
    return Approval.objects.get()


def consent(second, asked):
    assert sign_in(second).post(f"/audit/approvals/{asked.pk}/grant", {"answer": ""}).status_code == 302


def test_one_officer_alone_sees_nothing(desk, address):
    page = desk.post(f"{address}/original", {"reason": REASON})

    assert page.status_code == 409
    assert "A second officer has to consent" in page.text
    assert NAME not in html.unescape(page.text)
    assert not Event.objects.filter(action="AUDIT_UNMASKED").exists()


def test_who_asks_sees_that_it_waits_and_nothing_more(desk, address, asked):
    page = desk.get(address).text

    assert "Waiting for a second officer" in page
    assert REASON in page
    assert "Show the original text now" not in page
    assert desk.post(f"{address}/original", {"reason": REASON}).status_code == 409


@pytest.mark.thorough
def test_with_consent_the_words_are_shown_once_with_who_when_and_why(desk, officer, second, address, asked):
    consent(second, asked)
    assert "Show the original text now" in desk.get(address).text

    page = desk.post(f"{address}/original")

    assert page.status_code == 200
    assert NAME in html.unescape(page.text)
    assert f'data-mark="Shown to {officer.name}, ' in page.text
    assert page.text.count(REASON) >= 2
    (event,) = Event.objects.filter(action="AUDIT_UNMASKED")
    assert event.details["reason"] == REASON
    assert Approval.objects.get().state == State.SPENT
    assert desk.post(f"{address}/original").status_code == 409


def test_a_consent_is_worth_nothing_to_anybody_else(second, address, asked, make_person):
    consent(second, asked)
    third = make_person("noor", roles=(Role.COMPLIANCE_OFFICER,))

    for other in (second, third):
        page = sign_in(other).post(f"{address}/original", {"reason": REASON})
        assert page.status_code == 409
        assert NAME not in html.unescape(page.text)


def test_the_one_who_asked_does_not_consent(desk, asked):
    assert desk.post(f"/audit/approvals/{asked.pk}/grant", {"answer": ""}).status_code == 403
    assert Approval.objects.get().state == State.OPEN


def test_what_cannot_be_recorded_leaves_the_consent_unused(desk, second, address, asked, monkeypatch):
    from apps.ledger.records import LedgerUnavailable

    def refuse(*arguments, **facts):
        raise LedgerUnavailable("53100")

    consent(second, asked)
    with monkeypatch.context() as broken:
        broken.setattr("apps.privacy.unmasking.record_event", refuse)
        assert desk.post(f"{address}/original").status_code == 503

    assert Approval.objects.get().state == State.GRANTED


@pytest.mark.parametrize("reason", ["", "because", "x" * 501])
def test_asking_takes_a_reason(desk, address, reason):
    page = desk.post(f"{address}/original/ask", {"reason": reason})

    assert page.status_code == 400
    assert "Say why you need to see this" in page.text
    assert not Approval.objects.exists()


@pytest.mark.parametrize("roles", [(Role.AUDITOR,), (Role.ADMIN,), (Role.EMPLOYEE,), ()])
def test_nobody_but_an_officer_asks(make_person, address, roles):
    browser = sign_in(make_person("reader", roles=roles))

    assert browser.post(f"{address}/original/ask", {"reason": REASON}).status_code == 403
    assert not Approval.objects.exists()


def test_asking_wants_somebody_signed_in_the_right_method_and_an_exchange(client, desk, address):
    assert client.post(f"{address}/original/ask", {"reason": REASON}).status_code == 302
    assert desk.get(f"{address}/original/ask").status_code == 405
    assert desk.post(f"/audit/exchanges/{new_id()}/original/ask", {"reason": REASON}).status_code == 404
    assert not Approval.objects.exists()
