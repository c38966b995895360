"""
Every position of a prompt and every way out: planted values arrive in none of them, in no form.

Two tables say which doors there are. A new caller of a model, or a new module that can talk to other hosts, fails the
test until it has a row here, with a planted journey or with the reason why nothing of anybody's leaves by it.
"""

from __future__ import annotations

import ast
import io
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import Role
from apps.chat import composition
from apps.chat.models import Turn
from apps.gateway import connection_test, litellm_client
from apps.ledger.vocabulary import Purpose
from apps.privacy import engine
from apps.rag import ingest, search
from apps.rag.models import Collection, CollectionGrant, Document
from bench.egress_proof.forms import Found, Searcher, texts_of
from bench.egress_proof.planted import Plant, Planter, Text
from tests.fake_provider import PAUSE
from tests.rag import files

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[2]

CALLERS_OF_MODELS = {
    "apps/chat/ways.py:open_way": "the chat: every test of this file; vectors: tests/api/test_embedding.py",
    "apps/gateway/embeddings.py:_ask": "sends what its caller above gives",
    "apps/gateway/embeddings.py:_ask_the_short_way": "sends what its caller above gives",
    "apps/gateway/connection_test.py:_ask": "test_the_connection_test_is_scrubbed_like_a_message",
}
"""Who sends something to a model, and which test plants values there."""

CAN_TALK_TO_OTHER_HOSTS = {
    "apps/gateway/openai_client.py": "sends what its caller above gives; its GET carries nothing",
    "apps/gateway/exchange_http.py": "carries the bytes that openai_client gives it",
    "apps/gateway/embeddings.py": "sends what its caller above gives",
    "apps/gateway/litellm_client.py": "sends what its caller above gives",
    "apps/gateway/probing.py": "asks an idle model's server for its list of models; nothing of anybody's is sent",
    "apps/gateway/listing.py": "asks a provider for its list of models; nothing of anybody's is sent",
    "apps/ledger/posting.py": "brings signed checkpoints to witnesses and authorities: sizes and hashes, no text",
    "apps/ledger/timestamps.py": "reads the status that its caller above has an answer with",
    "apps/ledger/witnesses.py": "as timestamps.py",
    "apps/audit/stream/webhook.py": "brings events to the company's collector; no text but scrubbed, where asked for",
    "apps/audit/stream/outgoing.py": "opens the connections of webhook.py and syslog.py",
    "apps/audit/stream/syslog.py": "as webhook.py",
    "apps/accounts/oidc.py": "signs people in; knows no message",
    "portal/healthcheck.py": "asks the portal itself whether it is ready",
    "portal/embedded/ports.py": "looks for free ports of this machine",
    "portal/embedded/readiness.py": "asks the programs of this machine whether they are ready",
    "portal/embedded/supervision.py": "talks to the process manager of this machine",
}
"""Which modules import something that opens connections, and why no text of anybody's leaves by them."""

NO_SUCH_DOOR = {
    "title call": "a title is the first line of the question; Purpose.TITLE has no caller",
    "summary call": "no summaries are made",
    "tool arguments": "a turn offers no tools; a program's are planted in tests/api/test_every_position.py",
    "tool result": "as tool arguments",
    "image text": "no pictures are read",
    "batch": "there is no batch of prompts",
    "API": "the same story; its positions are planted in tests/api/test_every_position.py",
    "embedding of a document or a search": "made on this machine: test_no_embedding_leaves_this_machine",
    "whole answer": "every call asks for a stream",
}
"""Positions and doors that do not exist. Whoever builds one adds a caller above, which needs a row and a journey."""

HTTP_LIBRARIES = {
    "aiohttp", "httpx", "requests", "urllib.request", "urllib3", "http.client", "socket", "smtplib", "ftplib",
    "litellm", "openai", "websockets", "xmlrpc.client", "allauth.socialaccount.providers.openid_connect.views",
}  # fmt: skip
SENDERS = {"stream", "way_to", "post", "embed"}
SENDING_MODULES = {"client", "openai_client", "litellm_client", "embeddings"}


@pytest.fixture(autouse=True)
def _remember_nothing(settings: Any) -> None:
    engine.forget()
    settings.SCRUB_SECONDS = 100


def found_in(provider: Any, *plants: Plant) -> set[Found]:
    """Search everything that the provider received for the planted values, in every form."""
    bodies = [raw.partition(b"\r\n\r\n")[2] for raw in provider.raw]
    texts = ["".join(texts_of(body)) for body in bodies]
    return Searcher(needle for plant in plants for needle in plant.needles).search(provider.everything, texts)


def ask(maya: Any, text: str, conversation_id: Any = None, **fields: Any) -> Turn:
    """Ask at the browser's door and wait for the end, however busy the machine is."""
    response = maya.send(conversation_id, text, **fields) if conversation_id else maya.begin(text, **fields)
    assert response.status_code in {201, 302}, response.content.decode()
    turn: Turn = maya.closed(maya.newest(), 100)
    return turn


def echo(body: dict[str, Any]) -> str:
    return "Noted: " + str(body["messages"][-1]["content"])


def test_question_and_history_and_what_comes_back_in_it(maya: Any, provider: Any) -> None:
    planter = Planter(seed=41)
    first, second, third = planter.question(), planter.aside(), planter.question()
    provider.always_says(echo)

    turn = ask(maya, first.text)
    ask(maya, second.text, turn.conversation_id)
    ask(maya, third.text, turn.conversation_id)

    assert len(provider.requests[-1]["messages"]) == 6
    assert not found_in(provider, *first.plants, *second.plants, *third.plants)
    assert first.plants[0].value in maya.page(turn)
    assert all(body["stream"] is True for body in provider.requests)


def test_a_question_that_is_asked_again_and_an_answer_that_broke_off(maya: Any, provider: Any) -> None:
    text = Planter(seed=42).question()
    provider.will_die_after(2, "Dear <PERSON_1>, ", "about <EMAIL_1>")
    provider.will_answer("Done, <PERSON_1>.")
    provider.will_answer("Yes.")

    broken = ask(maya, text.text)
    maya.client.post(reverse("chat:retry", args=[broken.pk]))
    maya.closed(maya.newest(), 100)
    ask(maya, "And now?", broken.conversation_id)

    assert broken.outcome == "FAILED"
    assert len(provider.requests) == 3
    assert not found_in(provider, *text.plants)


def test_a_stopped_answer_in_the_history(maya: Any, provider: Any) -> None:
    text = Planter(seed=43).question()
    provider.will_answer("Dear <PERSON_1>, ", PAUSE, "never")
    provider.will_answer("Yes.")
    maya.begin(text.text)
    provider.wait_for_requests(seconds=100)
    maya.client.post(reverse("chat:stop", args=[maya.newest().pk]))
    stopped = maya.closed(maya.newest(), 100)

    ask(maya, "And now?", stopped.conversation_id)

    assert stopped.outcome == "STOPPED"
    assert not found_in(provider, *text.plants)


def as_markdown(text: Text, title: str) -> bytes:
    return f"# {title}\n\n{text.text}".encode()


def as_text(text: Text, title: str) -> bytes:
    return text.text.encode()


def as_html_table(text: Text, title: str) -> bytes:
    rows = "".join(f"<tr><td>{'</td><td>'.join(line.split(': ', 1))}</td></tr>" for line in text.text.split("\n\n"))
    return f"<html><body><h1>{title}</h1><table>{rows}</table></body></html>".encode()


def as_word_table(text: Text, title: str) -> bytes:
    rows = [[*line.split(": ", 1), ""][:2] for line in text.text.split("\n\n")]
    return files.word([f"# {title}"], table=rows)


def as_pdf(text: Text, title: str) -> bytes:
    return files.pdf([[f"# {title}", *text.text.split("\n\n")]])


FILES: dict[str, Callable[[Text, str], bytes]] = {
    "md": as_markdown, "txt": as_text, "html": as_html_table, "docx": as_word_table, "pdf": as_pdf,
}  # fmt: skip


@pytest.fixture
def shelf(maya: Any) -> Collection:
    made = Collection.objects.create(name="Customer files")
    CollectionGrant.objects.create(collection=made, team=maya.person.teams.get())
    return made


def upload(maya: Any, shelf: Collection, name: str, data: bytes) -> Document:
    """Upload a file at its door and read it in, as the worker does."""
    file = io.BytesIO(data)
    file.name = name
    assert maya.client.post(reverse("rag:upload", args=[shelf.pk]), {"files": [file]}).status_code == 302
    document = Document.objects.get(file_name=name)
    ingest.ingest(document.pk)
    document.refresh_from_db()
    assert document.status == "READY", document.failure
    return document


@pytest.mark.parametrize("ending", FILES)
def test_a_file_its_name_its_title_its_headings_and_its_tables(
    maya: Any, provider: Any, shelf: Collection, ending: str
) -> None:
    mark, text = Planter(seed=50).record()
    title = f"{mark} {text.plants[0].value}"
    upload(maya, shelf, f"{title}.{ending}", FILES[ending](text, title))
    provider.always_says(echo)

    turn = ask(maya, f"What does the file on {mark} say?", uses_documents="on")
    ask(maya, "And once more, please?", turn.conversation_id, uses_documents="on")

    assert turn.outcome == "ANSWERED"
    assert mark.lower() in provider.requests[0]["messages"][0]["content"].lower(), "the passage did not travel"
    assert not found_in(provider, *text.plants)


def test_a_passage_whose_findings_are_out_of_date(maya: Any, provider: Any, shelf: Collection) -> None:
    mark, text = Planter(seed=51).record()
    document = upload(maya, shelf, "file.txt", as_text(text, ""))
    document.passages.update(findings=[])
    Document.objects.filter(pk=document.pk).update(policy_version="older")
    provider.always_says(echo)

    ask(maya, f"What does the file on {mark} say?", uses_documents="on")

    assert mark.lower() in provider.requests[0]["messages"][0]["content"].lower()
    assert not found_in(provider, *text.plants)


def test_the_instructions_hold_nothing_of_anybodys_and_are_scrubbed_all_the_same(
    maya: Any, provider: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not engine.detect(composition.INSTRUCTIONS + composition.PASSAGES_FOLLOW)
    text = Planter(seed=52).question()
    monkeypatch.setattr(composition, "INSTRUCTIONS", f"You work for {text.plants[0].value}.")
    provider.will_answer("Yes.")

    ask(maya, text.text)

    assert provider.requests[0]["messages"][0]["content"].startswith("You work for <PERSON_")
    assert not found_in(provider, *text.plants)


def test_the_connection_test_is_scrubbed_like_a_message(
    maya: Any, provider: Any, make_person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = Planter(seed=53).question()
    monkeypatch.setattr(connection_test, "QUESTION", text.text)
    provider.will_answer("ready")

    result = connection_test.try_connection(
        maya.model, by=make_person("david", roles=(Role.ADMIN,)), now=timezone.now()
    )

    assert result.is_ok, result.sentence
    assert not found_in(provider, *text.plants)


def test_the_way_through_litellm_is_given_the_same(maya: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    text, sent = Planter(seed=54).question(), []

    async def way(endpoint: Any, messages: Any, most: int, fields: Any) -> Any:
        sent.extend(messages)
        for piece in ():
            yield piece

    monkeypatch.setattr(litellm_client, "stream", way)
    maya.model.provider.kind = "ANTHROPIC"
    maya.model.provider.save()

    ask(maya, text.text)

    searcher = Searcher(needle for plant in text.plants for needle in plant.needles)
    assert [message["role"] for message in sent] == ["system", "user"]
    assert not searcher.search("".join(message["content"] for message in sent).encode())


def test_no_embedding_leaves_this_machine(
    maya: Any, provider: Any, shelf: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected: list[object] = []
    connect = socket.socket.connect

    def note(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            connected.append(address)
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", note)
    mark, text = Planter(seed=55).record()

    upload(maya, shelf, "file.md", as_markdown(text, mark))
    hits = search.search(maya.person, f"What does the file on {mark} say?")

    assert hits
    assert connected == []
    assert provider.everything == b""


def modules() -> Iterator[tuple[str, ast.Module]]:
    for folder in ("apps", "portal"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def senders_in(tree: ast.Module) -> Iterator[str]:
    """Give the functions that name the gateway's way out, under whatever name it was imported."""
    modules_named, functions_named = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("apps.gateway"):
            for name in node.names:
                if name.name in SENDING_MODULES:
                    modules_named.add(name.asname or name.name)
                if name.name in SENDERS:
                    functions_named.add(name.asname or name.name)
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                is_attribute = isinstance(node, ast.Attribute) and node.attr in SENDERS
                owner = node.value.id if is_attribute and isinstance(node.value, ast.Name) else None
                if owner in modules_named or (isinstance(node, ast.Name) and node.id in functions_named):
                    yield function.name


def imports_of(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {name.name for name in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return names


def test_every_caller_of_a_model_has_a_row_in_the_table() -> None:
    gateway = "apps/gateway/client.py"
    callers = {f"{path}:{name}" for path, tree in modules() if path != gateway for name in senders_in(tree)}

    assert callers == set(CALLERS_OF_MODELS)


def test_every_module_that_can_talk_to_other_hosts_has_a_row_in_the_table() -> None:
    can = {path for path, tree in modules() if imports_of(tree) & HTTP_LIBRARIES}

    assert can == set(CAN_TALK_TO_OTHER_HOSTS)


def test_every_purpose_of_a_call_is_a_caller_of_the_table_or_no_door() -> None:
    used = {
        node.attr
        for _, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Purpose"
        if node.attr.isupper()
    }

    assert used == {Purpose.CHAT.name, Purpose.CONNECTION_TEST.name, Purpose.EMBEDDING.name}
    assert "title call" in NO_SUCH_DOOR
