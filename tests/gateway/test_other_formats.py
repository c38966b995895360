"""Providers whose wire format is not OpenAI's, through LiteLLM: the same answers, the same ends, the same stop."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from apps.gateway import client, embeddings
from apps.gateway.client import Delta, Finish, ModelFailed
from apps.gateway.endpoints import Endpoint
from apps.gateway.wire import AsVectors
from tests.fake_provider import vectors_of
from tests.gateway.conftest import Call, make_prompt
from tests.patience import PATIENCE_SECONDS

START = {"id": "m", "type": "message", "role": "assistant", "model": "c", "content": [], "stop_reason": None}


@dataclass
class FakeAnthropic:
    """Speaks Anthropic's events; `ending` says how."""

    address: str = ""
    ending: str = "whole"
    seen: list[tuple[str, dict[str, str], dict[str, object]]] = field(default_factory=list)
    disconnected: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.seen.append((request.path_qs, headers, await request.json()))
        if self.ending == "vectors":
            return web.json_response(vectors_of(self.seen[-1][2]))
        if self.ending == "overloaded":
            return web.json_response({"type": "error", "error": {"message": "overloaded"}}, status=529)
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        try:
            await self._say(response)
        except asyncio.CancelledError:
            self.disconnected.set()
            raise
        return response

    async def _say(self, response: web.StreamResponse) -> None:
        async def event(kind: str, **data: object) -> None:
            await response.write(f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n".encode())

        await event("message_start", message={**START, "usage": {"input_tokens": 21, "output_tokens": 1}})
        await event("content_block_start", index=0, content_block={"type": "text", "text": ""})
        for words in ("Dear ", "<PERSON_1>"):
            await event("content_block_delta", index=0, delta={"type": "text_delta", "text": words})
        if self.ending == "early":
            return
        if self.ending == "silent":
            await asyncio.sleep(60)
        await event("content_block_stop", index=0)
        await event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 9})
        await event("message_stop")


@pytest.fixture
async def anthropic():
    fake = FakeAnthropic()
    application = web.Application()
    application.router.add_post("/{path:.*}", fake.answer)
    runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fake.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield fake
    await runner.cleanup()


@pytest.fixture
def call(anthropic):
    return Call(Endpoint("ANTHROPIC", "claude-haiku-5-5", anthropic.address, "the-key"))


@pytest.fixture
def prompt():
    return make_prompt("Greet <PERSON_1>", system="Be brief.")


async def test_anthropic_answers_with_its_own_count(call, anthropic, prompt):
    events = [event async for event in client.stream(call, prompt)]

    assert events == [Delta("Dear "), Delta("<PERSON_1>"), Finish("stop", 21, 9)]
    path, headers, body = anthropic.seen[0]
    assert (path, headers["x-api-key"], body["max_tokens"]) == ("/v1/messages", "the-key", 100)
    assert set(body) == {"model", "messages", "system", "max_tokens", "stream"}


@pytest.mark.parametrize(("ending", "code"), [("overloaded", "PROVIDER_ERROR"), ("early", "BROKE_OFF")])
async def test_its_failures_are_told_like_any_others_and_nobody_retries(call, anthropic, prompt, ending, code):
    anthropic.ending = ending

    with pytest.raises(ModelFailed) as failure:
        _ = [event async for event in client.stream(call, prompt)]

    assert failure.value.code == code
    assert len(anthropic.seen) == 1


async def test_closing_the_stream_ends_the_call_there_too(call, anthropic, prompt):
    anthropic.ending = "silent"

    async with aclosing(client.stream(call, prompt)) as events:
        assert await anext(events) == Delta("Dear ")

    await asyncio.wait_for(anthropic.disconnected.wait(), PATIENCE_SECONDS)


@pytest.mark.parametrize(
    ("kind", "upstream_id", "options", "path", "header"),
    [
        (
            "AZURE",
            "our-gpt",
            (("api_version", "2025-01-01"),),
            "/openai/deployments/our-gpt/chat/completions?api-version=2025-01-01",
            "api-key",
        ),
        ("MISTRAL", "mistral-small-latest", (), "/v1/chat/completions", "authorization"),
        (
            "BEDROCK",
            "anthropic.claude-haiku-5-5",
            (("aws_access_key_id", "A"), ("aws_secret_access_key", "S"), ("aws_region_name", "eu-central-1")),
            "/model/anthropic.claude-haiku-5-5/converse-stream",
            "authorization",
        ),
    ],
)
async def test_each_other_kind_is_called_at_its_address_with_its_kind_of_key(
    anthropic, prompt, kind, upstream_id, options, path, header
):
    anthropic.ending = "overloaded"
    endpoint = Endpoint(kind, upstream_id, anthropic.address, "" if kind == "BEDROCK" else "key", options)

    with pytest.raises(ModelFailed):
        _ = [event async for event in client.stream(Call(endpoint), prompt)]

    seen_path, headers, body = anthropic.seen[0]
    assert seen_path.startswith(path)
    assert headers[header]
    assert "Greet <PERSON_1>" in json.dumps(body)


async def test_vectors_of_mistral_come_in_the_order_of_the_texts_with_the_count_that_was_stated(provider):
    call = Call(Endpoint("MISTRAL", "mistral-embed", provider.base_url, "the-key"))

    async with aclosing(embeddings.stream(call, make_prompt("<PERSON_1> likes tea", "tea"), AsVectors(8))) as pieces:
        embedded, end = [piece async for piece in pieces]

    [sent] = provider.embedding_requests
    assert (sent["model"], sent["input"]) == ("mistral-embed", ["<PERSON_1> likes tea", "tea"])
    assert sent["output_dimension"] == 8
    assert embedded.vectors == ((20.0, 3.0), (3.0, 1.0))
    assert end == Finish("stop", 9, 0)


@pytest.mark.parametrize(("status", "code"), [(401, "KEY_REFUSED"), (429, "RATE_LIMITED"), (500, "PROVIDER_ERROR")])
async def test_a_refusal_of_vectors_is_told_apart_asked_once_and_costs_nothing(provider, status, code):
    call = Call(Endpoint("MISTRAL", "mistral-embed", provider.base_url, "the-key"))
    provider.embeds = lambda body: web.Response(status=status)

    with pytest.raises(ModelFailed) as failed:
        await anext(embeddings.stream(call, make_prompt("tea"), AsVectors()))

    assert (failed.value.code, failed.value.input_tokens, len(provider.embedding_requests)) == (code, 0, 1)


async def test_vectors_of_azure_are_asked_for_once(anthropic):
    anthropic.ending = "overloaded"
    options = (("api_version", "2024-06-01"),)

    with pytest.raises(ModelFailed) as failed:
        await anext(
            embeddings.stream(
                Call(Endpoint("AZURE", "emb", anthropic.address, "the-key", options)), make_prompt("tea"), AsVectors()
            )
        )

    assert failed.value.code == "PROVIDER_ERROR"
    [(path, headers, body)] = anthropic.seen
    assert (path, headers["api-key"]) == ("/openai/deployments/emb/embeddings?api-version=2024-06-01", "the-key")
    assert body["input"] == ["tea"]


async def test_vectors_come_through_litellm_where_the_provider_has_a_format_of_its_own(anthropic):
    anthropic.ending = "vectors"
    options = (("api_version", "2024-06-01"),)
    call = Call(Endpoint("AZURE", "emb", anthropic.address, "the-key", options))

    embedded, end = [piece async for piece in embeddings.stream(call, make_prompt("tea", "milk"), AsVectors(2))]

    assert embedded.vectors == ((3.0, 1.0), (4.0, 1.0))
    assert end == Finish("stop", 9, 0)
    assert anthropic.seen[0][2]["dimensions"] == 2
