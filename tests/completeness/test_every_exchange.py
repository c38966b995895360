"""Each door and each way an exchange can end: the record is whole, and the day's accounts agree with the provider's."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import Role
from apps.audit import sealed
from apps.audit.approvals.deeds import Deed
from apps.chat import abandoned
from apps.gateway import departures
from apps.gateway.models import Budget, Grant, PriceVersion
from apps.ledger import reconciliation
from apps.ledger.models import Departure, Intent, Outcome
from apps.privacy.findings import Finding
from apps.privacy.vault import Vault
from tests.audit.conftest import sign_in
from tests.fake_provider import PAUSE

pytestmark = pytest.mark.django_db(transaction=True)

QUESTION = "Please greet Grace Hopper"
CONVERSING = ("browser", "chat_completions", "responses", "messages", "batch")
EVERY_DOOR = (*CONVERSING, "embeddings")


def typed_in(intent: Intent) -> list[str]:
    opened = sealed.open_typed(intent.conversation_id, bytes(intent.sealed_typed or b""))
    return [said.text for said in opened.messages]


def left_in(intent: Intent) -> str:
    return "\n".join(said.text for said in sealed.open_payload(intent.conversation_id, intent.sealed_payload).messages)


def compared():
    """Write the count down and compare the day as it will be compared tomorrow."""
    departures.write_down()
    now = timezone.now()
    return reconciliation.compare(now.date(), now=now + timedelta(days=1, hours=2))


@pytest.mark.parametrize("door", EVERY_DOOR)
def test_an_answer_leaves_what_was_typed_beside_what_left_and_how_it_came_about(doors, provider, door):
    provider.will_answer("Dear <PERSON_1>.")
    model = doors.embedder if door == "embeddings" else doors.asker.model
    PriceVersion.objects.create(
        model=model, input_price=2, output_price=8, currency="USD", from_at=timezone.now(), set_by_label="David",
        took_effect_at=timezone.now(),
    )  # fmt: skip
    model.provider.region = "eu-central-1"
    model.provider.save()

    intent = doors.ask(door, QUESTION)

    assert intent.outcome.kind == "ANSWERED"
    assert typed_in(intent) == [QUESTION]
    assert "Grace" not in left_in(intent)
    assert "Please greet <PERSON_1>" in left_in(intent)
    assert [span["type"] for span in intent.masked] == ["PERSON"]
    assert "Grace" not in json.dumps([intent.circumstances, intent.masked, intent.passages])
    known = intent.circumstances
    assert known["chosen_by"] == "CALLER"
    assert known["region"] == "eu-central-1"
    assert known["price"].endswith("USD per million tokens")
    assert known["price_version"] == PriceVersion.objects.latest("pk").pk
    assert bool(known.get("key_id")) == (door != "browser")
    assert intent.policy_version
    assert intent.prompt_version
    assert (compared().calls, compared().missing) == (1, {})
    assert str(Departure.objects.get().call_id) == known["call_id"]


@pytest.mark.parametrize("door", EVERY_DOOR)
def test_an_officer_with_a_reason_reads_the_words_that_were_masked_and_none_that_were_masked_later(
    doors, provider, make_person, left_to_one, door
):
    provider.will_answer("Dear <PERSON_1>.")
    left_to_one(Deed.UNMASK)
    officer = sign_in(make_person("samir", roles=(Role.COMPLIANCE_OFFICER,)))

    intent = doors.ask(door, QUESTION)
    later = Vault.open(intent.conversation_id)
    later.mask("Alan Turing", [Finding("PERSON", 0, 11, 1.0, "")])
    later.save()
    page = officer.post(f"/audit/exchanges/{intent.pk}/original", {"reason": "Inquiry 2026-17: a complaint"})

    assert re.findall('<mark class="unmasked"[^>]*>([^<]*)</mark>', page.text)[0] == "Grace Hopper"
    assert set(Vault.open(intent.conversation_id, as_of=intent.recorded_at).placeholders) == {"<PERSON_1>"}


@pytest.mark.parametrize("door", EVERY_DOOR)
def test_what_the_policy_blocks_is_recorded_with_what_was_typed_and_what_it_was_blocked_for(
    doors, provider, rule, door
):
    rule(PERSON="BLOCK")

    intent = doors.ask(door, QUESTION)

    assert intent.outcome.kind == "REFUSED"
    assert typed_in(intent) == [QUESTION]
    assert [(span["type"], span["reason"].split()[0]) for span in intent.masked] == [("PERSON", "BLOCKED_BY_POLICY")]
    assert "Grace" not in json.dumps(intent.masked) + intent.outcome.reason
    assert provider.requests == provider.embedding_requests == []
    assert (compared().calls, compared().missing) == (0, {})


@pytest.mark.parametrize("door", [door for door in CONVERSING if door != "batch"])
def test_what_is_refused_for_money_is_recorded_with_what_would_have_left(doors, provider, door):
    Budget.objects.update(hard_limit="0.000001")

    intent = doors.ask(door, QUESTION)

    assert intent.outcome.kind == "REFUSED"
    assert typed_in(intent) == [QUESTION]
    assert "Please greet <PERSON_1>" in left_in(intent)
    assert [span["type"] for span in intent.masked] == ["PERSON"]
    assert (compared().calls, compared().missing) == (0, {})


@pytest.mark.parametrize("door", ["browser", "chat_completions", "batch"])
def test_a_call_that_broke_off_or_ran_over_its_limit_is_counted_and_concluded(doors, provider, door):
    provider.will_die_after(1, "Dear ", "<PERSON_1>")

    intent = doors.ask(door, QUESTION)

    assert intent.outcome.kind == "FAILED"
    assert typed_in(intent) == [QUESTION]
    assert (compared().calls, compared().missing) == (1, {})


def test_an_answer_that_is_cut_at_its_limit_is_recorded_as_cut(doors, provider):
    doors.asker.model.max_output_tokens = 64
    doors.asker.model.save()
    provider.will_answer(*["word "] * 400)

    intent = doors.ask("browser", QUESTION)

    assert (intent.outcome.kind, intent.outcome.reason.split(":")[0]) == ("FAILED", "CUT_AT_LIMIT")
    assert compared().missing == {}


def test_a_program_that_hangs_up_leaves_a_stopped_exchange(doors, provider):
    provider.will_answer("Dear ", PAUSE, "friend")
    exchange = doors.begin(QUESTION)
    exchange.wait_for_a_piece()

    exchange.hang_up()

    assert doors.ended().outcome.kind == "STOPPED"
    assert (compared().calls, compared().missing) == (1, {})


def test_an_exchange_whose_process_died_is_unknown_and_still_accounted_for(doors, provider):
    provider.will_hang_before_headers()
    doors.begin(QUESTION)
    provider.wait_for_requests()

    abandoned.conclude_forgotten(now=timezone.now() + timedelta(minutes=10))

    assert doors.ended().outcome.kind == "UNKNOWN"
    assert (compared().calls, compared().missing) == (1, {})


def test_a_question_asked_again_names_the_turn_it_replaces(doors, provider):
    provider.will_fail(500)
    provider.will_answer("Dear <PERSON_1>.")
    first = doors.asker.ask(QUESTION)

    doors.asker.client.post(f"/turns/{first.pk}/retry")
    again = doors.asker.closed(doors.asker.newest())

    record = Intent.objects.get(pk=again.intent_id)
    assert record.circumstances["replaces_turn_id"] == str(first.pk)
    assert Intent.objects.get(pk=first.intent_id).outcome.kind == "FAILED"


def test_another_model_in_place_of_one_that_failed_names_the_exchange_before_it(doors, provider, make_model):
    other = make_model(doors.asker.person.teams.get(), provider=provider, label="Other", egress_class="OUTSIDE")
    doors.asker.model.fallback = "ANY_IN_CLASS"
    doors.asker.model.save()
    provider.will_fail(500)
    provider.will_answer("Dear <PERSON_1>.")

    intent = doors.ask("browser", QUESTION)

    failed = Intent.objects.order_by("id").first()
    assert (intent.model_label, failed.outcome.kind) == (other.label, "FAILED")
    assert intent.circumstances["chosen_by"] == "FALLBACK"
    assert intent.circumstances["asked_for"] == doors.asker.model.label
    assert intent.circumstances["follows_intent_id"] == str(failed.pk)
    assert (compared().calls, compared().missing) == (2, {})


def test_a_deleted_conversation_leaves_its_exchange_and_a_model_the_team_lost_its_refusal(doors, provider):
    provider.will_answer("Dear <PERSON_1>.")
    turn = doors.asker.ask(QUESTION)

    doors.asker.client.post(f"/c/{turn.conversation_id}/delete")
    Grant.objects.all().delete()
    refused = doors.ask("chat_completions", QUESTION)

    assert Outcome.objects.get(intent_id=turn.intent_id).kind == "ANSWERED"
    assert (refused.outcome.kind, typed_in(refused)) == ("REFUSED", [QUESTION])


def test_a_connection_test_is_an_exchange_with_its_call(doors, provider, make_person, sign_in):
    provider.will_answer("Yes.")

    sign_in(make_person("ada", roles=(Role.ADMIN,))).post(f"/console/models/{doors.asker.model.pk}/test/")

    intent = doors.ended()
    assert (intent.purpose, intent.outcome.kind) == ("CONNECTION_TEST", "ANSWERED")
    assert (compared().calls, compared().missing) == (1, {})
