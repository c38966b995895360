"""OpenAI's Responses format, read: what a program asks becomes a neutral `Request`."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from apps.api.fields import IMAGES_STAY_OUT, Fields, wrong
from apps.api.neutral import (
    JsonObject,
    Message,
    Options,
    Request,
    ResponseFormat,
    Role,
    Tool,
    ToolCall,
    ToolChoice,
)

NOTHING_IS_STORED: Final = "Answers are not stored here. Send the whole conversation as `input`."
WITHOUT_EFFECT: Final = (
    "metadata", "user", "safety_identifier", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention",
    "service_tier", "reasoning", "max_tool_calls", "stream_options",
)  # fmt: skip
"""Known fields that mean nothing here. `metadata`, `user` and their kin may name a person: they go nowhere."""
ELSEWHERE: Final = {
    "previous_response_id": NOTHING_IS_STORED,
    "conversation": NOTHING_IS_STORED,
    "prompt": "Templates are not stored here. Send their text as `instructions`.",
    "context_management": "The conversation is not shortened for you here. Leave this out and send what fits.",
    "moderation": "Moderation is the portal's own. Leave this out.",
}
TOOLS_OF_YOUR_OWN: Final = "Only tools of type `function`, which your own program runs, can be used here."
TEXT_PARTS: Final = {"input_text": "text", "output_text": "text", "text": "text", "refusal": "refusal"}


def read(body: JsonObject) -> Request:
    """
    Read a request.

    :raises ApiError: of kind BAD_REQUEST, naming the parameter.
    """
    fields = Fields(body)
    _set_aside(fields)
    instructions = fields.text("instructions")
    request = Request(
        model=fields.text("model", is_needed=True),
        messages=(*([Message("system", instructions)] if instructions else []), *_input(fields)),
        tools=tuple(_tool(each) for each in fields.each("tools")),
        tool_choice=_tool_choice(fields),
        options=Options(
            max_output_tokens=fields.whole("max_output_tokens", least=1),
            temperature=fields.number("temperature", 0, 2),
            top_p=fields.number("top_p", 0, 1),
            response_format=_format(fields),
            parallel_tool_calls=fields.flag("parallel_tool_calls"),
        ),
        is_stream=bool(fields.flag("stream")),
        includes_usage=True,
    )
    fields.end()
    return request


def _set_aside(fields: Fields) -> None:
    fields.ignore(*WITHOUT_EFFECT)
    for name, sentence in ELSEWHERE.items():
        fields.refuse(name, sentence, unless=([],))
    fields.refuse("store", f"{NOTHING_IS_STORED} Set `store` to false or leave it out.", unless=(False,))
    fields.refuse("background", "Answers come at once here. Leave `background` out.", unless=(False,))
    fields.refuse("truncation", "Nothing is cut off for you here. Leave `truncation` out.", unless=("disabled",))
    fields.refuse("top_logprobs", "Probabilities of tokens cannot be had here.", unless=(0,))
    fields.refuse(
        "include",
        "Nothing more can be included here. Leave `include` out.",
        unless=([], ["reasoning.encrypted_content"]),
    )


def _input(fields: Fields) -> tuple[Message, ...]:
    value = fields.need("input")
    if isinstance(value, str):
        return (Message("user", value),)
    messages: list[Message] = []
    for item in fields.each("input", is_needed=True):
        kind = item.text("type") or "message"
        if kind == "message":
            messages.append(_message(item))
        elif kind == "function_call":
            _add_call(messages, _call(item))
        elif kind == "function_call_output":
            messages.append(_output(item))
        elif kind == "item_reference":
            raise wrong(NOTHING_IS_STORED, parameter=item.path, code="unsupported_item")
        elif kind != "reasoning":  # thoughts of another model: left out, whatever they hold
            raise wrong(
                "Items must be of type message, function_call or function_call_output.",
                parameter=item.path,
                code="unsupported_item",
            )
    return tuple(messages)


def _message(item: Fields) -> Message:
    item.ignore("type", "id", "status", "phase")
    role = item.choice("role", "user", "assistant", "system", "developer", is_needed=True)
    text = _texts(item, "content")
    item.end()
    known: Role = "system" if role == "developer" else role  # type: ignore[assignment]  # one of the four just checked
    return Message(known, text)


def _texts(item: Fields, name: str) -> str:
    value = item.need(name)
    return value if isinstance(value, str) else "\n".join(_text_of(part) for part in item.each(name))


def _text_of(part: Fields) -> str:
    field = TEXT_PARTS.get(part.text("type", is_needed=True))
    if field is None:
        raise wrong(IMAGES_STAY_OUT, parameter=part.path, code="unsupported_content")
    part.ignore("annotations", "logprobs", "prompt_cache_breakpoint")
    text = part.text(field, is_needed=True)
    part.end()
    return text


def _call(item: Fields) -> ToolCall:
    item.ignore("type", "id", "status", "caller")
    call = ToolCall(item.call_id("call_id"), item.function_name(), item.text("arguments", is_needed=True))
    item.end()
    return call


def _add_call(messages: list[Message], call: ToolCall) -> None:
    """Add a call to the assistant's message before it, so that calls made together stay together."""
    if messages and messages[-1].role == "assistant":
        messages[-1] = replace(messages[-1], tool_calls=(*messages[-1].tool_calls, call))
    else:
        messages.append(Message("assistant", tool_calls=(call,)))


def _output(item: Fields) -> Message:
    item.ignore("type", "id", "status", "caller", "name")
    message = Message("tool", _texts(item, "output"), tool_call_id=item.call_id("call_id"))
    item.end()
    return message


def _tool(fields: Fields) -> Tool:
    if fields.text("type", is_needed=True) != "function":
        raise wrong(TOOLS_OF_YOUR_OWN, parameter=fields.path, code="unsupported_tool")
    fields.ignore("defer_loading", "output_schema")
    fields.refuse("allowed_callers", TOOLS_OF_YOUR_OWN, unless=([], ["direct"]))
    tool = Tool(
        name=fields.function_name(),
        description=fields.text("description"),
        schema=fields.object("parameters"),
        is_strict=fields.flag("strict"),
    )
    fields.end()
    return tool


def _tool_choice(fields: Fields) -> ToolChoice | None:
    value = fields.raw("tool_choice")
    if value is None:
        return None
    if isinstance(value, str):
        kind = fields.choice("tool_choice", "auto", "none", "required")
        return ToolChoice(kind)  # type: ignore[arg-type]  # one of the three just checked
    inner = Fields(value, "tool_choice")
    if inner.text("type", is_needed=True) != "function":
        raise wrong(TOOLS_OF_YOUR_OWN, parameter="tool_choice", code="unsupported_tool")
    choice = ToolChoice("named", inner.function_name())
    inner.end()
    return choice


def _format(fields: Fields) -> ResponseFormat | None:
    config = fields.inner("text")
    if config is None:
        return None
    config.ignore("verbosity")
    wanted = config.inner("format")
    config.end()
    kind = wanted.choice("type", "text", "json_object", "json_schema", is_needed=True) if wanted else "text"
    if wanted is None or kind == "text":
        return None
    if kind == "json_object":
        wanted.end()
        return ResponseFormat("json_object")
    form = ResponseFormat(
        "json_schema",
        name=wanted.function_name(),
        description=wanted.text("description"),
        schema=wanted.object("schema"),
        is_strict=wanted.flag("strict"),
    )
    wanted.end()
    return form
