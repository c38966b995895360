"""Embeddings: scrubbed, admitted, recorded and paid like every call; and nothing planted arrives."""

from __future__ import annotations

import base64
import struct
import threading
from decimal import Decimal

import pytest
from aiohttp import web

from apps.api.models import Scope
from apps.chat import ways
from apps.gateway.endpoints import IN_PROCESS
from apps.gateway.models import Grant, LanguageModel, Provider, Reservation, SpentDay
from apps.ledger.models import Intent, Outcome
from apps.privacy import engine, keys
from tests.api.programs import Program
from tests.chat.conftest import wait_for
from tests.fake_provider import vectors_of
from tests.patience import PATIENCE_SECONDS

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
def ask(runner, make_key):
    """Ask at the door with Maya's key, and give the answer's JSON."""
    secret = make_key().secret

    def ask(key=secret, **body):
        reply = Program(key).call("/v1/embeddings", {"model": "Embedder", "input": TEXTS, **body})
        if reply.status != 200:
            raise Refusal(reply.status, reply.error["code"], reply.error["param"])
        return reply.json

    return ask


class Refusal(Exception):
    """What the door answered instead of vectors: status, code and the field that is wrong."""


def refusal(call, **body):
    with pytest.raises(Refusal) as refused:
        call(**body)
    return refused.value.args[:2]


def wrong_field(call, **body):
    with pytest.raises(Refusal) as refused:
        call(**body)
    return refused.value.args[2]


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


@pytest.mark.parametrize("address", ["/v1/chat/completions", "/v1/messages", "/v1/messages/count_tokens"])
@pytest.mark.parametrize("named_by", ["label", "pk"])
def test_a_question_to_a_model_that_embeds_only_is_told_where_to_go(
    runner, embedder, make_key, make_model, provider, sales, address, named_by
):
    other = make_model(sales, provider=provider, label="Other")
    name = str(getattr(embedder, named_by))
    body = {"model": name, "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}

    told = Program(make_key().secret).call(address, body)
    Grant.objects.filter(model=embedder).update(until_at=embedder.created_at)
    taken_away = Program(make_key().secret).call(address, body)
    Grant.objects.update(until_at=None)
    off_the_list = Program(make_key(model_ids=(other.pk,)).secret).call(address, body)

    assert told.status == 400
    assert "Embedder turns texts into vectors" in told.error["message"]
    assert "/v1/embeddings" in told.error["message"]
    for unknown in (taken_away, off_the_list):
        assert unknown.status == 404
        assert "Embedder" not in unknown.error["message"]
    assert provider.requests == []


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
    assert refusal(ask, model="MiniLM", dimensions=100) == (400, "unsupported_value")
    assert wrong_field(ask, model="MiniLM", dimensions=100) == "dimensions"
    assert provider.everything == b""


def test_what_may_not_be_asked_is_refused_with_a_reason_and_nothing_leaves(
    ask, embedder, provider, sales, make_model, make_key, settings, monkeypatch
):
    make_model(sales, provider=provider, label="Chat only", price="0")
    settings.MESSAGE_LIMIT_CHARACTERS = 1000

    assert refusal(ask, model="No such") == (404, "model_not_found")
    assert refusal(ask, model="a\x00b") == (404, "model_not_found")
    assert refusal(ask, model="Chat only") == (400, "model_cannot_embed")
    marked_wrongly = make_model(sales, label="At Anthropic")
    LanguageModel.objects.filter(pk=marked_wrongly.pk).update(
        capabilities=["embeddings"],
        provider=Provider.objects.create(name="A", kind="ANTHROPIC", egress_class="OUTSIDE", is_on=True),
    )
    assert refusal(ask, model="At Anthropic") == (400, "model_cannot_embed")
    assert refusal(ask, input="word " * 201) == (413, "input_too_long")
    assert refusal(ask, input="a-1-" * 240) == (400, "context_length_exceeded")
    assert wrong_field(ask, input="a-1-" * 240) == "input"
    assert refusal(ask, input=[1, 2, 3]) == (400, "unsupported_input")
    assert refusal(ask, input=[]) == refusal(ask, input=["a", " "]) == (400, "invalid_value")
    other = make_model(sales, label="Other")
    elsewhere = make_key(model_ids=(other.pk,)).secret
    assert refusal(ask, key=elsewhere) == (404, "model_not_found")
    assert refusal(ask, key=make_key(scopes=(Scope.CHAT,)).secret) == (403, "key_out_of_scope")
    monkeypatch.setattr(engine, "detect_async", broken)
    assert refusal(ask) == (503, "scrubber_unavailable")
    monkeypatch.undo()
    Grant.objects.filter(model=embedder).delete()
    assert refusal(ask) == (404, "model_not_found")

    assert provider.everything == b""
    assert {intent.outcome.kind for intent in Intent.objects.select_related("outcome")} == {"REFUSED"}
    assert not SpentDay.objects.exclude(reserved=0).exists()


async def broken(text, on_progress=None):
    raise engine.ScrubberUnavailable


NO_ANSWERS = [
    ({"data": []}, 502),
    ({"data": [{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [1]}]}, 502),
    ({"data": [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": []}]}, 502),
    ({"data": [{"index": 0, "embedding": ["x"]}, {"index": 1, "embedding": [1]}]}, 502),
    ({"data": [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": [float("nan")]}]}, 502),
    ("<html>", 502),
    (400, 400),
    (429, 429),
    (500, 502),
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
        assert refusal(ask, input=["a", "b"])[0] == kind, answer

    outcomes = [intent.outcome for intent in Intent.objects.select_related("outcome")]
    assert [outcome.kind for outcome in outcomes] == ["FAILED"] * len(NO_ANSWERS)
    assert not any(outcome.cost for outcome in outcomes)
    assert not Reservation.objects.filter(state="HELD").exists()


def test_a_program_that_hangs_up_ends_the_call_which_is_paid_by_estimate(runner, embedder, provider, make_key):
    left = threading.Event()
    provider.embeds = lambda body: left.wait(10) and vectors_of(body)

    exchange, reply = Program(make_key().secret).begin("/v1/embeddings", {"model": "Embedder", "input": "tea"})
    provider.wait_until(lambda one: one.embedding_requests)
    exchange.hang_up()
    reply.result(PATIENCE_SECONDS)
    left.set()

    outcome = wait_for(lambda: Outcome.objects.first())
    assert (outcome.kind, outcome.input_tokens > 0, outcome.cost > 0) == ("STOPPED", True, True)
    assert Reservation.objects.get().state == "SETTLED"


def test_a_fault_of_ours_closes_the_record_and_says_nothing_of_the_text(ask, sales, make_model, monkeypatch, caplog):
    place = Provider.objects.create(name="Here", kind="EMBEDDED", egress_class="INSIDE", is_on=True)
    model = make_model(sales, label="MiniLM")
    LanguageModel.objects.filter(pk=model.pk).update(
        provider=place, upstream_id=IN_PROCESS, capabilities=["embeddings"]
    )
    monkeypatch.setattr(ways.on_this_machine, "embed", lambda text: 1 / len(text[:0]))

    assert refusal(ask, model="MiniLM", input="secret words") == (500, "portal_failed")

    assert Intent.objects.get().outcome.kind == "FAILED"
    assert "secret words" not in caplog.text
