"""Every door that exchanges come in by, each as its own callers use it, before one provider that keeps count."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from apps.accounts.models import Role
from apps.api import keys
from apps.api.models import Scope
from apps.batch import running
from apps.batch.models import Batch, LaneModel
from apps.gateway.models import BatchMark, LanguageModel
from apps.ledger.models import Intent
from apps.privacy import policies
from apps.privacy.policy import Rule, Treatment
from tests.api.programs import Exchange, Program
from tests.chat.conftest import Asker, maya, model, runner, sign_in, wait_for
from tests.fake_provider import FakeProvider

__all__ = ["maya", "model", "runner", "sign_in"]


@pytest.fixture
def rule(make_person: Any) -> Callable[..., None]:
    """Put rules of the privacy policy in force, as an admin."""
    admin = make_person("david", roles=(Role.ADMIN,))

    def put(**rules: str) -> None:
        policies.change(
            {kind: Rule(Treatment(treatment)) for kind, treatment in rules.items()}, team=None,
            egress_class="OUTSIDE", based_on=policies.newest_number(), is_confirmed=False, by=admin, now=timezone.now(),
        )  # fmt: skip

    return put


@dataclass
class Doors:
    """Ask one question at a door and wait until its exchange has ended; give its record."""

    asker: Asker
    program: Program
    embedder: LanguageModel
    provider: FakeProvider

    def ask(self, door: str, text: str) -> Intent:
        getattr(self, door)(text)
        return self.ended()

    def ended(self) -> Intent:
        newest = Intent.objects.order_by("-id")
        return wait_for(lambda: newest.filter(outcome__isnull=False).select_related("outcome").first())

    def browser(self, text: str) -> None:
        self.asker.ask(text)

    def chat_completions(self, text: str) -> None:
        self.program.chat(text)

    def responses(self, text: str) -> None:
        self.program.call("/v1/responses", {"model": self.program.model, "input": text})

    def messages(self, text: str) -> None:
        said = [{"role": "user", "content": text}]
        self.program.call("/v1/messages", {"model": self.program.model, "max_tokens": 100, "messages": said})

    def embeddings(self, text: str) -> None:
        self.program.call("/v1/embeddings", {"model": self.embedder.label, "input": [text]})

    def batch(self, text: str) -> None:
        file = SimpleUploadedFile("one.jsonl", json.dumps({"id": "one", "prompt": text}).encode())
        self.asker.client.post("/batches/?team=sales", {"file": file, "model": str(self.asker.model.pk)})
        self.asker.client.post(f"/batches/{Batch.objects.latest('created_at').pk}/start/")
        asyncio.run(running.work(seconds=20))

    def begin(self, text: str) -> Exchange:
        """Ask as a program and do not wait."""
        return self.program.begin("/v1/chat/completions", self.program.body(text, stream=True))[0]


@pytest.fixture
def doors(maya: Asker, provider: FakeProvider, make_model: Any, settings: Any) -> Doors:
    settings.BATCH_LINES_AT_ONCE = 1
    team = maya.person.teams.get()
    embedder = make_model(team, provider=provider, label="Fake Embedder", price="1", egress_class="OUTSIDE")
    embedder.capabilities = ["embeddings"]
    embedder.save()
    LaneModel.objects.create(model=maya.model)
    BatchMark.objects.create(scope="PERSON", person=maya.person, created_at=timezone.now())
    wish = keys.Wish(name="Laptop", team=team, scopes=tuple(Scope), model_ids=())
    return Doors(maya, Program(keys.make_personal(maya.person, wish, now=timezone.now()).secret), embedder, provider)
