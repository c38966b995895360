"""
Every position of a program's request: planted values arrive in none of them, in no form, whole or streamed.

The table names every field of a request that can hold text. A new field fails the test until it has a row.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from apps.api import neutral
from bench.egress_proof.forms import Searcher, texts_of
from bench.egress_proof.planted import Plant, Planter
from tests.api.programs import Program

pytestmark = pytest.mark.django_db(transaction=True)

PLANTED = "planted in the matrix below"
POSITIONS = {
    "Message.role": "one of four words",
    "Message.text": PLANTED,
    "Message.tool_calls": PLANTED,
    "Message.tool_call_id": PLANTED,
    "ToolCall.id": PLANTED,
    "ToolCall.name": PLANTED,
    "ToolCall.arguments": PLANTED,
    "Tool.name": PLANTED,
    "Tool.description": PLANTED,
    "Tool.schema": PLANTED,
    "ToolChoice.kind": "one of four words",
    "ToolChoice.name": PLANTED,
    "ResponseFormat.kind": "one of two words",
    "ResponseFormat.name": PLANTED,
    "ResponseFormat.description": PLANTED,
    "ResponseFormat.schema": PLANTED,
    "Options.stop": PLANTED,
    "Options.response_format": PLANTED,
    "Request.model": "names a row of ours, whose own upstream name is sent",
    "Request.messages": PLANTED,
    "Request.tools": PLANTED,
    "Request.tool_choice": PLANTED,
    "Request.options": PLANTED,
}
NUMBERS = ("int", "float", "bool")


def text_fields() -> set[str]:
    kinds = (
        neutral.Message, neutral.ToolCall, neutral.Tool, neutral.ToolChoice, neutral.ResponseFormat, neutral.Options,
        neutral.Request,
    )  # fmt: skip
    return {
        f"{kind.__name__}.{one.name}"
        for kind in kinds
        for one in dataclasses.fields(kind)
        if str(one.type).removesuffix(" | None") not in NUMBERS
    }


def test_every_field_that_can_hold_text_has_a_row() -> None:
    assert text_fields() == set(POSITIONS)


def planted_request(program: Program, planter: Planter, *, stream: bool) -> tuple[dict[str, Any], list[Plant]]:
    """Make a request with something else planted in every position."""
    plants: list[Plant] = []

    def some() -> str:
        text = planter.question()
        plants.extend(text.plants)
        return text.text

    def words() -> str:
        person = planter.person()
        plants.append(person)
        return person.value.replace(" ", "_")

    tool, form, call_id = f"ask_{words()}", f"about_{words()}", f"call-{words()}"
    schema = {"type": "object", "description": some(), "properties": {some(): {"type": "string", "enum": [some()]}}}
    arguments = json.dumps({"deep": [{some(): some()}], "note": some()}, ensure_ascii=True)
    mail = planter.email()
    plants.append(mail)
    messages = [
        {"role": "system", "content": some(), "name": words()},
        {"role": "developer", "content": [{"type": "text", "text": some()}, {"type": "text", "text": some()}]},
        {"role": "user", "content": some()},
        {"role": "assistant", "content": some(), "tool_calls": [
            {"id": call_id, "type": "function", "function": {"name": tool, "arguments": arguments}},
            {"id": "call-2", "type": "function", "function": {"name": tool, "arguments": "{broken " + some()}}]},
        {"role": "tool", "tool_call_id": call_id, "content": json.dumps([some(), {some(): some()}])},
        {"role": "tool", "tool_call_id": "call-2", "content": some()},
        {"role": "user", "content": some()},
    ]  # fmt: skip
    form_schema = {"type": "object", "title": some()}
    body = program.body(
        *messages,
        stream=stream,
        tools=[
            {"type": "function", "function": {"name": tool, "description": some(), "parameters": schema}},
        ],
        tool_choice={"type": "function", "function": {"name": tool}},
        response_format={
            "type": "json_schema",
            "json_schema": {"name": form, "description": some(), "schema": form_schema},
        },
        stop=[mail.value],
        user=some(),
        metadata={"who": some()},
        safety_identifier=some(),
    )
    return body, plants


@pytest.mark.parametrize("stream", [False, True])
def test_no_position_of_a_request_lets_a_planted_value_out(program: Program, provider: Any, stream: bool) -> None:
    body, plants = planted_request(program, Planter(seed=61), stream=stream)
    provider.always_says(lambda sent: json.dumps({"noted": sent["messages"][-1]["content"]}))

    reply = program.call("/v1/chat/completions", body)

    assert reply.status == 200, reply.body
    sent = provider.requests[0]
    assert [len(sent["messages"]), len(sent["tools"]), len(sent["stop"])] == [7, 1, 1]
    assert sent["tool_choice"]["function"]["name"] == sent["tools"][0]["function"]["name"] == "function_1"
    raw = provider.raw[0].partition(b"\r\n\r\n")[2]
    searcher = Searcher(needle for plant in plants for needle in plant.needles)
    assert not searcher.search(provider.everything, ["".join(texts_of(raw))])
    assert json.loads(reply.text) == {"noted": body["messages"][-1]["content"]}


@pytest.mark.parametrize("stream", [False, True])
def test_a_growing_conversation_keeps_its_beginning(program: Program, provider: Any, stream: bool) -> None:
    planter = Planter(seed=62)
    provider.always_says(lambda sent: "Noted: " + str(sent["messages"][-1]["content"]))
    messages: list[Any] = [{"role": "system", "content": planter.aside().text}]

    for _ in range(3):
        messages.append({"role": "user", "content": planter.question().text})
        reply = program.chat(*messages, stream=stream)
        messages.append({"role": "assistant", "content": reply.text})

    for earlier, later in zip(provider.requests, provider.requests[1:], strict=False):
        assert later["messages"][: len(earlier["messages"])] == earlier["messages"]
