"""Embeddings: scrubbed, admitted, recorded and paid like every call; and nothing planted arrives."""

from __future__ import annotations

import asyncio
import base64
import struct
import threading
from decimal import Decimal

import pytest
from aiohttp import web
from django.utils import timezone

from apps.api import callers, embedding, embeddings_format
from apps.api.models import Scope
from apps.api.neutral import ApiError, ErrorKind
from apps.chat.database import in_database
from apps.gateway import client
from apps.gateway.endpoints import IN_PROCESS
from apps.gateway.models import Grant, LanguageModel, Provider, Reservation, SpentDay
from apps.ledger.models import Intent
from apps.privacy import engine, keys
from tests.fake_provider import vectors_of

pytestmark = pytest.mark.django_db(transaction=True)
TEXTS = ["Marisol Quintero likes tea", "her card is 4111 1111 1111 1111", "nothing personal"]


@pytest.fixture
def embedder(sales, make_model, provider):
    """A model outside the network that embeds, at the fake provider."""
    model = make_model(
        sales, provider=provider, label="Embedder", price="2", egress_class="OUTSIDE", max_output_tokens=9
    )
    LanguageModel.objects.filter(pk=model.pk).update(capabilities=["embeddings"], context_window=256)
    return model


@pytest.fixture
def ask(make_key):
    """Ask as Maya's key, as the door does, and give what it would send."""
    secret = make_key().secret

    async def at_the_door(body, key):
        wanted = embeddings_format.read(body)
        caller = await in_database(callers.authenticate, key, now=timezone.now())
        try:
            vectors = await embedding.embed(caller, wanted)
        finally:
            await client.close()
        return embeddings_format.written(
            vectors.embedded.vectors, ask=wanted, model=vectors.model, input_tokens=vectors.embedded.input_tokens
        )

    def ask(key=secret, **body):
        return asyncio.run(at_the_door({"model": "Embedder", "input": TEXTS, **body}, key))

    return ask


def refusal(call, **body):
    with pytest.raises(ApiError) as refused:
        call(**body)
    return refused.value.kind, refused.value.code


def test_texts_leave_scrubbed_and_come_back_as_vectors_on_the_record_and_paid(ask, embedder, provider, sales):
    answer = ask()

    [sent] = provider.embedding_requests
    assert sent["input"] == ["<PERSON_1> likes tea", "her card is <CARD_1>", "nothing personal"]
    assert set(sent) == {"model", "input", "encoding_format"}
    assert b"Marisol" not in provider.everything
    assert b"4111" not in provider.everything
    assert answer["data"][2] == {"object": "embedding", "index": 2, "embedding": [16.0, 2.0]}
    assert answer["usage"] == {"prompt_tokens": 9, "total_tokens": 9}
    intent = Intent.objects.select_related("outcome").get()
    assert (intent.purpose, intent.door, intent.outcome.kind) == ("EMBEDDING", "API", "ANSWERED")
    assert (intent.person_label, intent.masked_types) == ("Maya (key Laptop)", ["CARD", "PERSON"])
    assert b"<PERSON_1> likes tea" in keys.unseal(
        intent.conversation_id, intent.sealed_payload, purpose="ledger.payload"
    )
    assert intent.outcome.cost == Decimal(9) * 2 / 1_000_000
    assert Reservation.objects.get().state == "SETTLED"


def test_numbers_come_as_floats_or_packed_in_base64(ask, embedder):
    packed = ask(input="tea", encoding_format="base64")["data"][0]["embedding"]

    assert struct.unpack("<2f", base64.b64decode(packed)) == (3.0, 1.0)


def test_the_embedder_of_this_machine_answers_without_any_connection(ask, sales, make_model, provider):
    place = Provider.objects.create(name="Here", kind="EMBEDDED", egress_class="INSIDE", is_on=True)
    model = make_model(sales, label="MiniLM")
    LanguageModel.objects.filter(pk=model.pk).update(
        provider=place, upstream_id=IN_PROCESS, capabilities=["embeddings"]
    )

    answer = ask(model="MiniLM", input=["a cat", "a kitten", "a tax return"])

    cat, kitten, tax = (row["embedding"] for row in answer["data"])
    alike = [sum(x * y for x, y in zip(cat, other, strict=True)) for other in (cat, kitten, tax)]
    assert alike[0] == pytest.approx(1, abs=1e-3)
    assert alike[1] > alike[2] + 0.2
    assert Intent.objects.get().outcome.kind == "ANSWERED"
    assert refusal(ask, model="MiniLM", dimensions=100) == (ErrorKind.BAD_REQUEST, "unsupported_value")
    assert provider.everything == b""


def test_what_may_not_be_asked_is_refused_with_a_reason_and_nothing_leaves(
    ask, embedder, provider, sales, make_model, make_key, settings, monkeypatch
):
    make_model(sales, provider=provider, label="Chat only", price="0")
    settings.MESSAGE_LIMIT_CHARACTERS = 1000

    assert refusal(ask, model="No such") == (ErrorKind.NOT_FOUND, "model_not_found")
    assert refusal(ask, model="a\x00b") == (ErrorKind.NOT_FOUND, "model_not_found")
    assert refusal(ask, model="Chat only") == (ErrorKind.BAD_REQUEST, "model_cannot_embed")
    assert refusal(ask, input="word " * 201) == (ErrorKind.TOO_LARGE, "input_too_long")
    assert refusal(ask, input="a-1-" * 240) == (ErrorKind.BAD_REQUEST, "context_length_exceeded")
    assert refusal(ask, input=[1, 2, 3]) == (ErrorKind.BAD_REQUEST, "unsupported_input")
    assert refusal(ask, input=[]) == refusal(ask, input=["a", " "]) == (ErrorKind.BAD_REQUEST, "invalid_value")
    other = make_model(sales, label="Other")
    elsewhere = make_key(model_ids=(other.pk,)).secret
    assert refusal(ask, key=elsewhere) == (ErrorKind.NOT_FOUND, "model_not_found")
    with pytest.raises(callers.OutOfScope):
        ask(key=make_key(scopes=(Scope.CHAT,)).secret)
    monkeypatch.setattr(engine, "detect_async", broken)
    assert refusal(ask) == (ErrorKind.UNAVAILABLE, "scrubber_unavailable")
    monkeypatch.undo()
    Grant.objects.filter(model=embedder).delete()
    assert refusal(ask) == (ErrorKind.NOT_FOUND, "model_not_found")

    assert provider.everything == b""
    assert {intent.outcome.kind for intent in Intent.objects.select_related("outcome")} == {"REFUSED"}
    assert not SpentDay.objects.exclude(reserved=0).exists()


async def broken(text, on_progress=None):
    raise engine.ScrubberUnavailable


NO_ANSWERS = [
    ({"data": []}, ErrorKind.MODEL_FAILED),
    ({"data": [{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [1]}]}, ErrorKind.MODEL_FAILED),
    ({"data": [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": []}]}, ErrorKind.MODEL_FAILED),
    ({"data": [{"index": 0, "embedding": ["x"]}, {"index": 1, "embedding": [1]}]}, ErrorKind.MODEL_FAILED),
    ({"data": [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": [float("nan")]}]}, ErrorKind.MODEL_FAILED),
    ("<html>", ErrorKind.MODEL_FAILED),
    (400, ErrorKind.BAD_REQUEST),
    (429, ErrorKind.RATE_LIMITED),
    (500, ErrorKind.MODEL_FAILED),
]


def test_an_answer_that_is_not_one_is_told_apart_costs_nothing_and_closes_the_record(ask, embedder, provider):
    for answer, kind in NO_ANSWERS:
        provider.embeds = lambda body, answer=answer: (
            web.Response(status=answer)
            if isinstance(answer, int)
            else web.Response(text=answer)
            if isinstance(answer, str)
            else answer
        )
        assert refusal(ask, input=["a", "b"])[0] is kind, answer

    outcomes = [intent.outcome for intent in Intent.objects.select_related("outcome")]
    assert [outcome.kind for outcome in outcomes] == ["FAILED"] * len(NO_ANSWERS)
    assert not any(outcome.cost for outcome in outcomes)
    assert not Reservation.objects.filter(state="HELD").exists()


def test_a_program_that_leaves_early_is_recorded_and_paid_all_the_same(embedder, provider, make_key):
    caller = callers.authenticate(make_key().secret, now=timezone.now())
    left = threading.Event()
    provider.embeds = lambda body: left.wait(10) and vectors_of(body)

    async def leave() -> None:
        call = asyncio.ensure_future(embedding.embed(caller, embeddings_format.Ask("Embedder", ("tea",))))
        await asyncio.to_thread(provider.wait_until, lambda one: one.embedding_requests)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        left.set()
        await asyncio.gather(*embedding._under_way)
        await client.close()

    asyncio.run(leave())

    assert Intent.objects.get().outcome.kind == "ANSWERED"
    assert Reservation.objects.get().state == "SETTLED"


def test_a_fault_of_ours_closes_the_record_and_says_nothing_of_the_text(ask, sales, make_model, monkeypatch, caplog):
    place = Provider.objects.create(name="Here", kind="EMBEDDED", egress_class="INSIDE", is_on=True)
    model = make_model(sales, label="MiniLM")
    LanguageModel.objects.filter(pk=model.pk).update(
        provider=place, upstream_id=IN_PROCESS, capabilities=["embeddings"]
    )
    monkeypatch.setattr(embedding.on_this_machine, "embed", lambda text: 1 / len(text[:0]))

    assert refusal(ask, model="MiniLM", input="secret words") == (ErrorKind.PORTAL_FAILED, "portal_failed")

    assert Intent.objects.get().outcome.kind == "FAILED"
    assert "secret words" not in caplog.text
