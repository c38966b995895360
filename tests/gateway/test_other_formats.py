"""Providers whose wire format is not OpenAI's, through LiteLLM: the same answers, the same ends, the same stop."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from apps.gateway import client
from apps.gateway.client import Delta, Finish, ModelFailed
from apps.gateway.endpoints import Endpoint
from tests.gateway.conftest import Call, make_prompt

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

    await asyncio.wait_for(anthropic.disconnected.wait(), 5)


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
