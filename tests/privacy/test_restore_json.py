"""Restoring inside JSON, as in the arguments of a tool call: whole, in fragments, always valid."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.privacy.restore import restored
from apps.privacy.restore_json import JsonRestorer, restored_json

PLACEHOLDERS = {
    "<PERSON_1>": "Maria Lopez",
    "<PERSON_12>": 'Bob "the\nBuilder" \\ O\'Neil',
    "<EMAIL_1>": "ü\u2028\U0001f600@example.com",
    "<SECRET_1>": "\ud800\x00\x1b",
}
ARGUMENTS = {
    "to": "<EMAIL_1>",
    "<PERSON_1>": ["<PERSON_12>", "Dear\n<PERSON_1>\t\\<PERSON_12\\>", "PERSON_1's", "\nPERSON_1", "<PERSON_2>"],
    "body": 'He said "<PERSON_12>" \\ <SECRET_1> %3CPERSON_1%3E &lt;PERSON_12&gt;',
    "plain": ['é / \U0001f600 \ud83d "', 1, -2.5e3, None, True, {"deep": {"er": [[], {}, ""]}}, "<PERS", "\\"],
}
SPELLINGS = [
    json.dumps(ARGUMENTS),
    json.dumps(ARGUMENTS, ensure_ascii=False, indent=2),
    json.dumps(ARGUMENTS).replace("<", "\\u003c").replace(">", "\\u003E").replace("/", "\\/"),
]
WORDS = st.lists(
    st.one_of(st.sampled_from(["<PERSON_1>", "<PERSON_12>", "PERSON_1", "\\", '"', "\n", "<", "\ud83d", "```json\n"]),
              st.text(max_size=4)),
    max_size=5,
).map("".join)  # fmt: skip
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)),
    max_leaves=6,
)


def with_words(value: Any) -> Any:
    if isinstance(value, str):
        return restored(value, PLACEHOLDERS)
    if isinstance(value, list):
        return [with_words(one) for one in value]
    if isinstance(value, dict):
        return {with_words(name): with_words(one) for name, one in value.items()}
    return value


def in_fragments(*fragments: str) -> str:
    restorer = JsonRestorer(PLACEHOLDERS)
    return "".join(map(restorer.feed, fragments)) + restorer.finish()


@pytest.mark.parametrize("spelled", SPELLINGS)
def test_arguments_stay_valid_and_mean_the_same_with_the_words_in_them(spelled: str) -> None:
    whole = restored_json(spelled, PLACEHOLDERS)

    assert json.loads(whole) == with_words(ARGUMENTS)
    assert json.loads(whole)["Maria Lopez"][0] == PLACEHOLDERS["<PERSON_12>"]
    assert "\\ud800\\u0000" in whole


@pytest.mark.parametrize("spelled", SPELLINGS)
def test_every_split_of_the_fragments_gives_the_same_arguments(spelled: str) -> None:
    whole = restored_json(spelled, PLACEHOLDERS)

    for cut in range(len(spelled) + 1):
        assert in_fragments(spelled[:cut], spelled[cut:]) == whole
    assert in_fragments(*spelled) == whole


def test_json_within_a_string_of_json_stays_valid_too() -> None:
    inner = {"to": ["<PERSON_12>"], "note": 'for "<PERSON_12>"\nand <PERSON_1>'}
    spelled = json.dumps({"body": json.dumps(inner, indent=1), "prose": '[<PERSON_12>] said "<PERSON_12>"'})

    whole = json.loads(restored_json(spelled, PLACEHOLDERS))

    assert json.loads(whole["body"])["to"] == [PLACEHOLDERS["<PERSON_12>"]]
    assert json.loads(whole["body"])["note"] == f'for "{PLACEHOLDERS["<PERSON_12>"]}"\nand Maria Lopez'
    assert whole["prose"] == '[{0}] said "{0}"'.format(PLACEHOLDERS["<PERSON_12>"])
    assert all(in_fragments(spelled[:cut], spelled[cut:]) == json.dumps(whole) for cut in range(0, len(spelled), 3))


@pytest.mark.thorough
@given(value=VALUES, is_ascii=st.booleans(), size=st.integers(1, 9))
@settings(deadline=None, max_examples=150)
def test_any_json_in_any_fragments_means_the_same_with_the_words_in_it(value: Any, is_ascii: bool, size: int) -> None:
    spelled = json.dumps(value, ensure_ascii=is_ascii)

    restored_value = in_fragments(*(spelled[start : start + size] for start in range(0, len(spelled), size)))

    assert json.loads(restored_value) == with_words(json.loads(spelled))


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        ('{"a": "<PERSON_1', '{"a": "Maria Lopez'),
        ('{"a": "\\', '{"a": "\\\\'),
        ('{"a": "\\u00', '{"a": "\\\\u00'),
        ('{"a": "\\q<PERSON_1>"}', '{"a": "\\\\qMaria Lopez"}'),
        ('{"a": <PERSON_1>}', '{"a": <PERSON_1>}'),
        ("", ""),
    ],
)
def test_broken_json_loses_nothing(broken: str, expected: str) -> None:
    assert restored_json(broken, PLACEHOLDERS) == expected
    assert in_fragments(*broken) == expected


def test_without_placeholders_fragments_pass_as_they_are() -> None:
    restorer = JsonRestorer({})

    assert restorer.feed('{"\\/') + restorer.feed('é": "<PERSON_1>"}') + restorer.finish() == '{"\\/é": "<PERSON_1>"}'
