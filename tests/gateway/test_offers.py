"""Providers whose keys are set are offered with prices; nothing is on by itself; no key is ever shown."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from apps.gateway import catalogue, discovery, embeddings, price_map
from apps.gateway.admission import admit_embedding
from apps.gateway.endpoints import VARIABLES, endpoint_of
from apps.gateway.models import Grant, LanguageModel, Provider
from apps.gateway.wire import AsVectors
from apps.ledger.models import Event
from tests.gateway.conftest import make_prompt

TODAY = date(2026, 3, 10)
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch):
    for variables in VARIABLES.values():
        for name in (
            *variables.needed,
            variables.key,
            variables.base_url,
            *(source for _, source in variables.options),
        ):
            if name:
                monkeypatch.delenv(name, raising=False)


def kinds():
    """What is offered because of the environment: all but the embedder that comes with the product."""
    return [offer.kind for offer in discovery.offers(today=TODAY) if offer.variables]


@pytest.mark.django_db
def test_without_keys_nothing_is_offered():
    assert kinds() == []


@pytest.mark.django_db
@pytest.mark.parametrize("kind", list(VARIABLES))
def test_a_provider_is_offered_when_all_its_variables_are_set(kind, monkeypatch):
    for name in VARIABLES[kind].needed:
        assert kinds() == []
        monkeypatch.setenv(name, "http://models.internal/v1")

    assert kinds() == [kind]


@pytest.mark.django_db
@pytest.mark.parametrize("kind", list(discovery.CANDIDATES))
def test_offered_models_have_a_window_and_a_price(kind, monkeypatch):
    for name in VARIABLES[kind].needed:
        monkeypatch.setenv(name, "http://models.internal/v1")

    models = discovery.offers(today=TODAY)[0].models

    assert 3 <= len(models) <= 5
    assert all(m.context_window >= 8192 and m.input_price > 0 and m.output_price > 0 for m in models)


@pytest.mark.django_db
def test_a_model_past_its_day_is_not_offered(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk")
    monkeypatch.setitem(discovery.CANDIDATES, "OPENAI", ("gpt-4",))
    deprecated_on = price_map.find("gpt-4").deprecated_on

    assert discovery.offers(today=deprecated_on)[0].models == ()


@pytest.mark.django_db
def test_bedrock_models_carry_the_name_of_the_region(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")

    offer = discovery.offers(today=TODAY)[0]

    assert offer.region == "eu-central-1"
    assert offer.models[0].model_id.startswith("eu.anthropic.")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "egress_class"),
    [
        ("http://localhost:11434", "INSIDE"),
        ("http://10.1.2.3:11434", "INSIDE"),
        ("http://ollama:11434", "INSIDE"),
        ("https://ollama.example.com", "OUTSIDE"),
        ("https://8.8.8.8", "OUTSIDE"),
    ],
)
def test_where_a_server_stands_decides_whether_calls_leave(monkeypatch, address, egress_class):
    monkeypatch.setenv("OLLAMA_API_BASE", address)

    assert discovery.offers(today=TODAY)[0].egress_class == egress_class


def test_taking_up_an_offer_makes_a_provider_that_is_on_with_models_no_team_has(make_person, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    david = make_person("david", roles=("ADMIN",))

    provider = catalogue.take_up_offer("OPENAI", by=david, now=NOW)

    model = LanguageModel.objects.filter(provider=provider).first()
    assert provider.is_on
    assert model.is_on
    assert not Grant.objects.exists()
    assert endpoint_of(model).api_key == "sk-very-secret"
    assert kinds() == []
    actions = list(Event.objects.values_list("action", flat=True))
    assert actions.count("PROVIDER_CREATED") == 1
    assert "sk-very-secret" not in str(list(Event.objects.values())) + str(list(Provider.objects.values()))


def test_an_offer_is_taken_up_once(make_person, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk")
    david = make_person("david", roles=("ADMIN",))
    catalogue.take_up_offer("OPENAI", by=david, now=NOW)

    with pytest.raises(catalogue.OfferGone):
        catalogue.take_up_offer("OPENAI", by=david, now=NOW)


def test_what_is_not_set_up_cannot_be_taken_up(make_person):
    with pytest.raises(catalogue.OfferGone):
        catalogue.take_up_offer("OPENAI", by=make_person("david"), now=NOW)


@pytest.mark.parametrize(("kind", "price"), [("OLLAMA", Decimal(0)), ("OPENAI_COMPATIBLE", None)])
def test_a_server_of_the_company_is_asked_which_models_it_has(make_person, monkeypatch, provider, kind, price):
    monkeypatch.setenv(VARIABLES[kind].base_url, provider.base_url)
    provider.models = [
        {"id": "llama4:latest"},
        {"id": "org/qwen", "max_model_len": 32_768},
        {"id": "nomic-embed-text"},
        {"id": 7},
        {"id": "x" * 500},
    ]

    catalogue.take_up_offer(kind, by=make_person("david"), now=NOW)

    models = {m.upstream_id: m for m in LanguageModel.objects.all()}
    assert set(models) == {"llama4:latest", "org/qwen"}
    assert models["org/qwen"].context_window == 32_768
    assert {m.input_price for m in models.values()} == {price}
    assert provider.requests == []


@pytest.mark.parametrize("models", [None, "x", [None], [[]]])
def test_a_server_that_lists_nonsense_is_on_without_models(make_person, monkeypatch, provider, models):
    monkeypatch.setenv("OLLAMA_API_BASE", provider.base_url)
    provider.models = models

    assert catalogue.take_up_offer("OLLAMA", by=make_person("david"), now=NOW).is_on
    assert not LanguageModel.objects.exists()


def test_a_server_that_does_not_answer_is_on_without_models(make_person, monkeypatch):
    monkeypatch.setenv("OLLAMA_API_BASE", "http://127.0.0.1:9")

    assert catalogue.take_up_offer("OLLAMA", by=make_person("david"), now=NOW).is_on
    assert not LanguageModel.objects.exists()


# The price list.


def test_prices_are_exact_and_per_million():
    listed = price_map.find("gpt-4o-mini")

    assert (listed.input_price, listed.output_price) == (Decimal("0.15"), Decimal("0.60"))
    assert (listed.context_window, listed.max_output_tokens) == (128_000, 16_384)


def test_the_window_ends_where_a_prompt_becomes_dearer(monkeypatch):
    row = {
        "mode": "chat",
        "max_input_tokens": 1_000_000,
        "max_output_tokens": 64_000,
        "input_cost_per_token": Decimal("0.000003"),
        "output_cost_per_token": Decimal("0.000015"),
        "input_cost_per_token_above_200k_tokens": Decimal("0.000006"),
    }
    monkeypatch.setattr(price_map, "_rows", lambda: {"m": row})

    assert price_map.find("m").context_window == 200_000


@pytest.mark.parametrize("price", [None, "free", Decimal(-1), True, Decimal("1e-20"), [], 0.5])
def test_a_price_that_is_no_price_is_unknown(monkeypatch, price):
    row = {"mode": "chat", "max_input_tokens": 10, "max_output_tokens": 10, "input_cost_per_token": price}
    monkeypatch.setattr(price_map, "_rows", lambda: {"m": row})

    assert price_map.find("m").input_price is None


@pytest.mark.parametrize(
    "row", [None, {}, {"mode": "embedding"}, {"mode": "chat"}, {"mode": "chat", "max_input_tokens": "x"}]
)
def test_what_the_list_does_not_describe_is_not_listed(monkeypatch, row):
    monkeypatch.setattr(price_map, "_rows", lambda: {"m": row} if row is not None else {})

    assert price_map.find("m") is None


@pytest.mark.django_db
def test_a_new_installation_is_offered_the_embedder_of_this_machine_once(make_person, make_team):
    sales = make_team("Sales")
    maya, david = make_person("maya", teams=("Sales",)), make_person("david")

    assert discovery.offers(today=TODAY)[-1].kind == "EMBEDDED"
    provider = catalogue.take_up_offer("EMBEDDED", by=david, now=NOW)
    [model] = provider.language_models.all()
    Grant.objects.create(team=sales, model=model)

    assert discovery.offers(today=TODAY) == []
    assert (provider.is_on, provider.egress_class, model.capabilities) == (True, "INSIDE", ["embeddings"])
    assert embeddings.is_on_this_machine(model)
    assert (
        admit_embedding(
            person=maya, team=sales, model_id=model.pk, prompt=make_prompt("tea"), wanted=AsVectors(), now=NOW
        ).model_label
        == "MiniLM embeddings (local)"
    )
    with pytest.raises(catalogue.OfferGone):
        catalogue.take_up_offer("EMBEDDED", by=david, now=NOW)
