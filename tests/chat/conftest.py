"""A person with a granted model at the fake provider, and the runner that answers turns, as in the web process."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from apps.accounts.models import Team, User
from apps.chat import lifecycle
from apps.chat.models import Turn
from apps.gateway import health, litellm_client, openai_client, routing
from apps.gateway.models import Alternate, Budget, Grant, LanguageModel, Provider
from tests.fake_provider import FakeProvider
from tests.patience import PATIENCE_SECONDS


@pytest.fixture
def runner(transactional_db: None) -> Iterator[None]:
    """Answer turns on an event loop in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(lifecycle.start(), loop).result(PATIENCE_SECONDS)
    yield
    for closing in (lifecycle.stop(), openai_client.close(), litellm_client.close()):
        asyncio.run_coroutine_threadsafe(closing, loop).result(PATIENCE_SECONDS)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)


@pytest.fixture
def model(provider: FakeProvider, make_team: Callable[[str], Team]) -> LanguageModel:
    """A model outside the network at the fake provider, granted to Sales, which has money for it."""
    place = Provider.objects.create(
        name="Fake cloud",
        kind=Provider.Kind.OPENAI_COMPATIBLE,
        base_url=provider.base_url,
        egress_class="OUTSIDE",
        is_on=True,
    )
    found = LanguageModel.objects.create(
        provider=place,
        label="Fake Large",
        upstream_id="fake-large",
        context_window=16_000,
        max_output_tokens=1_000,
        input_price=Decimal("2"),
        output_price=Decimal("8"),
        is_on=True,
    )
    team = make_team("Sales")
    Grant.objects.create(team=team, model=found)
    Budget.objects.create(team=team, hard_limit=Decimal(100))
    return found


@pytest.fixture
def nothing_seen_of_models(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No model is known to be slow or down, and all retries are there."""
    monkeypatch.setattr(routing, "retries", routing.RetryBudget())
    monkeypatch.setattr(routing, "blind_retries", routing.RetryBudget())
    health.forget()
    yield
    health.forget()


@pytest.fixture
def other_provider() -> Iterator[FakeProvider]:
    """A second provider on this machine."""
    server = FakeProvider().start()
    yield server
    server.stop()


@pytest.fixture
def second(model: LanguageModel, other_provider: FakeProvider, nothing_seen_of_models: None) -> LanguageModel:
    """Another model, of the other provider, which is listed to answer for the first."""
    home = Provider.objects.create(
        name="Other cloud",
        kind=Provider.Kind.OPENAI_COMPATIBLE,
        base_url=other_provider.base_url,
        egress_class="OUTSIDE",
        is_on=True,
    )
    small = LanguageModel.objects.create(
        provider=home,
        label="Fake Small",
        upstream_id="fake-small",
        context_window=16_000,
        max_output_tokens=500,
        input_price=Decimal(1),
        output_price=Decimal(2),
        is_on=True,
    )
    Grant.objects.create(team=model.grants.get().team, model=small)
    Alternate.objects.create(model=model, alternate=small, position=0)
    LanguageModel.objects.filter(pk=model.pk).update(fallback=LanguageModel.Fallback.LISTED)
    return small


@dataclass
class Asker:
    """A signed-in person at the chat's door."""

    person: User
    client: Client
    model: LanguageModel

    def form(self, text: str, **fields: Any) -> dict[str, Any]:
        return {"text": text, "key": str(uuid4()), "model": str(self.model.pk), **fields}

    def begin(self, text: str, **fields: Any) -> HttpResponse:
        team = self.person.teams.first()
        return self.client.post("/c/", self.form(text, team=team.pk if team else "", **fields))

    def send(self, conversation_id: UUID, text: str, **fields: Any) -> HttpResponse:
        headers = {"X-Requested-With": "fetch"}
        return self.client.post(f"/c/{conversation_id}/turns", self.form(text, **fields), headers=headers)

    def ask(self, text: str, conversation_id: UUID | None = None, **fields: Any) -> Turn:
        """Ask, wait until the turn has closed, and return it."""
        response = self.send(conversation_id, text, **fields) if conversation_id else self.begin(text, **fields)
        assert response.status_code in {201, 302}, response.content.decode()
        return self.closed(self.newest())

    def newest(self) -> Turn:
        return Turn.objects.filter(conversation__owner=self.person).latest("started_at")

    def closed(self, turn: Turn, seconds: float = PATIENCE_SECONDS) -> Turn:
        return wait_for(lambda: Turn.objects.exclude(outcome="OPEN").filter(pk=turn.pk).first(), seconds)

    def page(self, turn: Turn) -> str:
        return self.client.get(f"/c/{turn.conversation_id}/").content.decode()


def wait_for(condition: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> Any:
    """Wait until the condition gives something, and return that."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("It did not happen in time.")


@pytest.fixture
def sign_in() -> Callable[[User], Client]:
    """Sign a person in, as the sign-in page does after the identity provider said who they are."""

    def sign(person: User) -> Client:
        client = Client()
        client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
        return client

    return sign


@pytest.fixture
def maya(runner: None, model: LanguageModel, make_person: Any, sign_in: Any) -> Asker:
    """Maya of Sales, who may use the fake model."""
    person = make_person("maya", teams=("Sales",))
    return Asker(person, sign_in(person), model)
