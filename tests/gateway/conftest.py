"""Prompts, calls and both ways to a provider."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import pytest

from apps.gateway import client, health, litellm_client
from apps.gateway.endpoints import Endpoint
from apps.gateway.models import Provider
from apps.privacy import scrub
from apps.privacy.scrub import Scrubbed, ScrubbedMessage


@dataclass(frozen=True)
class Call:
    endpoint: Endpoint
    model_label: str = "Fake"
    provider_label: str = "Fake provider"
    max_output_tokens: int = 100
    model_id: UUID | None = None
    call_id: UUID | None = None
    first_word_seconds: float | None = None
    delay_seconds: float = 0.0


def make_prompt(*texts: str, system: str = "") -> Scrubbed:
    """Make a prompt as the scrubber would, without its engine: only tests reach for the module's own key."""
    messages = [ScrubbedMessage("system", system)] if system else []
    messages += [ScrubbedMessage("user", text) for text in texts]
    return Scrubbed(tuple(messages), (), "test", made_by=scrub._ONLY_THIS_MODULE)


@pytest.fixture
def prompt() -> Scrubbed:
    return make_prompt("Please greet <PERSON_1>")


@pytest.fixture
def call(provider) -> Call:
    return Call(Endpoint(Provider.Kind.OPENAI_COMPATIBLE, "fake", provider.base_url, "the-key"))


@pytest.fixture(params=["short way", pytest.param("LiteLLM", marks=pytest.mark.thorough)])
def ways(request, monkeypatch):
    """Run the test once for each way to a provider."""
    if request.param == "LiteLLM":
        monkeypatch.setattr(client, "way_to", lambda kind: litellm_client.stream)
    return request.param


@pytest.fixture(autouse=True)
def nothing_seen_of_models():
    health.forget()
    yield
    health.forget()


@pytest.fixture(autouse=True)
async def no_connections_left():
    yield
    await client.close()
