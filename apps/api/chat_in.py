"""OpenAI's Chat Completions format, read: what a program asks becomes a neutral `Request`."""

from __future__ import annotations

from typing import Any, Final

from apps.api.fields import IMAGES_STAY_OUT, Fields, wrong
from apps.api.neutral import JsonObject, Message, Options, Request, ResponseFormat, Role, Tool, ToolCall, ToolChoice

WITHOUT_EFFECT: Final = (
    "metadata", "user", "safety_identifier", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention",
    "service_tier", "reasoning_effort", "verbosity",
)  # fmt: skip
"""Known fields that mean nothing here. `metadata`, `user` and their kin may name a person: they go nowhere."""
ELSEWHERE: Final = {
    "functions": "Functions go into `tools` here.",
    "function_call": "What function to call goes into `tool_choice` here.",
    "prediction": "A predicted answer cannot be sent along here. Leave `prediction` out.",
    "audio": IMAGES_STAY_OUT,
    "web_search_options": "The model cannot search the web from here. Leave `web_search_options` out.",
    "logit_bias": "Single tokens cannot be weighed here. Leave `logit_bias` out.",
    "moderation": "Moderation is the portal's own. Leave this out.",
}
TOOLS_OF_YOUR_OWN: Final = "Only tools of type `function`, which your own program runs, can be used here."
IGNORED_IN_MESSAGES: Final = ("role", "name", "annotations", "reasoning_content")
"""`name` may be anybody's, and thoughts of another model help nobody: they go nowhere."""
MOST_STOPS: Final = 4


def read(body: JsonObject) -> Request:
    """
    Read a request.

    :raises ApiError: of kind BAD_REQUEST, naming the parameter.
    """
    fields = Fields(body)
    _set_aside(fields)
    stream = fields.inner("stream_options")
    request = Request(
        model=fields.text("model", is_needed=True),
        messages=tuple(_message(each) for each in fields.each("messages", is_needed=True)),
        tools=tuple(_tool(each) for each in fields.each("tools")),
        tool_choice=_tool_choice(fields),
        options=_options(fields),
        is_stream=bool(fields.flag("stream")),
        includes_usage=bool(stream and stream.flag("include_usage")),
    )
    if stream:
        stream.ignore("include_obfuscation")
        stream.end()
    fields.end()
    return request


def _set_aside(fields: Fields) -> None:
    fields.ignore(*WITHOUT_EFFECT)
    for name, sentence in ELSEWHERE.items():
        fields.refuse(name, sentence, unless=([], {}))
    fields.refuse("n", "One answer a call. Set `n` to 1 or leave it out.", unless=(1,))
    fields.refuse("store", "Answers are not stored here. Set `store` to false or leave it out.", unless=(False,))
    fields.refuse("modalities", IMAGES_STAY_OUT, unless=(["text"],))
    fields.refuse("logprobs", "Probabilities of tokens cannot be had here.", unless=(False,))
    fields.refuse("top_logprobs", "Probabilities of tokens cannot be had here.", unless=(0,))


def _options(fields: Fields) -> Options:
    newer, older = fields.whole("max_completion_tokens", least=1), fields.whole("max_tokens", least=1)
    return Options(
        max_output_tokens=newer or older,
        temperature=fields.number("temperature", 0, 2),
        top_p=fields.number("top_p", 0, 1),
        presence_penalty=fields.number("presence_penalty", -2, 2),
        frequency_penalty=fields.number("frequency_penalty", -2, 2),
        seed=_seed(fields),
        stop=tuple(word for word in fields.texts("stop", most=MOST_STOPS) if word),
        response_format=_format(fields),
        parallel_tool_calls=fields.flag("parallel_tool_calls"),
    )


def _seed(fields: Fields) -> int | None:
    return fields.whole("seed", least=-(2**63))


def _message(item: Fields) -> Message:
    item.ignore(*IGNORED_IN_MESSAGES)
    role = item.choice("role", "user", "assistant", "system", "developer", "tool", is_needed=True)
    known: Role = "system" if role == "developer" else role  # type: ignore[assignment]  # one of the five just checked
    calls: tuple[ToolCall, ...] = ()
    text = ""
    if known == "assistant":
        item.refuse("audio", IMAGES_STAY_OUT)
        item.refuse("function_call", "Calls of functions go into `tool_calls` here.")
        calls = tuple(_call(each) for each in item.each("tool_calls"))
        text = _texts(item, "content") if "content" in item else item.text("refusal")
        item.ignore("refusal")
    else:
        text = _texts(item, "content")
    call_id = item.call_id("tool_call_id") if known == "tool" else ""
    item.end()
    return Message(known, text, calls, call_id)


def _texts(item: Fields, name: str) -> str:
    value = item.need(name)
    return value if isinstance(value, str) else "\n".join(_text_of(part) for part in item.each(name))


def _text_of(part: Fields) -> str:
    kind = part.text("type", is_needed=True)
    if kind not in {"text", "refusal"}:
        raise wrong(IMAGES_STAY_OUT, parameter=part.path, code="unsupported_content")
    part.ignore("prompt_cache_breakpoint")
    text = part.text(kind, is_needed=True)
    part.end()
    return text


def _call(item: Fields) -> ToolCall:
    item.ignore("index")
    _require_function(item)
    function = _inner(item, "function")
    call = ToolCall(item.call_id("id"), function.function_name(), function.text("arguments", is_needed=True))
    function.end()
    item.end()
    return call


def _tool(item: Fields) -> Tool:
    _require_function(item)
    function = _inner(item, "function")
    tool = Tool(
        function.function_name(), function.text("description"), function.object("parameters"), function.flag("strict")
    )
    function.end()
    item.end()
    return tool


def _require_function(item: Fields) -> None:
    if item.text("type", is_needed=True) != "function":
        raise wrong(TOOLS_OF_YOUR_OWN, parameter=item.at("type"), code="unsupported_tool")


def _inner(item: Fields, name: str) -> Fields:
    item.need(name)
    inner = item.inner(name)
    if inner is None:  # `need` has seen to that
        raise wrong(f"The field {item.at(name)} is missing.", parameter=item.at(name))
    return inner


def _tool_choice(fields: Fields) -> ToolChoice | None:
    value: Any = fields.raw("tool_choice")
    if value is None:
        return None
    if isinstance(value, str):
        kind: Any = fields.choice("tool_choice", "auto", "none", "required")
        return ToolChoice(kind)
    choice = _inner(fields, "tool_choice")
    _require_function(choice)
    function = _inner(choice, "function")
    name = function.function_name()
    function.end()
    choice.end()
    return ToolChoice("named", name)


def _format(fields: Fields) -> ResponseFormat | None:
    form = fields.inner("response_format")
    if form is None:
        return None
    kind = form.choice("type", "text", "json_object", "json_schema", is_needed=True)
    if kind != "json_schema":
        form.end()
        return ResponseFormat("json_object") if kind == "json_object" else None
    described = _inner(form, "json_schema")
    found = ResponseFormat(
        "json_schema",
        described.function_name(),
        described.text("description"),
        described.object("schema"),
        described.flag("strict"),
    )
    described.end()
    form.end()
    return found
