"""The formats of Responses and of Messages: what is read, what is refused, and what is written."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass, replace
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.api.messages_out import Messages
from apps.api.neutral import (
    ApiError,
    Begin,
    ErrorKind,
    Finish,
    Message,
    Options,
    Request,
    ResponseFormat,
    TextDelta,
    Tool,
    ToolCall,
    ToolCallDelta,
    ToolChoice,
    Usage,
)
from apps.api.responses_out import Responses

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
BEGIN = Begin(UUID(int=7), "Large", 1_800_000_000)
FINISH = Finish("tool_calls", Usage(11, 5))
ASKED = Request("Large", (Message("user", "Hi"),))
EVENTS = (
    BEGIN,
    TextDelta("Hello "),
    TextDelta("Zoë"),
    ToolCallDelta(0, "call_1", "weather"),
    ToolCallDelta(0, arguments='{"city":'),
    ToolCallDelta(0, arguments='"Ulm"}'),
    ToolCallDelta(1, "call_2", "time", "{}"),
    FINISH,
)

MESSAGES_BODY = {
    "model": "Large",
    "max_tokens": 99,
    "system": [
        {"type": "text", "text": "Be"},
        {"type": "text", "text": "kind", "cache_control": {"type": "ephemeral"}},
    ],
    "messages": [
        {"role": "user", "content": "Weather?"},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "x"},
                {"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Zoë"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_1",
                    "content": [{"type": "text", "text": "no"}],
                    "is_error": True,
                },
                {"type": "text", "text": "And?"},
                {"type": "text", "text": "Now?"},
            ],
        },
    ],
    "tools": [{"name": "weather", "description": "d", "input_schema": SCHEMA}],
    "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
    "stop_sequences": ["END"],
    "temperature": 0.5,
    "stream": True,
    "metadata": {"user_id": "somebody"},
    "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
    "top_p": None,
}  # fmt: skip
RESPONSES_BODY = {
    "model": "Large",
    "max_output_tokens": 99,
    "instructions": "Be kind",
    "input": [
        {"role": "developer", "content": "Be brief"},
        {"role": "user", "content": [{"type": "input_text", "text": "Weather?"}]},
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"},
        {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
         "content": [{"type": "output_text", "text": "I look.", "annotations": []}]},
        {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": "{}"},
        {"type": "function_call", "call_id": "call_2", "name": "weather", "arguments": "{"},
        {"type": "function_call_output", "call_id": "call_1", "output": "rain"},
    ],
    "tools": [{"type": "function", "name": "weather", "description": "d", "parameters": SCHEMA, "strict": True}],
    "tool_choice": {"type": "function", "name": "weather"},
    "text": {"format": {"type": "json_schema", "name": "form", "schema": SCHEMA}, "verbosity": "low"},
    "parallel_tool_calls": False,
    "store": False,
    "user": "somebody",
    "include": ["reasoning.encrypted_content"],
}  # fmt: skip


def sent(stream: bytes) -> list[dict]:
    """The events of a stream; each is named as its type says."""
    events = []
    for lines in stream.decode().split("\n\n")[:-1]:
        name, data = lines.split("\n")
        events.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {events[-1]['type']}"
    return events


def streamed(dialect, events, request=ASKED) -> list[dict]:
    writer = dialect.open_stream(request)
    return sent(b"".join(writer.write(event) for event in events))


def test_a_request_in_anthropics_format_is_read_whole():
    assert Messages().read(MESSAGES_BODY) == Request(
        model="Large",
        messages=(
            Message("system", "Be\nkind"),
            Message("user", "Weather?"),
            Message("assistant", "I look.", (ToolCall("toolu_1", "weather", '{"city": "Zoë"}'),)),
            Message("tool", "Error: no", tool_call_id="toolu_1"),
            Message("user", "And?\nNow?"),
        ),
        tools=(Tool("weather", "d", SCHEMA),),
        tool_choice=ToolChoice("required"),
        options=Options(
            max_output_tokens=99,
            temperature=0.5,
            stop=("END",),
            response_format=ResponseFormat("json_schema", "answer", "", SCHEMA, True),
            parallel_tool_calls=False,
        ),
        is_stream=True,
        includes_usage=True,
    )


def test_a_request_in_the_responses_format_is_read_whole():
    assert Responses().read(RESPONSES_BODY) == Request(
        model="Large",
        messages=(
            Message("system", "Be kind"),
            Message("system", "Be brief"),
            Message("user", "Weather?"),
            Message("assistant", "I look.", (ToolCall("call_1", "weather", "{}"), ToolCall("call_2", "weather", "{"))),
            Message("tool", "rain", tool_call_id="call_1"),
        ),
        tools=(Tool("weather", "d", SCHEMA, True),),
        tool_choice=ToolChoice("named", "weather"),
        options=Options(
            max_output_tokens=99,
            response_format=ResponseFormat("json_schema", "form", "", SCHEMA),
            parallel_tool_calls=False,
        ),
        includes_usage=True,
    )


LOOKED_THROUGH = {
    (Message, "text"), (ToolCall, "arguments"), (Tool, "description"), (Tool, "schema"), (Options, "stop"),
    (ResponseFormat, "description"), (ResponseFormat, "schema"),
}  # fmt: skip
"""What the scrubber reads of a request."""


def leaves(value, path=()):
    """The path of every text in a body."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*path, key))


def with_text_at(body, path, text):
    """A copy of the body with another text at one place."""
    changed = json.loads(json.dumps(body))
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = text
    return changed


def where_it_is(value, text, owner=None, name=""):
    """The fields of a request, by class and name, that hold a text."""
    if is_dataclass(value):
        for field in fields(value):
            yield from where_it_is(getattr(value, field.name), text, type(value), field.name)
    elif isinstance(value, tuple) and value and is_dataclass(value[0]):
        for inner in value:
            yield from where_it_is(inner, text, owner, name)
    elif text in str(value):
        yield owner, name


@pytest.mark.parametrize(
    ("dialect", "body"), [(Messages(), MESSAGES_BODY), (Responses(), RESPONSES_BODY)], ids=["Messages", "Responses"]
)
def test_a_text_anywhere_in_a_request_lands_where_the_scrubber_looks_or_nowhere(dialect, body):
    landed, sentences = set(), []
    for path in leaves(body):
        try:
            request = dialect.read(with_text_at(body, path, "Marisol Quintero"))
        except ApiError as refused:
            sentences.append(refused.sentence)
        else:
            landed |= set(where_it_is(request, "Marisol Quintero"))

    assert "Marisol" not in "".join(sentences)
    assert landed - {(Request, "model")} <= LOOKED_THROUGH  # the model's name is looked up and never sent
    assert {(Message, "text"), (Tool, "description"), (Tool, "schema")} <= landed


IMAGE = {"type": "image", "source": {"type": "base64", "data": "x"}}
ANTHROPICS = (Messages(), {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "x"}]})
OPENAIS = (Responses(), {"model": "m", "input": "x"})


@pytest.mark.parametrize(
    ("dialect", "more", "parameter"),
    [
        (ANTHROPICS, {"messages": [{"role": "user", "content": [IMAGE]}]}, "messages[0].content[0]"),
        (ANTHROPICS, {"messages": [{"role": "user", "content": [{"type": "document"}]}]}, "messages[0].content[0]"),
        (ANTHROPICS, {"messages": [{"role": "user", "content": "x", "name": "Maya"}]}, "messages[0].name"),
        (ANTHROPICS, {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a b"}]}]},
         "messages[0].content[0].tool_use_id"),
        (ANTHROPICS, {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a",
         "content": [IMAGE]}]}]}, "messages[0].content[0].content[0]"),
        (ANTHROPICS, {"messages": [{"role": "tool", "content": "x"}]}, "messages[0].role"),
        (ANTHROPICS, {"messages": []}, "messages"),
        (ANTHROPICS, {"messages": "x"}, "messages"),
        (ANTHROPICS, {"messages": ["x"]}, "messages[0]"),
        (ANTHROPICS, {"max_tokens": None}, "max_tokens"),
        (ANTHROPICS, {"max_tokens": True}, "max_tokens"),
        (ANTHROPICS, {"temperature": 1.5}, "temperature"),
        (ANTHROPICS, {"stream": "yes"}, "stream"),
        (ANTHROPICS, {"system": 5}, "system"),
        (ANTHROPICS, {"top_k": 5}, "top_k"),
        (ANTHROPICS, {"thinking": {"type": "enabled", "budget_tokens": 1024}}, "thinking"),
        (ANTHROPICS, {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "tools[0]"),
        (ANTHROPICS, {"tools": [{"name": "what Maya said", "input_schema": {}}]}, "tools[0].name"),
        (ANTHROPICS, {"tools": [{"name": "t", "input_schema": "x"}]}, "tools[0].input_schema"),
        (ANTHROPICS, {"tool_choice": {"type": "perhaps"}}, "tool_choice.type"),
        (ANTHROPICS, {"mcp_servers": [{"url": "x"}]}, "mcp_servers"),
        (ANTHROPICS, {"novelty": "x"}, "novelty"),
        (ANTHROPICS, {"Maya Lindqvist": "x"}, ""),
        (OPENAIS, {"previous_response_id": "resp_1"}, "previous_response_id"),
        (OPENAIS, {"conversation": "conv_1"}, "conversation"),
        (OPENAIS, {"store": True}, "store"),
        (OPENAIS, {"background": True}, "background"),
        (OPENAIS, {"include": ["message.output_text.logprobs"]}, "include"),
        (OPENAIS, {"top_logprobs": 3}, "top_logprobs"),
        (OPENAIS, {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "x"}]}]},
         "input[0].content[0]"),
        (OPENAIS, {"input": [{"role": "user", "content": [{"type": "input_file", "file_data": "x"}]}]},
         "input[0].content[0]"),
        (OPENAIS, {"input": [{"type": "item_reference", "id": "x"}]}, "input[0]"),
        (OPENAIS, {"input": [{"type": "web_search_call"}]}, "input[0]"),
        (OPENAIS, {"input": []}, "input"),
        (OPENAIS, {"input": [{"type": "function_call", "call_id": "ü", "name": "a", "arguments": ""}]},
         "input[0].call_id"),
        (OPENAIS, {"tools": [{"type": "web_search"}]}, "tools[0]"),
        (OPENAIS, {"tool_choice": {"type": "allowed_tools"}}, "tool_choice"),
        (OPENAIS, {"text": {"format": {"type": "json_schema", "name": "what Maya said", "schema": {}}}},
         "text.format.name"),
        (OPENAIS, {"model": None}, "model"),
        (OPENAIS, {"novelty": "x"}, "novelty"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_by_name_and_never_repeated(dialect, more, parameter):
    reader, body = dialect
    reader.read(body)

    with pytest.raises(ApiError) as refused:
        reader.read({**body, **more})

    assert (refused.value.kind, refused.value.parameter) == (ErrorKind.BAD_REQUEST, parameter)
    assert "Maya" not in refused.value.sentence


@pytest.mark.parametrize("body", [[], "x", None, 5])
@pytest.mark.parametrize("dialect", [Messages(), Responses()])
def test_a_body_that_is_no_object_is_refused(dialect, body):
    with pytest.raises(ApiError, match="The body must be a JSON object"):
        dialect.read(body)


def test_a_whole_answer_in_anthropics_format():
    answer = Messages().whole(ASKED, EVENTS)

    assert answer == {
        "id": "msg_00000000000000000000000000000007",
        "type": "message",
        "role": "assistant",
        "model": "Large",
        "content": [
            {"type": "text", "text": "Hello Zoë"},
            {"type": "tool_use", "id": "call_1", "name": "weather", "input": {"city": "Ulm"}},
            {"type": "tool_use", "id": "call_2", "name": "time", "input": {}},
        ],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": {"input_tokens": 11, "output_tokens": 5},
    }
    with pytest.raises(ApiError, match="not a JSON object"):
        Messages().whole(ASKED, (BEGIN, ToolCallDelta(0, "a", "b", "[1"), FINISH))


def test_a_stream_in_anthropics_format_opens_and_closes_each_block():
    said = streamed(Messages(), EVENTS)

    assert [(event["type"], event.get("index")) for event in said] == [
        ("message_start", None),
        ("content_block_start", 0), ("content_block_delta", 0), ("content_block_delta", 0), ("content_block_stop", 0),
        ("content_block_start", 1), ("content_block_delta", 1), ("content_block_delta", 1), ("content_block_stop", 1),
        ("content_block_start", 2), ("content_block_delta", 2), ("content_block_stop", 2),
        ("message_delta", None), ("message_stop", None),
    ]  # fmt: skip
    assert said[5]["content_block"] == {"type": "tool_use", "id": "call_1", "name": "weather", "input": {}}
    assert said[-2]["usage"] == {"input_tokens": 11, "output_tokens": 5}


def test_a_stream_in_the_responses_format_counts_and_repeats_itself():
    request = replace(ASKED, tools=(Tool("weather", "d", SCHEMA),), options=Options(max_output_tokens=9))
    said = streamed(Responses(), EVENTS, request)

    assert [event["sequence_number"] for event in said] == list(range(len(said)))
    assert [event["type"].removeprefix("response.") for event in said] == [
        "created", "in_progress",
        "output_item.added", "content_part.added", "output_text.delta", "output_text.delta", "output_text.done",
        "content_part.done", "output_item.done",
        "output_item.added", "function_call_arguments.delta", "function_call_arguments.delta",
        "function_call_arguments.done", "output_item.done",
        "output_item.added", "function_call_arguments.delta", "function_call_arguments.done", "output_item.done",
        "completed",
    ]  # fmt: skip
    assert said[-1]["response"] == Responses().whole(request, EVENTS)
    assert said[-1]["response"]["usage"]["total_tokens"] == 16
    assert [item["type"] for item in said[-1]["response"]["output"]] == ["message", "function_call", "function_call"]


@pytest.mark.parametrize(("reason", "theirs"), [("length", "max_output_tokens"), ("content_filter", "content_filter")])
def test_an_answer_that_was_cut_is_called_incomplete(reason, theirs):
    said = streamed(Responses(), (BEGIN, TextDelta("Hel"), Finish(reason, Usage(1, 1))))

    assert said[-1]["type"] == "response.incomplete"
    assert said[-1]["response"]["incomplete_details"] == {"reason": theirs}


texts = st.lists(st.builds(TextDelta, st.text(max_size=5)), max_size=5)
calls = st.lists(st.builds(lambda text: ToolCallDelta(0, "call", "tool", text), st.text(max_size=5)), max_size=5)


@pytest.mark.thorough
@settings(max_examples=40)
@given(texts, calls)
def test_what_a_stream_says_bit_by_bit_is_what_the_whole_answer_holds(spoken, called):
    answer = (BEGIN, *spoken, *called, FINISH)

    said = streamed(Responses(), answer)
    told = streamed(Messages(), answer)

    assert said[-1]["response"] == Responses().whole(ASKED, answer)
    text, arguments = "".join(event.text for event in spoken), "".join(event.arguments for event in called)
    assert text == "".join(event.get("delta", "") for event in said if "output_text.delta" in event["type"])
    assert arguments == "".join(event["delta"] for event in said if "arguments.delta" in event["type"])
    parts = [event["delta"] for event in told if event["type"] == "content_block_delta"]
    assert text == "".join(part.get("text", "") for part in parts)
    assert arguments == "".join(part.get("partial_json", "") for part in parts)


def test_mixed_tool_calls_end_a_stream_and_are_told_apart_in_a_whole_answer():
    mixed = (
        BEGIN,
        ToolCallDelta(0, "a", "one", "{"),
        ToolCallDelta(1, "b", "two", "{"),
        ToolCallDelta(0, arguments="}"),
        ToolCallDelta(1, arguments="}"),
        FINISH,
    )

    for dialect in (Messages(), Responses()):
        with pytest.raises(ApiError, match="mixed the arguments"):
            streamed(dialect, mixed)
    assert [item["arguments"] for item in Responses().whole(ASKED, mixed)["output"]] == ["{}", "{}"]


@pytest.mark.parametrize("kind", ErrorKind)
def test_every_error_has_a_shape_in_both_formats(kind):
    error = ApiError(kind, "This happened. Do that.", code="some_code", parameter="model")

    anthropics, openais = Messages().error(error), Responses().error(error)

    assert anthropics["type"] == "error"
    assert set(anthropics["error"]) == {"type", "message"}
    assert openais["error"]["message"] == anthropics["error"]["message"] == "This happened. Do that."
    assert (openais["error"]["code"], openais["error"]["param"]) == ("some_code", "model")


def test_a_stream_that_breaks_off_says_so_in_a_way_that_libraries_raise():
    error = ApiError(ErrorKind.MODEL_FAILED, "The model fell silent.", code="model_failed")
    for dialect, names in [(Messages(), ["error"]), (Responses(), ["response.failed", "error"])]:
        writer = dialect.open_stream(ASKED)
        writer.write(BEGIN)
        writer.write(TextDelta("Hel"))

        said = sent(writer.fail(error))

        assert [event["type"] for event in said] == names
        assert said[-1]["error"]["message"] == "The model fell silent."
