"""Anthropic's Messages format, read: what a program asks becomes a neutral `Request`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

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

WITHOUT_EFFECT: Final = ("metadata", "service_tier", "cache_control", "diagnostics", "user_profile_id", "workspace_id")
"""Known fields that mean nothing here. `metadata` may name a person: it goes nowhere."""
ELSEWHERE: Final = {
    "container": "Containers of Anthropic's own cannot be used here. Leave this out.",
    "mcp_servers": "Servers for tools are not called from here. Run the tools in your program.",
    "inference_geo": "Where a model runs is decided by the portal's administrators. Leave this out.",
    "top_k": "top_k is not passed on. Use temperature or top_p.",
}
TOOLS_OF_YOUR_OWN: Final = (
    "Only tools that your own program runs can be used here. Leave out tools that the provider would run."
)


def read(body: JsonObject) -> Request:
    """
    Read a request.

    :raises ApiError: of kind BAD_REQUEST, naming the parameter.
    """
    fields = Fields(body)
    return _read(fields, most=fields.whole("max_tokens", least=1, is_needed=True))


def read_to_count(body: JsonObject) -> Request:
    """
    Read a request whose tokens are to be counted: the same, without need to say how long the answer may be.

    :raises ApiError: of kind BAD_REQUEST, naming the parameter.
    """
    fields = Fields(body)
    return _read(fields, most=fields.whole("max_tokens", least=1))


def _read(fields: Fields, *, most: int | None) -> Request:
    fields.ignore(*WITHOUT_EFFECT)
    for name, sentence in ELSEWHERE.items():
        fields.refuse(name, sentence, unless=([],))
    fields.refuse("speed", "There is one speed here. Leave this out.", unless=("standard",))
    _refuse_thinking(fields)
    system = _texts(fields, "system")
    messages = [message for each in fields.each("messages", is_needed=True) for message in _messages(each)]
    choice, is_parallel = _tool_choice(fields)
    request = Request(
        model=fields.text("model", is_needed=True),
        messages=(*([Message("system", system)] if system else []), *messages),
        tools=tuple(_tool(each) for each in fields.each("tools")),
        tool_choice=choice,
        options=Options(
            max_output_tokens=most,
            temperature=fields.number("temperature", 0, 1),
            top_p=fields.number("top_p", 0, 1),
            stop=fields.texts("stop_sequences", most=16),
            response_format=_format(fields),
            parallel_tool_calls=is_parallel,
        ),
        is_stream=bool(fields.flag("stream")),
        includes_usage=True,
    )
    fields.end()
    return request


def _refuse_thinking(fields: Fields) -> None:
    thinking = fields.inner("thinking")
    if thinking is not None and thinking.text("type") not in {"disabled", "adaptive"}:
        raise wrong(
            "A budget for thinking cannot be given here. Leave `thinking` out, or use `disabled` or `adaptive`.",
            parameter="thinking",
            code="unsupported_parameter",
        )


def _texts(fields: Fields, name: str, *, refusal: str = IMAGES_STAY_OUT) -> str:
    """Give the text of a field that holds a text or a list of text blocks, joined by line ends."""
    value = fields.raw(name)
    if value is None or isinstance(value, str):
        return value or ""
    return "\n".join(_text_of(block, refusal) for block in fields.each(name))


def _text_of(block: Fields, refusal: str) -> str:
    if block.text("type", is_needed=True) != "text":
        raise wrong(refusal, parameter=block.path, code="unsupported_content")
    block.ignore("cache_control", "citations")
    text = block.text("text", is_needed=True)
    block.end()
    return text


def _messages(fields: Fields) -> list[Message]:
    """Read one message; a user's may hold results of tools, which are messages of their own."""
    role = fields.choice("role", "user", "assistant", "system", is_needed=True)
    content = fields.need("content")
    fields.end()
    if isinstance(content, str):
        return [Message(role, content)]  # type: ignore[arg-type]  # one of the three just checked
    if role == "assistant":
        return [_assistant(fields)]
    if role == "system":
        return [Message("system", _texts(fields, "content"))]
    return list(_of_a_user(fields))


def _assistant(fields: Fields) -> Message:
    texts, calls = [], []
    for block in fields.each("content"):
        kind = block.text("type", is_needed=True)
        if kind == "tool_use":
            calls.append(_tool_use(block))
        elif kind not in {"thinking", "redacted_thinking"}:  # thoughts of another model: left out, whatever they hold
            texts.append(_text_of(block, IMAGES_STAY_OUT))
    return Message("assistant", "\n".join(texts), tool_calls=tuple(calls))


def _tool_use(block: Fields) -> ToolCall:
    block.ignore("cache_control", "caller", "toolset_name")
    block.raw("type")
    arguments = json.dumps(block.object("input"), ensure_ascii=False)
    call = ToolCall(block.call_id("id"), block.function_name(), arguments)
    block.end()
    return call


def _of_a_user(fields: Fields) -> Iterator[Message]:
    texts: list[str] = []
    for block in fields.each("content"):
        if block.text("type", is_needed=True) == "tool_result":
            if texts:
                yield Message("user", "\n".join(texts))
                texts = []
            yield _tool_result(block)
        else:
            texts.append(_text_of(block, IMAGES_STAY_OUT))
    if texts:
        yield Message("user", "\n".join(texts))


def _tool_result(block: Fields) -> Message:
    """A failed tool says so in words, because the formats of most providers have no mark for it."""
    block.ignore("type", "cache_control", "toolset_name")
    text = _texts(block, "content")
    result: Role = "tool"
    message = Message(
        result, f"Error: {text}" if block.flag("is_error") else text, tool_call_id=block.call_id("tool_use_id")
    )
    block.end()
    return message


def _tool(fields: Fields) -> Tool:
    if fields.text("type") not in {"", "custom"}:
        raise wrong(TOOLS_OF_YOUR_OWN, parameter=fields.path, code="unsupported_tool")
    fields.ignore("cache_control", "eager_input_streaming", "defer_loading")
    fields.refuse("allowed_callers", TOOLS_OF_YOUR_OWN, unless=([], ["direct"]))
    fields.refuse("input_examples", "Examples of a tool's input are not passed on. Write them into its description.")
    tool = Tool(
        name=fields.function_name(),
        description=fields.text("description"),
        schema=fields.object("input_schema"),
        is_strict=fields.flag("strict"),
    )
    fields.end()
    return tool


def _tool_choice(fields: Fields) -> tuple[ToolChoice | None, bool | None]:
    inner = fields.inner("tool_choice")
    if inner is None:
        return None, None
    kind = inner.choice("type", "auto", "any", "tool", "none", is_needed=True)
    is_single = inner.flag("disable_parallel_tool_use")
    choice = {
        "auto": lambda: ToolChoice("auto"),
        "any": lambda: ToolChoice("required"),
        "none": lambda: ToolChoice("none"),
        "tool": lambda: ToolChoice("named", inner.function_name()),
    }[kind]()
    inner.end()
    return choice, None if is_single is None else not is_single


def _format(fields: Fields) -> ResponseFormat | None:
    config = fields.inner("output_config")
    if config is None:
        return None
    config.ignore("effort")
    wanted: Any = config.inner("format")
    config.end()
    if wanted is None:
        return None
    wanted.choice("type", "json_schema", is_needed=True)
    form = ResponseFormat("json_schema", name="answer", schema=wanted.object("schema"), is_strict=True)
    wanted.end()
    return form
