"""Programs ask how many tokens a request takes: as many as admission counts, of models they may call, for nothing."""

from __future__ import annotations

import pytest

from apps.api import counting
from apps.chat.pace import Pace
from apps.gateway.models import Grant, LanguageModel, Reservation
from apps.ledger.models import Intent

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = "/v1/messages/count_tokens"
ASKED = {
    "system": "You tell the weather.",
    "messages": [
        {"role": "user", "content": "Is it warm? " * 30},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "look", "input": {"where": "here"}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "21 degrees, no wind"}]},
    ],
    "tools": [
        {"name": "look", "description": "Look out of the window", "input_schema": {"type": "object", "properties": {}}}
    ],
}


@pytest.fixture(autouse=True)
def nobody_asked_before(monkeypatch):
    monkeypatch.setattr(counting, "COUNTS", Pace(at_once=3, a_second=0))


def test_a_count_is_what_admission_holds_against_the_window(program, provider, model):
    provider.always_answers("It is.")
    body = {"model": program.model, **ASKED}

    [(name, count)] = program.call(ADDRESS, body).json.items()

    assert name == "input_tokens"
    for window, status in ((count + 64, 200), (count + 63, 400)):
        LanguageModel.objects.filter(pk=model.pk).update(context_window=window, max_output_tokens=64)
        assert program.call("/v1/messages", {**body, "max_tokens": 100}).status == status


def test_a_count_sends_keeps_and_holds_nothing(program, provider):
    reply = program.call(ADDRESS, {"model": program.model, **ASKED})

    assert reply.status == 200
    assert provider.requests == []
    assert not Intent.objects.exists()
    assert not Reservation.objects.exists()


def test_a_model_taken_away_or_not_on_the_keys_list_is_not_counted_for(program, make_key, make_model, sales):
    other = make_model(sales, label="Other")
    listed = make_key(model_ids=(other.pk,), name="Listed").secret
    body = {"model": program.model, **ASKED}

    beside_the_list = program.call(ADDRESS, body, headers={"authorization": f"Bearer {listed}"})
    Grant.objects.filter(model__label=program.model).delete()

    for refused in (beside_the_list, program.call(ADDRESS, body)):
        assert refused.status == 404
        assert (refused.json["type"], refused.error["type"]) == ("error", "not_found_error")


def test_refusals_have_anthropics_shape_and_say_what_is_wrong(program):
    no_key = program.call(ADDRESS, {"model": program.model, **ASKED}, headers={"authorization": ""})
    no_messages = program.call(ADDRESS, {"model": program.model})

    assert (no_key.status, no_key.error["type"]) == (401, "authentication_error")
    assert (no_messages.status, no_messages.error["type"]) == (400, "invalid_request_error")
    assert "messages" in no_messages.error["message"]


@pytest.mark.parametrize("text", ["\ud800", "a\x00b", "\udfff" * 1000])
def test_half_a_character_and_what_no_database_holds_are_counted_like_any_other(program, text):
    reply = program.call(ADDRESS, {"model": program.model, "messages": [{"role": "user", "content": text}]})

    assert reply.status == 200
    assert reply.json["input_tokens"] > 40


def test_a_key_that_asks_too_often_is_asked_to_wait(program):
    body = {"model": program.model, **ASKED}

    replies = [program.call(ADDRESS, body) for _ in range(4)]

    assert [reply.status for reply in replies] == [200, 200, 200, 429]
    assert replies[-1].headers["retry-after"] == "1"


def test_a_long_request_counts_as_many(program):
    long = {"model": program.model, "messages": [{"role": "user", "content": "Is it warm? " * 17_000}]}

    replies = [program.call(ADDRESS, asked) for asked in (long, {"model": program.model, **ASKED}, long)]

    assert [reply.status for reply in replies] == [200, 429, 429]


def test_who_asks_too_often_is_told_how_long_a_request_of_this_length_waits_at_most(program):
    twelve = {"model": program.model, "messages": [{"role": "user", "content": "Is it warm? " * 100_000}]}

    replies = [program.call(ADDRESS, twelve) for _ in range(2)]

    assert [reply.status for reply in replies] == [200, 429]
    assert replies[-1].headers["retry-after"] == "4"
    assert "in 4 s" in replies[-1].error["message"]
