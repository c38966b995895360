"""A scrubbed prompt in OpenAI's chat format, as both ways to a provider take it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from apps.gateway.upstream import Message, ToolCallField
from apps.privacy.positions import Choice, Form, Tool
from apps.privacy.scrub import Scrubbed, ScrubbedMessage


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the model is to choose its words, None: as it likes. Numbers only: nothing of anybody's travels in them."""

    temperature: float | None = None
    top_p: float | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    seed: int | None = None
    parallel_tool_calls: bool | None = None


@dataclass(frozen=True, slots=True)
class AsVectors:
    """The answer is wanted as one vector for each text; `dimensions` for models that can shorten them."""

    dimensions: int | None = None


AS_IT_LIKES = Sampling()
NUMBERS = ("temperature", "top_p", "presence_penalty", "frequency_penalty", "seed")


def messages_of(prompt: Scrubbed) -> list[Message]:
    """Give the messages."""
    return [_message(message) for message in prompt.messages]


def fields_of(prompt: Scrubbed, sampling: Sampling = AS_IT_LIKES) -> dict[str, Any]:
    """Give what goes along with the messages, by the names of OpenAI's format; what nobody asked for is left out."""
    around = prompt.surroundings
    fields: dict[str, Any] = {name: getattr(sampling, name) for name in NUMBERS}
    if around.tools:
        fields["tools"] = [_tool(tool) for tool in around.tools]
        fields["tool_choice"] = _choice(around.choice) if around.choice else None
        fields["parallel_tool_calls"] = sampling.parallel_tool_calls
    if around.form:
        fields["response_format"] = _form(around.form)
    if around.stop:
        fields["stop"] = list(around.stop)
    return {name: value for name, value in fields.items() if value is not None}


def _message(message: ScrubbedMessage) -> Message:
    wire = Message(role=message.role, content=message.text)
    if message.calls:
        wire["tool_calls"] = [
            ToolCallField(id=call.id, type="function", function={"name": call.name, "arguments": call.arguments})
            for call in message.calls
        ]
        if not message.text:
            wire["content"] = None
    if message.call_id:
        wire["tool_call_id"] = message.call_id
    return wire


def _tool(tool: Tool) -> dict[str, Any]:
    function: dict[str, Any] = {"name": tool.name}
    if tool.description:
        function["description"] = tool.description
    if tool.schema:
        function["parameters"] = json.loads(tool.schema)
    if tool.is_strict is not None:
        function["strict"] = tool.is_strict
    return {"type": "function", "function": function}


def _choice(choice: Choice) -> Any:
    return {"type": "function", "function": {"name": choice.name}} if choice.kind == "named" else choice.kind


def _form(form: Form) -> dict[str, Any]:
    if form.kind == "json_object":
        return {"type": "json_object"}
    schema: dict[str, Any] = {"name": form.name or "answer", "schema": json.loads(form.schema or "{}")}
    if form.description:
        schema["description"] = form.description
    if form.is_strict is not None:
        schema["strict"] = form.is_strict
    return {"type": "json_schema", "json_schema": schema}
