"""Tools, their calls and results, forms and stop words: scrubbed where they say something, left alone elsewhere."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.privacy import json_text, scrub
from apps.privacy.policy import Policy, Rule, Treatment
from apps.privacy.positions import Choice, Draft, Form, Surroundings, Tool, ToolCall
from apps.privacy.refusals import MessageBlocked
from apps.privacy.restore_json import restored_json
from apps.privacy.scrub import Scrubbed
from tests.privacy.test_scrub import a_vault

WEATHER = Tool("get_weather", "Tell the weather.", '{"type": "object", "properties": {"city": {"type": "string"}}}')


async def with_call(arguments: str, **more: Any) -> Scrubbed:
    call = ToolCall("call_x", more.pop("name", "send_mail"), arguments)
    return await scrub.scrub([Draft("assistant", "", calls=(call,))], vault=a_vault(), **more)


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        ('{"to": "grace@example.com", "n": 3}', '{"to": "<EMAIL_1>", "n": 3}'),
        ('{"text": "Hello,\\nGrace Hopper\\twrites"}', '{"text": "Hello,\\n<PERSON_1>\\twrites"}'),
        ('{"text": "gr\\u0061ce@example.com"}', '{"text": "<EMAIL_1>"}'),
        ('{"card": 4111111111111111}', '{"card": "<CARD_1>"}'),
        ('{"grace@example.com": [1, true, null]}', '{"<EMAIL_1>": [1, true, null]}'),
        ('{"a": 1,   "a": "x", "b": 1.0e5}', '{"a": 1,   "a": "x", "b": 1.0e5}'),
        ("broken {grace@example.com", "broken {<EMAIL_1>"),
        ('["+1 212 555 0123", {"deep": "grace@example.com"}]', '["<PHONE_1>", {"deep": "<EMAIL_1>"}]'),
    ],
)  # fmt: skip
async def test_arguments_are_masked_in_what_they_say_and_stay_json(arguments: str, left: str) -> None:
    prompt = await with_call(arguments)

    assert prompt.messages[0].calls[0].arguments == left


async def test_a_result_that_is_json_and_one_that_is_not_are_both_masked() -> None:
    drafts = [
        Draft("tool", '{"owner": "Grace Hopper", "mail": "grace@example.com"}', call_id="call_a"),
        Draft("tool", "Owner: Grace Hopper", call_id="call_b"),
    ]

    prompt = await scrub.scrub(drafts, vault=a_vault())

    assert [json.loads(prompt.messages[0].text)["mail"], prompt.messages[1].text] == ["<EMAIL_1>", "Owner: <PERSON_1>"]
    assert [message.call_id for message in prompt.messages] == ["call00001", "call00002"]
    assert "Grace" not in prompt.text + prompt.record_text


async def test_tools_forms_and_stop_words_are_masked_and_their_own_words_are_not() -> None:
    schema = json.dumps({
        "type": "object",
        "properties": {"name": {"type": "string", "enum": ["Grace Hopper"], "default": "Grace Hopper"}},
        "required": ["name"], "description": "Ask grace@example.com",
    })  # fmt: skip
    around = Surroundings(
        tools=(WEATHER, Tool("find", "Ask Grace Hopper", schema)),
        choice=Choice("named", "find"),
        form=Form("json_schema", "answer", "For Grace Hopper", schema),
        stop=("Grace Hopper",),
    )

    prompt = await scrub.scrub([Draft("user", "Hello")], vault=a_vault(), surroundings=around)

    left = prompt.surroundings
    assert left.tools[0] == WEATHER
    assert json.loads(left.tools[1].schema)["properties"]["name"] == {
        "type": "string", "enum": ["<PERSON_1>"], "default": "<PERSON_1>",
    }  # fmt: skip
    assert (left.tools[1].name, left.choice, left.stop) == ("find", Choice("named", "find"), ("<PERSON_1>",))
    assert "Grace" not in prompt.text + prompt.record_text
    assert "grace@" not in prompt.text + prompt.record_text


@pytest.mark.parametrize("name", ["mail_GraceHopper", "ask.grace hopper", "x" * 65])
async def test_a_function_whose_name_says_somebody_has_another_name_outside(name: str) -> None:
    around = Surroundings(tools=(Tool(name, "Ask Grace Hopper."), WEATHER), choice=Choice("named", name))

    prompt = await with_call("{}", name=name, surroundings=around)

    outside = prompt.surroundings.tools[0].name
    assert outside == prompt.messages[0].calls[0].name == prompt.surroundings.choice.name == "function_1"  # type: ignore[union-attr]
    assert prompt.function_names == {outside: name}
    assert prompt.surroundings.tools[1].name == "get_weather"


async def test_a_policy_that_refuses_a_kind_refuses_it_in_tools_too_and_says_where() -> None:
    policy = Policy(rules={"EMAIL": Rule(Treatment.BLOCK)})

    with pytest.raises(MessageBlocked, match="a tool call"):
        await with_call('{"to": "grace@example.com"}', policy=policy)


async def test_a_conversation_that_grows_leaves_its_beginning_as_it_was() -> None:
    said = [
        Draft("system", "You work for Initech. Ask olga@example.com."),
        Draft("user", "Please write to Grace Hopper at grace@example.com"),
        Draft("assistant", "", calls=(ToolCall("a1", "send_mail", '{"to": "grace@example.com"}'),)),
        Draft("tool", '{"sent": true, "to": "grace@example.com"}', call_id="a1"),
        Draft("assistant", "Done, Grace Hopper has it."),
        Draft("user", "And now call Alan Turing, +1 212 555 0123"),
    ]
    before: tuple[Any, ...] = ()

    for length in range(1, len(said) + 1):
        prompt = await scrub.scrub(said[:length], vault=a_vault(), surroundings=Surroundings(tools=(WEATHER,)))

        left = tuple((message.text, message.calls, message.call_id) for message in prompt.messages)
        assert left[: length - 1] == before
        before = left
    assert "Turing" not in prompt.text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@pytest.mark.thorough
@settings(max_examples=150, deadline=None)
@given(st.lists(JSON) | st.dictionaries(st.text(), JSON), st.booleans())
def test_taking_json_apart_loses_nothing(value: Any, is_ascii: bool) -> None:
    text = json.dumps(value, ensure_ascii=is_ascii, indent=1)

    parsed = json_text.read(text)

    assert parsed is not None
    assert parsed.with_leaves([leaf.text for leaf in parsed.leaves]) == text
    assert [parsed.said[start:end] for start, end in parsed.spans] == [leaf.text for leaf in parsed.leaves]
    marked = parsed.with_leaves([f"<X_{n}>" for n in range(len(parsed.leaves))])
    back = restored_json(marked, {f"<X_{n}>": leaf.text for n, leaf in enumerate(parsed.leaves)})
    assert _as_text(json.loads(back)) == _as_text(value)


def _as_text(value: Any) -> Any:
    """Give the value as it looks with every number a string."""
    if isinstance(value, dict):
        return {key: _as_text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_text(inner) for inner in value]
    return json.dumps(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
