"""A person sees who looked at their messages: every kind of look, nobody else's, and nothing of a confidential case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.actors import who
from apps.accounts.models import Role
from apps.audit import looks as desk_looks
from apps.ledger import looks
from apps.ledger.ids import new_id
from apps.ledger.models import Event, HiddenLook
from apps.ledger.records import LedgerUnavailable, record_event, record_refusal
from apps.ledger.vocabulary import Action, Door, Purpose

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def maya(make_person):
    return make_person("maya")


@pytest.fixture
def officer(make_person):
    return make_person("grace", roles=(Role.COMPLIANCE_OFFICER,))


@pytest.fixture
def ask(maya):
    """Record an exchange of Maya's, or of somebody else."""

    def record(person=None, **facts) -> UUID:
        asked = {
            "conversation_id": new_id(),
            "turn_id": new_id(),
            "door": Door.BROWSER,
            "purpose": Purpose.CHAT,
        } | facts
        return record_refusal(who=who(person or maya), model_label="", reason="Refused.", now=NOW, **asked)

    return record


def page_of(person, query: str = "") -> str:
    browser = Client()
    browser.force_login(person)
    return browser.get(f"/looks{query}").content.decode()


def test_an_opened_message_is_shown_with_when_and_in_which_role(maya, officer, ask):
    desk_looks.opened(officer, exchange_id=ask(), label="x", now=NOW + timedelta(hours=1))

    page = page_of(maya)

    assert "2 Mar 2026, 13:00" in page
    assert "A compliance officer" in page
    assert "Opened, as it left: masked" in page
    assert "Grace" not in page


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (Action.AUDIT_UNMASKED, "with the masked words shown"),
        (Action.AUDIT_EXPORTED, "Exported"),
        (Action.LEDGER_PROOF_TAKEN, "Took the proof"),
    ],
)
@pytest.mark.parametrize("facts", [{}, {"purpose": Purpose.TITLE}, {"door": Door.API}, {"turn_id": None}])
def test_every_kind_of_look_at_every_kind_of_message_is_shown(maya, officer, ask, action, words, facts):
    record_event(
        action, who=who(officer), subject_kind="exchange", subject_id=str(ask(**facts)),
        details={"reason": "a secret reason"}, now=NOW,
    )  # fmt: skip

    page = page_of(maya)

    assert words in page
    assert "Somebody at the officers&#x27; desk" in page
    assert "a secret reason" not in page


def test_looks_at_others_stay_with_them(maya, officer, ask, make_person):
    tom = make_person("tom")
    desk_looks.opened(officer, exchange_id=ask(tom), label="x", now=NOW)

    assert "Nobody has looked" in page_of(maya)
    assert "Opened, as it left" in page_of(tom)


def test_a_confidential_case_hides_its_looks_until_it_ends_and_then_all_appear(maya, officer, ask):
    now = timezone.now()
    exchange_id, case = ask(), new_id()
    looks.hide_looks([exchange_id, exchange_id], case_id=case, who=who(officer), now=now)
    desk_looks.opened(officer, exchange_id=exchange_id, label="x", now=now)
    assert "Nobody has looked" in page_of(maya)
    assert looks.looks_in(_conversation_of(exchange_id)) == {}

    looks.show_looks(case_id=case, who=who(officer), now=now)

    assert "Opened, as it left" in page_of(maya)
    acts = Event.objects.filter(action__startswith="LOOKS_").order_by("id").values_list("action", "details")
    assert list(acts) == [("LOOKS_HIDDEN", {"exchanges": 1}), ("LOOKS_SHOWN", {"exchanges": 1})]


def test_what_two_cases_hide_stays_hidden_until_both_have_ended(maya, officer, ask):
    now = timezone.now()
    exchange_id, first, second = ask(), new_id(), new_id()
    desk_looks.opened(officer, exchange_id=exchange_id, label="x", now=now)
    for case in (first, second):
        looks.hide_looks([exchange_id], case_id=case, who=who(officer), now=now)

    looks.show_looks(case_id=first, who=who(officer), now=now)
    assert "Nobody has looked" in page_of(maya)
    looks.show_looks(case_id=second, who=who(officer), now=now)

    assert "Nobody has looked" not in page_of(maya)


def test_hiding_that_cannot_be_recorded_does_not_happen(officer, ask, monkeypatch):
    def refuse(*arguments, **facts):
        raise LedgerUnavailable("53100")

    monkeypatch.setattr("apps.ledger.looks.record_event", refuse)

    with pytest.raises(LedgerUnavailable):
        looks.hide_looks([ask()], case_id=new_id(), who=who(officer), now=NOW)

    assert not HiddenLook.objects.exists()


def test_the_pages_show_every_look_once(maya, officer, ask, monkeypatch):
    monkeypatch.setattr(looks, "PAGE_SIZE", 4)
    exchange_id = ask()
    for minute in range(10):
        desk_looks.opened(officer, exchange_id=exchange_id, label="x", now=NOW + timedelta(minutes=minute))

    seen, before = [], None
    for _ in range(5):
        page = looks.looks_at(maya.pk, before=before)
        seen += [each.look.at for each in page.looks]
        before = page.older
        if before is None:
            break

    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == len(seen) == 10


@pytest.mark.parametrize("query", ["?before=1", "?before=%00", "?before=💥"])
def test_a_broken_place_is_not_found(maya, query):
    browser = Client()
    browser.force_login(maya)

    assert browser.get(f"/looks{query}").status_code == 404


def test_the_signed_out_and_the_wrong_method_see_nothing(client, maya):
    assert client.get("/looks").status_code == 302
    client.force_login(maya)
    assert client.post("/looks").status_code == 405


def test_looks_at_a_turn_stand_with_the_turn(officer, ask):
    conversation, turn = new_id(), new_id()
    first, second = (ask(conversation_id=conversation, turn_id=turn) for _ in range(2))
    desk_looks.opened(officer, exchange_id=first, label="x", now=NOW)
    desk_looks.opened(officer, exchange_id=second, label="x", now=NOW + timedelta(minutes=1))

    found = looks.looks_in(conversation)

    assert {turn_id: [each.exchange_id for each in those] for turn_id, those in found.items()} == {
        turn: [second, first]
    }


def _conversation_of(exchange_id: UUID) -> UUID:
    from apps.ledger.models import Intent

    return Intent.objects.get(pk=exchange_id).conversation_id
