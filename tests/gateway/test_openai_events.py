"""Events of OpenAI's format: however a provider writes them and wherever they are cut, the same words come out."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.gateway import openai_events
from apps.gateway.openai_events import Events
from apps.gateway.upstream import Fault, FaultKind, Piece, Usage

END = b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'
WORDS = st.lists(st.text(max_size=9), max_size=40)


def event(words: str, *, is_ascii: bool = True, **more: Any) -> bytes:
    """Write one event that brings words."""
    choice = {"index": 0, "delta": {"content": words, **more}, "finish_reason": None}
    body = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "m", "choices": [choice]}
    return b"data: " + json.dumps(body, ensure_ascii=is_ascii).encode() + b"\n\n"


def read(*parts: bytes) -> list[Piece]:
    """Read a stream that arrives in these parts."""
    events = Events()
    return [piece for part in parts for piece in events.read(part)]


def words_of(pieces: list[Piece]) -> str:
    """Join the words of pieces."""
    return "".join(piece.text for piece in pieces)


@given(WORDS, st.lists(st.integers(0, 9_000), max_size=12), st.booleans())
def test_words_come_out_as_they_were_sent_wherever_the_stream_is_cut(
    words: list[str], cuts: list[int], is_ascii: bool
) -> None:
    stream = b"".join(event(one, is_ascii=is_ascii) for one in words) + END
    edges = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]

    pieces = read(*(stream[start:end] for start, end in pairwise(edges)))

    assert words_of(pieces) == "".join(words)
    assert sum(piece.parts for piece in pieces) == sum(map(bool, words))
    assert "".join(piece.finish_reason for piece in pieces) == "stop"


def test_events_of_a_known_form_are_not_parsed_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    events = Events()
    before = list(events.read(event("one ")))
    monkeypatch.setattr(openai_events, "json", None)

    after = list(events.read(event("two ") + event("three ")))

    assert [*before, *after] == [Piece("one "), Piece("two three ", parts=2)]


@pytest.mark.parametrize(
    "odd",
    [
        event('say "no"'),
        event("a line\nand a tab\t"),
        event("\\u0041"),
        event("\N{SNOWMAN}"),
        event("more", refusal=None),
        event("x").replace(b"\n\n", b"\r\n\r\n"),
        event("y").replace(b"\n\n", b"\n"),
        b": keep-alive\n\n" + event("z"),
    ],
)
def test_an_event_of_another_form_is_read_all_the_same(odd: bytes) -> None:
    payload = json.loads(odd[odd.index(b"{") :])

    pieces = read(event("one "), event("two "), odd, event(" three"), END)

    assert words_of(pieces) == "one two " + payload["choices"][0]["delta"]["content"] + " three"


def test_a_count_or_a_call_in_a_known_form_is_not_overlooked() -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 2}
    counted = b'data: {"choices": [], "usage": ' + json.dumps(usage).encode() + b"}\n\n"
    call = event("", tool_calls=[{"index": 0, "id": "1", "function": {"name": "f", "arguments": "{}"}}])

    pieces = read(event("one "), event("two ") + call + counted, END)

    assert words_of(pieces) == "one two "
    assert [piece.usage for piece in pieces if piece.usage] == [Usage(3, 2)]
    assert [part.name for piece in pieces for part in piece.calls] == ["f"]


@pytest.mark.parametrize(
    ("broken", "kind"),
    [
        (event("x")[:-4] + b"\n\n", FaultKind.BAD_ANSWER),
        (b'data: {"error": {"message": "away"}}\n\n', FaultKind.PROVIDER_ERROR),
        (event("x").replace(b'"content": "', b'"content": '), FaultKind.BAD_ANSWER),
        (event("x").replace(b'"x"', b'"\x07"'), FaultKind.BAD_ANSWER),
    ],
)
def test_what_cannot_be_read_is_a_fault_after_the_words_before_it(broken: bytes, kind: FaultKind) -> None:
    events = Events()
    pieces = list(events.read(event("one ")))

    with pytest.raises(Fault) as caught:
        pieces.extend(events.read(event("two ") + broken))

    assert words_of(pieces) == "one two "
    assert caught.value.kind == kind


def test_an_event_whose_words_have_no_end_is_no_event_without_words() -> None:
    events = Events()
    list(events.read(event("one ")))

    with pytest.raises(Fault):
        list(events.read(event("x").replace(b'"x"', b'"')))


def test_a_fast_model_s_words_come_in_pieces_that_are_small_enough_to_be_counted() -> None:
    events = Events()
    list(events.read(event("one ")))

    pieces = list(events.read(event("a word ") * 100))

    assert words_of(pieces) == "a word " * 100
    assert max(piece.parts for piece in pieces) <= openai_events.EVENTS_IN_A_PIECE


def test_an_event_without_an_end_is_not_kept_for_ever() -> None:
    with pytest.raises(Fault):
        read(b"data: ", b"x" * (openai_events.LONGEST_EVENT + 1))
