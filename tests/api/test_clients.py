"""
The real clients against a real server process: openai, anthropic, llm, LiteLLM, curl.

One server for all tests of this file. What the page "Keys and clients" offers to paste is run word for word.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.test import TransactionTestCase
from django.utils import timezone

from apps.accounts.models import Membership, Role, Team, User
from apps.api import keys
from apps.api.models import Scope
from apps.api.setups import VARIABLE, Setup, batch_setups, setups
from apps.batch import running as batches
from apps.batch.models import LaneModel
from apps.gateway import client, litellm_client
from apps.gateway.models import Budget, Grant, LanguageModel, Provider
from apps.ledger.models import Intent
from portal.embedded.ports import free_port
from tests.fake_provider import FakeProvider
from tests.platform.processes import running, status_of, wait_until

if TYPE_CHECKING:
    import anthropic
    import openai

pytestmark = [pytest.mark.thorough, pytest.mark.timeout(180)]

GREETING = [{"role": "user", "content": "Please greet Grace Hopper"}]
PARAMETERS = {"type": "object", "properties": {"to": {"type": "string"}}, "required": ["to"]}
PIXEL = "data:image/png;base64,iVBORw0KGgo="


@pytest.fixture(scope="module", autouse=True)
def _clients() -> None:
    """
    Import the clients for the tests of this file alone: they take seconds, for which every run of any test would wait.

    LiteLLM through the gateway's loader, which takes its filters off other libraries' loggers again.
    """
    global anthropic, openai, litellm
    import anthropic
    import openai

    litellm = litellm_client.load()


@dataclass
class Portal:
    """The running server, the provider behind it, and a key of Maya's."""

    address: str
    provider: FakeProvider
    secret: str
    narrow_secret: str

    def openai(self, secret: str = "") -> openai.OpenAI:
        return openai.OpenAI(base_url=f"{self.address}/v1", api_key=secret or self.secret, max_retries=0)

    def anthropic(self, secret: str = "") -> anthropic.Anthropic:
        return anthropic.Anthropic(base_url=self.address, api_key=secret or self.secret, max_retries=0)


@pytest.fixture(scope="module")
def portal(django_db_setup: None, django_db_blocker: Any) -> Iterator[Portal]:
    """Start the web process as the product does, beside this run's database; everything is committed and removed."""
    provider, port = FakeProvider().start(), free_port()
    address = f"http://localhost:{port}"
    environment = {
        **os.environ,
        "PORTCULLIS_SHAPE": "embedded",
        "PORTCULLIS_BASE_URL": address,
        "PORTCULLIS_BIND_PORT": str(port),
    }
    with django_db_blocker.unblock(), tempfile.TemporaryDirectory() as folder:
        secrets = _company(provider)
        log = Path(folder) / "web.log"
        with running([sys.executable, "-m", "portal.serve"], log=log, environment=environment):
            wait_until(lambda: status_of(f"{address}/readyz") == 200, what="the web process is ready")
            yield Portal(address, provider, *secrets)
        TransactionTestCase._fixture_teardown(None)  # type: ignore[arg-type]  # conftest's: empties every table
    provider.stop()


def _company(provider: FakeProvider) -> tuple[str, str]:
    """A team with a model that chats and one that embeds, another team's model, Maya, and two keys of hers."""
    maya = User.objects.create_person("maya", name="Maya", roles=(Role.EMPLOYEE,))
    sales = Team.objects.create(name="Sales", slug="sales")
    legal = Team.objects.create(name="Legal", slug="legal")
    Membership.objects.create(person=maya, team=sales)
    place = Provider.objects.create(
        name="Fake cloud", kind="OPENAI_COMPATIBLE", base_url=provider.base_url, egress_class="OUTSIDE", is_on=True
    )
    for label, capabilities, team in (
        ("Fake Large", ["chat", "tools", "json"], sales),
        ("Fake Embedder", ["embeddings"], sales),
        ("Theirs", ["chat"], legal),
    ):
        model = LanguageModel.objects.create(
            provider=place, label=label, upstream_id="fake", context_window=16_000, max_output_tokens=1_000,
            input_price=Decimal(2), output_price=Decimal(8), capabilities=capabilities, is_on=True,
        )  # fmt: skip
        Grant.objects.create(team=team, model=model)
        LaneModel.objects.create(model=model)
    Budget.objects.create(team=sales, hard_limit=Decimal(100))

    def secret(scopes: list[Scope]) -> str:
        wish = keys.Wish("Laptop", sales, scopes, [], 7)
        return keys.make_personal(maya, wish, now=timezone.now()).secret

    return secret(list(Scope)), secret([Scope.MODELS])


@pytest.fixture(autouse=True)
def _nothing_queued(portal: Portal, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield
    assert portal.provider.unexpected == 0
    assert b"Hopper" not in portal.provider.everything


def test_openai_chats_whole_and_as_a_stream_with_the_name_restored(portal: Portal) -> None:
    client = portal.openai()
    portal.provider.will_answer("Dear <PER", "SON_1>!")
    portal.provider.will_answer("Dear <PER", "SON_1>", "!")

    whole = client.chat.completions.create(model="Fake Large", messages=GREETING)
    stream = client.chat.completions.create(
        model="Fake Large", messages=GREETING, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)

    assert whole.choices[0].message.content == "Dear Grace Hopper!"
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "Dear Grace Hopper!"
    assert (chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens) == (11, 7)
    assert [model.id for model in client.models.list() if model.id.startswith("Fake L")] == ["Fake Large"]


def test_openai_calls_tools_and_asks_for_json(portal: Portal) -> None:
    client = portal.openai()
    tools = [{"type": "function", "function": {"name": "send_mail", "description": "d", "parameters": PARAMETERS}}]
    portal.provider.will_call("send_mail", '{"to": "<PER', 'SON_1>"}')
    portal.provider.will_answer('{"to": "<PERSON_1>"}')

    called = client.chat.completions.create(model="Fake Large", messages=GREETING, tools=tools)
    shaped = client.chat.completions.create(
        model="Fake Large", messages=GREETING, response_format={"type": "json_object"}
    )

    [call] = called.choices[0].message.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == ("send_mail", {"to": "Grace Hopper"})
    assert called.choices[0].finish_reason == "tool_calls"
    assert json.loads(shaped.choices[0].message.content) == {"to": "Grace Hopper"}
    assert portal.provider.requests[-1]["response_format"] == {"type": "json_object"}


def test_openai_reads_responses_whole_streamed_and_with_tools(portal: Portal) -> None:
    client = portal.openai()
    tools = [{"type": "function", "name": "send_mail", "description": "d", "parameters": PARAMETERS, "strict": False}]
    portal.provider.will_answer("Dear <PERSON_1>!")
    portal.provider.will_answer("Dear <PER", "SON_1>", "!")
    portal.provider.will_call("send_mail", '{"to": "<PER', 'SON_1>"}')

    whole = client.responses.create(model="Fake Large", input="Please greet Grace Hopper", instructions="Be kind.")
    with client.responses.stream(model="Fake Large", input=GREETING) as stream:
        kinds = [event.type for event in stream]
        streamed = stream.get_final_response()
    with client.responses.stream(model="Fake Large", input=GREETING, tools=tools) as stream:
        called = stream.get_final_response()

    assert whole.output_text == streamed.output_text == "Dear Grace Hopper!"
    assert (kinds[0], kinds[-1]) == ("response.created", "response.completed")
    assert (streamed.usage.input_tokens, streamed.usage.output_tokens) == (11, 7)
    assert json.loads(called.output[0].arguments) == {"to": "Grace Hopper"}
    with pytest.raises(openai.BadRequestError, match="not stored here"):
        client.responses.create(model="Fake Large", input="x", previous_response_id=whole.id)


def test_openai_gets_embeddings_as_numbers(portal: Portal) -> None:
    answer = portal.openai().embeddings.create(model="Fake Embedder", input=["Grace Hopper", "tea"])

    assert portal.provider.embedding_requests[-1]["input"] == ["<PERSON_1>", "tea"]
    assert [row.embedding for row in answer.data] == [[10.0, 1.0], [3.0, 1.0]]


def test_openai_runs_a_batch_from_the_file_to_the_answers(portal: Portal) -> None:
    client = portal.openai()
    portal.provider.will_answer("Dear <PERSON_1>!")
    line = {
        "custom_id": "first",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {"model": "Fake Large", "messages": GREETING},
    }

    file = client.files.create(file=("prompts.jsonl", json.dumps(line).encode()), purpose="batch")
    batch = client.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h", metadata={"for": "nobody"}
    )
    assert client.batches.retrieve(batch.id).status in {"in_progress", "completed"}
    answer_what_waits()
    done = client.batches.retrieve(batch.id)
    [answer] = [json.loads(text) for text in client.files.content(done.output_file_id).text.splitlines()]

    assert (done.status, done.request_counts.completed, done.error_file_id) == ("completed", 1, None)
    assert answer["custom_id"] == "first"
    assert answer["response"]["body"]["choices"][0]["message"]["content"] == "Dear Grace Hopper!"
    assert [one.id for one in client.batches.list(limit=1)] == [batch.id]
    assert [one.id for one in client.files.list()] == [file.id]
    assert client.files.retrieve(done.output_file_id).purpose == "batch_output"
    assert client.batches.cancel(batch.id).status == "completed"  # one that has ended stays as it is
    assert client.files.delete(file.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(file.id)
    with pytest.raises(openai.PermissionDeniedError):
        portal.openai(portal.narrow_secret).batches.list()


def test_curl_runs_a_batch_by_what_the_page_offers(portal: Portal) -> None:
    [setup] = [one for one in batch_setups(portal.address, "Fake Large") if one.slug == "batch-curl"]
    portal.provider.will_answer("Hello.")
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, VARIABLE: portal.secret}
        begun = subprocess.run(
            ["bash", "-ec", setup.code], cwd=folder, env=environment, capture_output=True, text=True, check=True
        )
    batch = json.loads(begun.stdout)
    answer_what_waits()

    ended = portal.openai().batches.retrieve(batch["id"])
    assert (batch["status"], ended.status, ended.request_counts.completed) == ("in_progress", "completed", 1)


def answer_what_waits() -> None:
    """Do what the worker does, in this process."""

    async def work() -> None:
        await batches.work(seconds=20)
        await client.close()

    asyncio.run(work())


def test_openais_errors_have_their_types(portal: Portal) -> None:
    def ask(secret: str = "", model: str = "Fake Large", content: Any = "Hello") -> Any:
        messages = [{"role": "user", "content": content}]
        return portal.openai(secret).chat.completions.create(model=model, messages=messages)

    with pytest.raises(openai.AuthenticationError) as unknown:
        ask(secret="sk-nothing")
    assert unknown.value.code == "invalid_api_key"
    for model in ("Theirs", "No such model"):
        with pytest.raises(openai.NotFoundError) as hidden:
            ask(model=model)
        assert hidden.value.code == "model_not_found"
    with pytest.raises(openai.PermissionDeniedError):
        ask(secret=portal.narrow_secret)
    with pytest.raises(openai.BadRequestError):
        ask(content=[{"type": "image_url", "image_url": {"url": PIXEL}}])
    portal.provider.will_fail(429)
    with pytest.raises(openai.RateLimitError):
        ask()
    portal.provider.will_die_after(1, "Dear ", "friend")
    with pytest.raises(openai.APIError), portal.openai().responses.stream(model="Fake Large", input="Hello") as stream:
        list(stream)


def test_anthropic_chats_whole_and_as_a_stream_with_the_name_restored(portal: Portal) -> None:
    client = portal.anthropic()
    portal.provider.will_answer("Dear <PERSON_1>!")
    portal.provider.will_answer("Dear <PER", "SON_1>", "!")

    whole = client.messages.create(model="Fake Large", max_tokens=99, system="Be kind.", messages=GREETING)
    with client.messages.stream(model="Fake Large", max_tokens=99, messages=GREETING) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()

    assert whole.content[0].text == text == "Dear Grace Hopper!"
    assert portal.provider.requests[-2]["messages"][0] == {"role": "system", "content": "Be kind."}
    assert (final.stop_reason, final.usage.input_tokens, final.usage.output_tokens) == ("end_turn", 11, 7)


def test_anthropic_calls_a_tool_and_sends_its_result(portal: Portal) -> None:
    client = portal.anthropic()
    tools = [{"name": "send_mail", "description": "d", "input_schema": PARAMETERS}]
    portal.provider.will_call("send_mail", '{"to": "<PER', 'SON_1>"}', words="I write.")
    portal.provider.will_answer("Sent to <PERSON_1>.")

    with client.messages.stream(model="Fake Large", max_tokens=99, messages=GREETING, tools=tools) as stream:
        called = stream.get_final_message()
    result = {"type": "tool_result", "tool_use_id": called.content[1].id, "content": "Grace Hopper has it"}
    history = [*GREETING, called.to_param(), {"role": "user", "content": [result]}]
    done = client.messages.create(model="Fake Large", max_tokens=99, messages=history, tools=tools)

    assert (called.stop_reason, called.content[1].input) == ("tool_use", {"to": "Grace Hopper"})
    assert done.content[0].text == "Sent to Grace Hopper."
    assert portal.provider.requests[-1]["messages"][-1]["content"] == "<PERSON_1> has it"


def test_anthropic_counts_tokens_before_it_asks(portal: Portal) -> None:
    client, before = portal.anthropic(), len(portal.provider.requests)

    short = client.messages.count_tokens(model="Fake Large", messages=GREETING)
    longer = client.messages.count_tokens(model="Fake Large", messages=GREETING, system="Be kind and brief.")

    assert 40 < short.input_tokens < longer.input_tokens < 100
    assert len(portal.provider.requests) == before
    with pytest.raises(anthropic.NotFoundError):
        client.messages.count_tokens(model="Theirs", messages=GREETING)


def test_anthropics_errors_have_their_types(portal: Portal) -> None:
    def ask(secret: str = "", model: str = "Fake Large", content: Any = "Hello") -> Any:
        messages = [{"role": "user", "content": content}]
        return portal.anthropic(secret).messages.create(model=model, max_tokens=9, messages=messages)

    with pytest.raises(anthropic.AuthenticationError):
        ask(secret="sk-nothing")
    with pytest.raises(anthropic.NotFoundError):
        ask(model="Theirs")
    with pytest.raises(anthropic.PermissionDeniedError):
        ask(secret=portal.narrow_secret)
    with pytest.raises(anthropic.BadRequestError) as refused:
        ask(
            content=[{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}]
        )
    assert refused.value.body["error"]["type"] == "invalid_request_error"
    portal.provider.will_fail(429)
    with pytest.raises(anthropic.RateLimitError):
        ask()
    portal.provider.will_die_after(1, "Dear ", "friend")
    with (
        pytest.raises(anthropic.APIError),
        portal.anthropic().messages.stream(model="Fake Large", max_tokens=9, messages=GREETING) as stream,
    ):
        stream.until_done()


def test_litellms_errors_have_their_types(portal: Portal) -> None:
    def ask(secret: str = "", model: str = "Fake Large", content: Any = "Hello") -> Any:
        return litellm.completion(
            model=f"openai/{model}", api_base=f"{portal.address}/v1", api_key=secret or portal.secret, max_retries=0,
            messages=[{"role": "user", "content": content}],
        )  # fmt: skip

    with pytest.raises(litellm.AuthenticationError):
        ask(secret="sk-nothing")
    with pytest.raises(litellm.NotFoundError):
        ask(model="Theirs")
    with pytest.raises(litellm.BadRequestError):
        ask(content=[{"type": "image_url", "image_url": {"url": PIXEL}}])
    portal.provider.will_fail(429)
    with pytest.raises(litellm.RateLimitError):
        ask()


def test_curl_learns_of_a_refusal_by_its_exit_status_and_the_sentence(portal: Portal) -> None:
    [setup] = [one for one in setups(portal.address, "Theirs") if one.slug == "curl"]

    done = _in_shell(setup.code, portal)

    assert done.returncode == 22
    assert json.loads(done.stdout)["error"]["code"] == "model_not_found"


def test_llm_answers_by_what_the_page_offers_and_passes_a_refusal_on(portal: Portal) -> None:
    [setup] = [one for one in setups(portal.address, "Fake Large") if one.slug == "llm"]
    portal.provider.will_answer("Hello ", "from the model.")
    another_model = "sed -i 's/Fake Large/Theirs/' \"$LLM_USER_PATH/extra-openai-models.yaml\""

    done = _in_shell(f"{setup.code}\n{another_model}\nllm -m portcullis 'Hello.'", portal)

    assert "Hello from the model." in done.stdout
    assert done.returncode == 1
    assert "model_not_found" in done.stderr


@pytest.mark.parametrize("slug", ["curl", "openai", "anthropic", "litellm"])
def test_what_the_page_offers_to_paste_works_word_for_word(portal: Portal, slug: str, monkeypatch: Any) -> None:
    [setup] = [one for one in setups(portal.address, "Fake Large") if one.slug == slug]
    portal.provider.will_answer("Hello ", "from the model.")

    said = _in_shell(setup.code, portal).stdout if slug == "curl" else _in_python(setup, portal, monkeypatch)

    assert "Hello from the model." in said
    assert Intent.objects.order_by("id").last().door == "API"


def _in_shell(code: str, portal: Portal) -> subprocess.CompletedProcess[str]:
    """Run the text in a shell of its own; a program that asks for the key reads it from the input."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            VARIABLE: portal.secret,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "LLM_USER_PATH": folder,
            "LLM_LOAD_PLUGINS": "",  # the weights of our local model come in a plug-in for llm that is not whole
        }
        return subprocess.run(
            ["bash", "-euc", code], env=environment, input=portal.secret + "\n", capture_output=True, text=True,
            timeout=90, start_new_session=True,
        )  # fmt: skip


def _in_python(setup: Setup, portal: Portal, monkeypatch: Any) -> str:
    monkeypatch.setenv(VARIABLE, portal.secret)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        exec(setup.code, {})  # noqa: S102 - the page's own text
    return said.getvalue()
