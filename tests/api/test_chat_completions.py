"""OpenAI's Chat Completions at the door: what leaves, what comes back, and how it ends."""

from __future__ import annotations

import asyncio
import json
import threading
from decimal import Decimal
from typing import Any

import pytest

from apps.accounts.models import Membership, Role, User
from apps.audit import exchange as audit
from apps.gateway.models import AutoRoute, Budget, Grant, Reservation
from apps.ledger.models import Event as LedgerEvent
from apps.ledger.models import Intent, OpenIntent, Outcome, SearchRow
from apps.privacy import destruction, engine
from tests.api.programs import Program
from tests.chat.conftest import wait_for
from tests.fake_provider import PAUSE
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.django_db(transaction=True)

WEATHER = {
    "type": "function",
    "function": {
        "name": "send_mail",
        "description": "Send a mail.",
        "parameters": {"type": "object", "properties": {"to": {"type": "string"}}},
    },
}


def the_exchange() -> audit.FullExchange:
    officer = User.objects.filter(username="grace").first()
    officer = officer or User.objects.create_person("grace", name="Grace", roles=(Role.COMPLIANCE_OFFICER,))
    return audit.read(officer, Intent.objects.get().pk)


@pytest.mark.parametrize("stream", [False, True])
def test_an_exchange_is_scrubbed_restored_recorded_and_paid(program: Program, provider: Any, stream: bool) -> None:
    provider.will_answer("Dear <PER", "SON_1>", ", done.", usage=(100, 10))

    reply = program.chat(
        "Please greet Grace Hopper", stream=stream, stream_options={"include_usage": True} if stream else None
    )

    assert (reply.status, reply.text) == (200, "Dear Grace Hopper, done.")
    assert provider.received == ["Please greet <PERSON_1>"]
    assert provider.requests[0]["max_tokens"] == 1000
    found = the_exchange()
    assert (found.intent.door, found.intent.person_label) == ("API", "Maya (key Laptop)")
    assert found.left.messages[0].text == "Please greet <PERSON_1>"
    assert found.answer.messages[0].text == "Dear <PERSON_1>, done."
    assert found.outcome is not None
    assert (found.outcome.kind, found.outcome.cost) == ("ANSWERED", Decimal("0.00028"))
    assert Reservation.objects.get().state == "SETTLED"
    assert not OpenIntent.objects.exists()
    assert reply.headers["x-request-id"] == found.intent.conversation_id.hex
    usage = reply.events[-2]["usage"] if stream else reply.json["usage"]
    assert usage == {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    assert not stream or reply.events[-1] == "[DONE]"


@pytest.mark.parametrize("stream", [False, True])
def test_tool_calls_pass_both_ways_restored(program: Program, provider: Any, stream: bool) -> None:
    provider.will_call("send_mail", '{"to": "<EMA', 'IL_1>", "text": "Dear <PERSON_1>"}', words="I will.")
    history = [
        {"role": "user", "content": "Write to grace@example.com, Grace Hopper"},
        {"role": "assistant", "content": None, "tool_calls": [
            {"id": "call_abc", "type": "function",
             "function": {"name": "send_mail", "arguments": '{"to":"grace@example.com"}'}}]},
        {"role": "tool", "tool_call_id": "call_abc", "content": '{"error": "grace@example.com is unknown"}'},
    ]  # fmt: skip

    reply = program.chat(*history, tools=[WEATHER], tool_choice="auto", stream=stream)

    assert json.loads(reply.arguments) == {"to": "grace@example.com", "text": "Dear Grace Hopper"}
    assert reply.text == "I will."
    sent = provider.requests[0]
    assert sent["tools"] == [WEATHER]
    assert sent["messages"][1]["tool_calls"] == [
        {"id": "call00001", "type": "function", "function": {"name": "send_mail", "arguments": '{"to":"<EMAIL_1>"}'}}
    ]
    assert sent["messages"][2] == {
        "role": "tool", "content": '{"error": "<EMAIL_1> is unknown"}', "tool_call_id": "call00001",
    }  # fmt: skip
    finish = (
        [choice["finish_reason"] for choice in reply.choices][-1]
        if stream
        else reply.json["choices"][0]["finish_reason"]
    )
    assert finish == "tool_calls"
    assert 'send_mail({"to": "<EMAIL_1>", "text": "Dear <PERSON_1>"})' in the_exchange().answer.messages[0].text


def test_json_mode_numbers_and_stop_words_reach_the_model(program: Program, provider: Any) -> None:
    provider.will_answer('{"na', 'me": "<PERS', 'ON_1>"}')
    form = {"type": "json_schema", "json_schema": {"name": "who", "schema": {"type": "object"}, "strict": True}}

    reply = program.chat(
        "Who is Grace Hopper?", response_format=form, temperature=0.5, seed=7, stop=["Grace Hopper"], max_tokens=50,
        user="grace@example.com", metadata={"name": "Grace"},
    )  # fmt: skip

    sent = provider.requests[0]
    assert sent["response_format"] == form
    assert (sent["temperature"], sent["seed"], sent["max_tokens"]) == (0.5, 7, 50)
    assert set(sent) == {
        "model", "messages", "max_tokens", "stream", "stream_options", "temperature", "seed", "response_format", "stop",
    }  # fmt: skip
    assert b"grace" not in provider.everything.lower()
    assert json.loads(reply.text) == {"name": "Grace Hopper"}


WRONG = [
    ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]}, "messages[0].content[0]"),
    ({"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "messages[0].content[0]"),
    ({"messages": [{"role": "user", "content": "x", "extra": "text"}]}, "messages[0].extra"),
    ({"messages": []}, "messages"),
    ({"messages": "x"}, "messages"),
    ({"n": 2}, "n"),
    ({"prediction": {"type": "content", "content": "x"}}, "prediction"),
    ({"logit_bias": {"1": 5}}, "logit_bias"),
    ({"invented": "text"}, "invented"),
    ({"temperature": "hot"}, "temperature"),
    ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
    ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "tools[0].function.name"),
]  # fmt: skip


def test_what_is_not_understood_is_refused_by_name_and_never_sent(program: Program, provider: Any) -> None:
    for fields, parameter in WRONG:
        reply = program.call("/v1/chat/completions", {**program.body("Hello"), **fields})

        assert (reply.status, reply.error["param"]) == (400, parameter), fields
    for raw in [b"", b"{", b"[]", b"\xff", b"[" * 100_000]:
        assert program.call("/v1/chat/completions", raw).status == 400
    assert not provider.requests


def test_errors_have_the_status_and_the_shape_that_clients_know(
    program: Program, provider: Any, make_team: Any
) -> None:
    def status(reply: Any) -> tuple[int, str]:
        assert {"message", "type", "param", "code"} == set(reply.error)
        return reply.status, reply.error["code"]

    assert status(Program("nonsense").chat("Hi")) == (401, "invalid_api_key")
    assert status(program.call("/v1/nothing", {})) == (404, "not_found")
    assert status(program.call("/v1/chat/completions", b"", method="GET")) == (405, "method_not_allowed")
    assert status(Program(program.secret, host="evil.example").chat("Hi")) == (400, "bad_host")
    assert status(Program(program.secret, model="Nobody's").chat("Hi")) == (404, "model_not_found")
    provider.will_fail(429)
    assert status(program.chat("Hi")) == (429, "model_rate_limited")
    provider.will_fail(500)
    assert status(program.chat("Hi", stream=True)) == (502, "provider_error")
    Budget.objects.update(hard_limit=Decimal("0.000001"))
    assert status(program.chat("Hi")) == (402, "insufficient_quota")
    assert len(provider.requests) == 2


def test_a_program_is_told_in_its_own_terms_what_is_too_much_and_what_is_too_little(
    program: Program, provider: Any
) -> None:
    too_much, nothing = program.chat("word " * 30_000), program.call("/v1/chat/completions", program.body())

    assert (too_much.status, too_much.error["code"]) == (400, "context_length_exceeded")
    assert too_much.error["param"] == "messages"
    assert program.call("/v1/responses", {"model": program.model, "input": "word " * 30_000}).error["param"] == "input"
    assert "name a model with a larger window; /v1/models gives that of each" in too_much.error["message"]
    assert nothing.error["message"] == "messages must hold 1 to 4,096 objects."
    assert provider.requests == []


@pytest.mark.parametrize("name", ["\ud800", "a\x00b", "\ud83d\ude00\udfff"])
@pytest.mark.parametrize(
    "path", ["/v1/chat/completions", "/v1/messages", "/v1/responses", "/v1/embeddings", "/v1/messages/count_tokens"]
)
def test_a_name_that_no_database_holds_is_that_of_no_model(program: Program, path: str, name: str) -> None:
    asked = (
        {"input": "Hi"} if path in {"/v1/responses", "/v1/embeddings"} else {"messages": program.body("Hi")["messages"]}
    )
    asked |= {"max_tokens": 9} if path == "/v1/messages" else {}

    assert program.call(path, {"model": name, **asked}).status == 404


def test_what_cannot_be_paid_for_holds_nothing_and_is_on_the_record_as_refused(program: Program, provider: Any) -> None:
    Budget.objects.update(hard_limit=Decimal("0.000001"))

    assert program.chat("Please greet Grace Hopper").status == 402

    assert not provider.requests
    assert [outcome.kind for outcome in Outcome.objects.all()] == ["REFUSED"]
    assert not Reservation.objects.exists()
    assert not OpenIntent.objects.exists()


def test_an_answer_that_passes_a_soft_limit_is_paid_and_concluded_and_told(program: Program, provider: Any) -> None:
    Budget.objects.update(soft_limit=Decimal("0.01"))
    provider.always_answers("Yes.", usage=(100, 900))

    for _ in range(2):
        program.chat("Is it late?")

    first, second = Reservation.objects.order_by("created_at")
    assert (first.state, second.state) == ("SETTLED", "SETTLED")
    assert [outcome.cost for outcome in Outcome.objects.all()] == [Decimal("0.0074")] * 2
    assert LedgerEvent.objects.get(action="BUDGET_SOFT_LIMIT_PASSED").details["reservation"] == str(second.pk)
    assert not OpenIntent.objects.exists()


def test_an_exchange_erased_while_it_is_answered_keeps_no_answer(program: Program, provider: Any) -> None:
    provider.will_answer("Dear ", PAUSE, "you.")
    exchange, running = program.begin("/v1/chat/completions", program.body("Hi there", stream=True))
    exchange.wait_for_a_piece()
    destruction.destroy_one(Intent.objects.get().conversation_id)

    provider.go_on()
    running.result(PATIENCE_SECONDS)

    outcome = Outcome.objects.get()
    assert (outcome.kind, bytes(outcome.sealed_answer)) == ("ANSWERED", b"")
    assert not SearchRow.objects.exclude(answer_text="").exists()


def test_a_grant_taken_away_and_a_membership_ended_count_at_the_next_call(
    program: Program, provider: Any, maya: Any
) -> None:
    provider.always_answers("Yes.")
    assert program.chat("Hi").status == 200
    assert [each["id"] for each in program.get("/v1/models").json["data"]] == ["Fake Large"]

    Grant.objects.all().delete()
    assert program.chat("Hi").status == 404
    assert program.get("/v1/models").json["data"] == []
    assert program.get("/v1/models/Fake%20Large").status == 404
    Membership.objects.filter(person=maya).delete()
    assert program.chat("Hi").status == 401

    assert len(provider.requests) == 1


def test_anthropics_clients_find_their_fields_in_the_list_and_their_errors_everywhere(program: Program) -> None:
    listed = program.get("/v1/models").json
    [model] = listed["data"]
    version = {"anthropic-version": "2023-06-01"}

    assert (model["type"], model["display_name"]) == ("model", "Fake Large")
    assert (listed["has_more"], listed["first_id"], listed["last_id"]) == (False, "Fake Large", "Fake Large")
    for path in ("/v1/models/none", "/v1/none"):
        assert program.get(path, headers=version).json["error"]["type"] == "not_found_error"
        assert program.get(path).json["error"]["type"] == "invalid_request_error"


def test_auto_is_in_the_list_and_found_alone_where_the_team_has_it(program: Program) -> None:
    assert program.get("/v1/models/auto").status == 404
    AutoRoute.objects.create(team=Grant.objects.get().team, is_on=True)

    assert [each["id"] for each in program.get("/v1/models").json["data"]] == ["auto", "Fake Large"]
    assert program.get("/v1/models/auto").json["id"] == "auto"


def test_a_key_with_a_list_of_models_reaches_no_other(
    program: Program, provider: Any, make_key: Any, model: Any
) -> None:
    narrow = Program(make_key(model_ids=[model.pk], name="Narrow").secret)
    other = type(model).objects.create(
        provider=model.provider, label="Other", upstream_id="other", context_window=8_000, max_output_tokens=500,
        input_price=1, output_price=1, is_on=True,
    )  # fmt: skip
    Grant.objects.create(team=Grant.objects.get().team, model=other)
    provider.always_answers("Yes.")

    listed = [each["id"] for each in narrow.get("/v1/models").json["data"]]
    narrow.model = "Other"

    assert listed == ["Fake Large"]
    assert narrow.chat("Hi").status == 404
    assert Program(program.secret, model="Other").chat("Hi").status == 200
    assert Program(program.secret, model=str(other.pk)).chat("Hi").status == 200


@pytest.mark.parametrize("stream", [False, True])
def test_a_scrubber_that_fails_lets_nothing_out(
    program: Program, provider: Any, monkeypatch: Any, stream: bool
) -> None:
    async def broken(*arguments: Any, **named: Any) -> Any:
        raise engine.ScrubberUnavailable

    monkeypatch.setattr(engine, "detect_async", broken)

    reply = program.chat("Hello", stream=stream)

    assert (reply.status, reply.error["code"]) == (503, "scrubber_unavailable")
    assert not provider.requests
    assert the_exchange().outcome.kind == "REFUSED"  # type: ignore[union-attr]
    assert not Reservation.objects.exists()


def test_a_program_that_hangs_up_while_its_message_is_masked_is_stopped_and_nothing_leaves(
    program: Program, provider: Any, monkeypatch: Any
) -> None:
    has_begun = threading.Event()

    async def takes_long(*arguments: Any, **named: Any) -> Any:
        has_begun.set()
        await asyncio.sleep(60)

    monkeypatch.setattr(engine, "detect_async", takes_long)
    exchange, reply = program.begin("/v1/chat/completions", program.body("Hello", stream=True))
    assert has_begun.wait(PATIENCE_SECONDS)

    exchange.hang_up()
    reply.result(PATIENCE_SECONDS)

    outcome = wait_for(Outcome.objects.first)
    assert (outcome.kind, outcome.reason.partition(":")[0]) == ("REFUSED", "STOPPED")
    assert not provider.requests
    assert not Reservation.objects.exists()


def test_a_program_that_hangs_up_stops_the_call_and_pays_for_what_came(program: Program, provider: Any) -> None:
    provider.will_answer("Dear ", PAUSE, "never")
    exchange, future = program.begin("/v1/chat/completions", program.body("Hello", stream=True))
    exchange.wait_for_a_piece()

    exchange.hang_up()

    future.result(PATIENCE_SECONDS)
    provider.wait_for_disconnects()
    outcome = wait_for(lambda: the_exchange().outcome)
    assert (outcome.kind, the_exchange().answer.messages[0].text) == ("STOPPED", "Dear ")
    assert outcome.cost > 0
    assert Reservation.objects.get().state == "SETTLED"


def test_an_answer_that_breaks_off_says_so_and_has_no_end(program: Program, provider: Any) -> None:
    provider.will_die_after(2, "Dear <PERSON_1>, ", "well")

    reply = program.chat("Please greet Grace Hopper", stream=True)

    assert reply.status == 200
    assert reply.events[-1]["error"]["code"] == "broke_off"
    assert "[DONE]" not in reply.events
    assert b"Grace Hopper" in reply.body
    assert the_exchange().outcome.kind == "FAILED"  # type: ignore[union-attr]


def test_an_exchange_whose_process_died_is_concluded_as_unknown(program: Program, provider: Any) -> None:
    from datetime import timedelta

    from django.utils import timezone

    from apps.chat import abandoned

    provider.will_answer("Dear ", PAUSE, "you")
    exchange, future = program.begin("/v1/chat/completions", program.body("Hello", stream=True))
    exchange.wait_for_a_piece()
    now = timezone.now()

    alive = abandoned.conclude_forgotten(now=now + timedelta(seconds=30))
    dead = abandoned.conclude_forgotten(now=now + timedelta(seconds=37))

    assert (alive, dead) == (0, 1)
    assert the_exchange().outcome.kind == "UNKNOWN"  # type: ignore[union-attr]
    provider.go_on()
    assert future.result(PATIENCE_SECONDS).status == 200
