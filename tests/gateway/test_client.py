"""The one place that bytes leave by: what is taken, what comes back, and how every failure is told."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import json
import pickle
import time
from contextlib import aclosing
from dataclasses import replace
from types import SimpleNamespace

import pytest

from apps.gateway import client, openai_client, tokens
from apps.gateway.client import Delta, Finish, ModelFailed
from apps.gateway.endpoints import Endpoint
from apps.gateway.models import Provider
from apps.privacy.scrub import Draft, Scrubbed, ScrubbedMessage
from tests.fake_provider import PAUSE
from tests.gateway.conftest import Call, make_prompt

SECRET = "Grace Hopper"
PIECES = [f"word{n} " for n in range(400)]


async def ask(call, prompt):
    return [event async for event in client.stream(call, prompt)]


async def text_until_failure(call, prompt):
    heard = ""
    try:
        async for event in client.stream(call, prompt):
            heard += event.text
    except ModelFailed as failure:
        return heard, failure
    raise AssertionError("The call did not fail.")


# What is taken.


class LooksScrubbed:
    messages = (ScrubbedMessage("user", SECRET),)
    masked = ()
    text = SECRET
    __class__ = Scrubbed


@pytest.mark.parametrize(
    "impostor",
    [
        SECRET,
        None,
        [{"role": "user", "content": SECRET}],
        Draft("user", SECRET),
        ScrubbedMessage("user", SECRET),
        SimpleNamespace(messages=(ScrubbedMessage("user", SECRET),)),
        LooksScrubbed(),
        object.__new__(Scrubbed),
    ],
    ids=lambda value: type(value).__name__,
)
def test_nothing_but_a_scrubbed_prompt_is_sent(call, provider, impostor):
    with pytest.raises(TypeError, match="scrubber"):
        client.stream(call, impostor)

    assert provider.raw == []


@pytest.mark.parametrize("copier", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_scrubbed_prompt_cannot_be_copied_and_changed(prompt, copier):
    with pytest.raises(TypeError):
        copier(prompt)


async def test_exactly_the_scrubbed_messages_leave(ways, call, provider):
    provider.will_answer("ok")

    await ask(call, make_prompt("First <PERSON_1>", "Then <EMAIL_1>", system="Be brief."))

    sent = provider.requests[0]
    assert sent["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "First <PERSON_1>"},
        {"role": "user", "content": "Then <EMAIL_1>"},
    ]
    assert sent["model"] == "fake"
    assert sent["max_tokens"] == 100
    assert set(sent) <= {"messages", "model", "max_tokens", "stream", "stream_options"}


async def test_the_key_goes_in_the_header_and_nowhere_else(ways, call, provider):
    provider.will_answer("ok")

    await ask(call, make_prompt("Hi"))

    assert provider.everything.count(b"the-key") == 1
    assert b"uthorization: Bearer the-key" in provider.everything
    assert "the-key" not in repr(call.endpoint)


# What comes back.


async def test_the_answer_streams_piece_by_piece_and_ends_with_the_count(ways, call, provider, prompt):
    provider.will_answer("Dear <PER", "SON_1>, ", "welcome.", usage=(21, 5))

    events = await ask(call, prompt)

    assert "".join(e.text for e in events[:-1]) == "Dear <PERSON_1>, welcome."
    assert events[-1] == Finish("stop", 21, 5, is_estimated=False)


async def test_the_first_words_arrive_before_the_last_are_made(ways, call, provider, prompt):
    provider.will_answer("first", PAUSE, "last")

    async with aclosing(client.stream(call, prompt)) as events:
        assert await anext(events) == Delta("first")
        provider.go_on()
        assert await anext(events) == Delta("last")


async def test_an_answer_cut_at_the_limit_says_so(ways, call, provider, prompt):
    provider.will_answer("one two", finish="length")

    assert (await ask(call, prompt))[-1].reason == "length"


@pytest.mark.parametrize("usage", [None, (0, 0), (12, 0), (-3, -4)], ids=str)
async def test_a_missing_or_senseless_count_is_estimated_and_said_to_be(ways, call, provider, prompt, usage):
    provider.will_answer("a fairly long answer ", "that costs something", usage=usage)

    finish = (await ask(call, prompt))[-1]

    assert finish.is_estimated
    assert finish.input_tokens >= tokens.prompt_about(prompt)
    assert finish.output_tokens >= 8


@pytest.mark.parametrize("text", ["Grüße 😀 漢字\u2028\x85 end", 'quote " and \\ and \n newline', "x" * 200_000])
async def test_every_character_survives_the_way(ways, call, provider, prompt, text):
    provider.will_answer(text)

    events = await ask(replace(call, max_output_tokens=100_000), prompt)

    assert "".join(e.text for e in events[:-1]) == text


@pytest.mark.parametrize("pieces", [PIECES, ["long " * 40] * 30], ids=["by pieces", "by characters"])
async def test_an_answer_that_goes_on_past_what_was_held_is_cut_and_paid_for_to_the_cut(
    ways, call, provider, prompt, pieces
):
    provider.will_answer(*pieces)

    heard, failed = await text_until_failure(call, prompt)

    assert failed.code == "CUT_AT_LIMIT"
    assert 100 <= failed.output_tokens <= 120
    assert 0 < len(heard) < len("".join(pieces)) / 2
    assert "".join(pieces).startswith(heard)


async def test_an_answer_as_long_as_was_held_is_whole(ways, call, provider, prompt):
    provider.will_answer(*PIECES[:100])

    assert (await ask(call, prompt))[-1].reason == "stop"


@pytest.mark.thorough
async def test_whoever_is_slowed_waits_before_anything_leaves(call, provider, prompt):
    provider.will_answer("Yes.")
    slowed = asyncio.ensure_future(ask(replace(call, delay_seconds=0.2), prompt))

    await asyncio.sleep(0.05)
    assert not provider.requests
    assert (await slowed)[0].text == "Yes."


async def test_an_empty_answer_is_an_answer(ways, call, provider, prompt):
    provider.will_answer(usage=(5, 0))

    assert await ask(call, prompt) == [Finish("stop", 5, 0)]


# How failures are told.


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "REQUEST_REFUSED"),
        (401, "KEY_REFUSED"),
        (403, "KEY_REFUSED"),
        (404, "NOT_FOUND"),
        (429, "RATE_LIMITED"),
        (500, "PROVIDER_ERROR"),
        (503, "PROVIDER_ERROR"),
        (529, "PROVIDER_ERROR"),
    ],
)
async def test_each_refusal_has_its_own_sentence_and_nothing_of_what_the_provider_said(
    ways, call, provider, prompt, status, code, caplog
):
    provider.will_fail(status, message=f"You sent: {SECRET}")

    heard, failure = await text_until_failure(call, prompt)

    assert (heard, failure.code) == ("", code)
    assert (failure.input_tokens, failure.output_tokens) == (0, 0)
    assert failure.sentence.startswith("Fake ")
    assert SECRET not in failure.sentence + caplog.text
    assert failure.__cause__ is None
    assert failure.__suppress_context__


@pytest.mark.parametrize(
    "reason", ["context_length_exceeded", "exceed_context_size_error", "This model's maximum context length is 9"]
)
async def test_a_prompt_too_long_for_the_provider_says_so(call, provider, prompt, reason):
    provider.will_fail(400, message=reason)

    _, failure = await text_until_failure(call, prompt)

    assert failure.code == "TOO_LONG"
    assert failure.input_tokens == 0


async def test_nobody_retries_behind_the_persons_back(ways, call, provider, prompt):
    provider.will_fail(500)
    provider.always_answers("second try")

    await text_until_failure(call, prompt)

    assert len(provider.requests) == 1


async def test_a_server_that_is_not_there_cannot_be_reached_and_costs_nothing(ways, prompt):
    call = Call(Endpoint(Provider.Kind.OPENAI_COMPATIBLE, "fake", "http://127.0.0.1:9/v1"))

    _, failure = await text_until_failure(call, prompt)

    assert failure.code == "UNREACHABLE"
    assert "cannot be reached" in failure.sentence
    assert (failure.input_tokens, failure.output_tokens) == (0, 0)


@pytest.mark.thorough
async def test_a_server_that_never_answers_is_given_up_in_time(ways, call, provider, prompt, settings):
    settings.MODEL_FIRST_TOKEN_SECONDS = 0.3
    provider.will_hang_before_headers()
    begun = time.monotonic()

    _, failure = await text_until_failure(call, prompt)

    assert time.monotonic() - begun < 20  # by far less than without that setting
    assert failure.code == "NO_ANSWER_IN_TIME"
    assert failure.input_tokens > 0
    await asyncio.to_thread(provider.wait_for_disconnects)


@pytest.mark.thorough
async def test_a_server_that_falls_silent_leaves_what_arrived(ways, call, provider, prompt, settings):
    settings.MODEL_GAP_SECONDS = 0.3
    provider.will_hang_after(2, "Dear ", "<PERSON_1>", " never")

    heard, failure = await text_until_failure(call, prompt)

    assert (heard, failure.code) == ("Dear <PERSON_1>", "FELL_SILENT")
    assert "kept" in failure.sentence
    assert failure.output_tokens > 0
    await asyncio.to_thread(provider.wait_for_disconnects)


@pytest.mark.parametrize("ending", ["will_die_after", "will_end_early_after"])
async def test_an_answer_that_breaks_off_is_never_taken_for_whole(ways, call, provider, prompt, ending):
    getattr(provider, ending)(2, "Dear ", "<PERSON_1>", " never")

    heard, failure = await text_until_failure(call, prompt)

    assert (heard, failure.code) == ("Dear <PERSON_1>", "BROKE_OFF")
    assert failure.output_tokens > 0


async def test_a_connection_that_closes_before_a_word_says_so(ways, call, provider, prompt):
    provider.will_end_early_after(0)

    _, failure = await text_until_failure(call, prompt)

    assert failure.code == "NO_ANSWER"


async def test_garbage_in_the_stream_is_a_bad_answer(ways, call, provider, prompt):
    provider.will_send_garbage(after=["Dear "])

    heard, failure = await text_until_failure(call, prompt)

    assert (heard, failure.code) == ("Dear ", "BAD_ANSWER")


async def test_a_web_page_is_not_an_answer(ways, call, provider, prompt):
    provider.will_send_a_web_page()

    _, failure = await text_until_failure(call, prompt)

    assert failure.code in {"BAD_ANSWER", "NO_ANSWER"}


async def test_a_redirect_is_not_followed(ways, call, provider, prompt):
    provider.will_redirect(f"{provider.base_url}/chat/completions?elsewhere")
    provider.always_answers("from elsewhere")

    _, failure = await text_until_failure(call, prompt)

    assert failure.code == "BAD_ANSWER"
    assert len(provider.requests) == 1


# Stopping.


async def test_closing_the_stream_ends_the_call_at_the_provider(ways, call, provider, prompt):
    provider.will_hang_after(1, "Dear ")

    async with aclosing(client.stream(call, prompt)) as events:
        assert await anext(events) == Delta("Dear ")

    await asyncio.to_thread(provider.wait_for_disconnects)


async def test_cancelling_the_task_ends_the_call_at_the_provider(ways, call, provider, prompt):
    provider.will_hang_after(1, "Dear ")
    task = asyncio.create_task(ask(call, prompt))
    await asyncio.to_thread(provider.wait_for_requests)
    await asyncio.sleep(0.1)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    await asyncio.to_thread(provider.wait_for_disconnects)


@pytest.mark.parametrize("kind", ["OPENAI", "OPENAI_COMPATIBLE", "EMBEDDED"])
async def test_a_connection_serves_calls_that_follow_one_another_closely(provider, prompt, kind):
    provider.always_answers("ok")

    for _ in range(3):
        await ask(Call(Endpoint(kind, "fake", provider.base_url)), prompt)

    assert provider.connections == 1


@pytest.mark.parametrize("kind", ["OPENAI", "OPENAI_COMPATIBLE", "EMBEDDED"])
async def test_what_a_server_sends_unasked_after_an_answer_is_nobodys_answer(prompt, kind):
    unasked, heard = asyncio.Event(), 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal heard
        while b"\r\n\r\n" in (await reader.read(65_536)):
            heard += 1
            writer.write(_an_answer(f"answer {heard}"))
            if not unasked.is_set():
                await writer.drain()
                await asyncio.sleep(0.05)
                writer.write(_an_answer("somebody else's"))
                unasked.set()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    theirs = Call(Endpoint(kind, "fake", f"http://{host}:{port}/v1"))
    async with server:
        first = await ask(theirs, prompt)
        await unasked.wait()
        await asyncio.sleep(0.05)
        second = await ask(theirs, prompt)
        await openai_client.close()

    assert ["".join(event.text for event in events if isinstance(event, Delta)) for events in (first, second)] == [
        "answer 1",
        "answer 2",
    ]


def _an_answer(*texts: str) -> bytes:
    pieces = [{"choices": [{"delta": {"content": text}}]} for text in texts]
    pieces.append({"choices": [{"delta": {}, "finish_reason": "stop"}]})
    body = "".join(f"data: {json.dumps(piece)}\n\n" for piece in pieces).encode() + b"data: [DONE]\n\n"
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


@pytest.mark.parametrize(("kind", "connections"), [("OPENAI", 1), ("OPENAI_COMPATIBLE", 2), ("EMBEDDED", 2)])
async def test_a_connection_without_tls_is_soon_given_up(provider, prompt, monkeypatch, kind, connections):
    monkeypatch.setattr(openai_client, "SECONDS_KEPT_IN_CLEAR", 0.05)
    provider.always_answers("ok")

    await ask(Call(Endpoint(kind, "fake", provider.base_url)), prompt)
    await asyncio.sleep(0.2)
    await ask(Call(Endpoint(kind, "fake", provider.base_url)), prompt)

    assert provider.connections == connections


@pytest.mark.thorough
async def test_many_answers_stream_at_once(ways, call, provider, prompt):
    provider.always_answers(*"abcdefghij", seconds_between=0.01)

    answers = await asyncio.gather(*(ask(call, prompt) for _ in range(30)))

    assert {"".join(e.text for e in answer[:-1]) for answer in answers} == {"abcdefghij"}


# What is different for each kind.


async def test_openai_is_told_the_limit_in_its_newer_word(provider, prompt):
    provider.will_answer("ok")

    await ask(Call(Endpoint(Provider.Kind.OPENAI, "gpt", provider.base_url, "k")), prompt)

    assert provider.requests[0]["max_completion_tokens"] == 100
    assert "max_tokens" not in provider.requests[0]


async def test_ollama_is_called_by_its_openai_address(provider, prompt):
    provider.will_answer("ok")

    await ask(Call(Endpoint(Provider.Kind.OLLAMA, "llama", provider.base_url.removesuffix("/v1"))), prompt)

    assert json.loads(provider.raw[0].split(b"\r\n\r\n")[1])["model"] == "llama"
    assert b"uthorization" not in provider.raw[0]


async def test_the_model_on_this_machine_is_never_called_through_a_proxy(provider, prompt, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    provider.will_answer("ok")

    events = await ask(Call(Endpoint(Provider.Kind.EMBEDDED, "smol", provider.base_url)), prompt)

    assert events[0] == Delta("ok")


@pytest.mark.parametrize("kind", ["OPENAI_COMPATIBLE", "OLLAMA"])
async def test_where_the_environment_names_a_proxy_answers_come_through_it(prompt, monkeypatch, kind):
    asked, ended = [], asyncio.Event()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answer = _an_answer("through the proxy ", "word " * 5, "is the way")
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                asked.append(head)
                await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]))
                for at in range(0, len(answer), 150):
                    writer.write(answer[at : at + 150])
                    await asyncio.sleep(0.02)
        ended.set()
        writer.close()

    server = await asyncio.start_server(forward, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    monkeypatch.setenv("http_proxy", f"http://{host}:{port}")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    openai_client._names_a_proxy.cache_clear()
    theirs = Call(Endpoint(kind, "fake", "http://models.example/v1", "their key"))
    async with server:
        events = await ask(theirs, prompt)
        async with aclosing(client.stream(theirs, prompt)) as stream:
            await anext(stream)
        await asyncio.wait_for(ended.wait(), 20)
        await openai_client.close()

    assert "".join(event.text for event in events[:-1]) == "through the proxy " + "word " * 5 + "is the way"
    assert asked[0].startswith(b"POST http://models.example/v1/chat/completions HTTP/1.1\r\n")
    assert b"their key" in asked[0]


def test_each_kind_has_a_way():
    ways = {kind: client.way_to(kind).__module__.rpartition(".")[2] for kind in Provider.Kind.values}

    assert ways == {
        "EMBEDDED": "openai_client",
        "OPENAI": "openai_client",
        "OPENAI_COMPATIBLE": "openai_client",
        "OLLAMA": "openai_client",
        "AZURE": "litellm_client",
        "BEDROCK": "litellm_client",
        "VERTEX": "litellm_client",
        "ANTHROPIC": "litellm_client",
        "MISTRAL": "litellm_client",
    }
