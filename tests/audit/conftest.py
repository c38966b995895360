"""Officers, auditors and a ledger with real, sealed exchanges."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from apps.accounts.models import Role, User
from apps.ledger import records
from apps.ledger.facts import MaskedSpan, PassageFact, Who
from apps.ledger.ids import new_id
from apps.ledger.models import Event
from apps.ledger.vocabulary import Door, EgressClass, OutcomeKind, Purpose
from apps.privacy import keys

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MAYA = Who(id=new_id(), label="Maya Lindqvist", team_id=new_id(), team_label="Sales")


def sign_in(person: User) -> Client:
    """Open a browser as `person`."""
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def officer(make_person: Callable[..., User]) -> User:
    return make_person("grace", roles=(Role.COMPLIANCE_OFFICER,))


@pytest.fixture
def desk(officer: User) -> Client:
    """The browser of a compliance officer."""
    return sign_in(officer)


@pytest.fixture
def make_exchange(db: None) -> Callable[..., UUID]:
    """Record an exchange, sealed as the chat seals it; ``ends`` is its outcome's kind, None leaves it in progress."""

    def make(
        text: str = "Please greet <PERSON_1>",
        *,
        answer: str = "Dear <PERSON_1>, welcome.",
        ends: str | None = OutcomeKind.ANSWERED,
        now: datetime = NOON,
        who: Who = MAYA,
        conversation_id: UUID | None = None,
        masked: tuple[str, ...] = ("PERSON",),
        passages: tuple[PassageFact, ...] = (),
        labels: Mapping[UUID, str] | None = None,
        cost: Decimal = Decimal("0.0021"),
        reason: str = "",
        **replaced: Any,
    ) -> UUID:
        conversation_id = conversation_id or new_id()
        said = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}]
        labelled = {str(passage_id): label for passage_id, label in (labels or {}).items()}
        payload = json.dumps({"messages": said, "passages": labelled})
        facts = {
            "who": who,
            "door": Door.BROWSER,
            "purpose": Purpose.CHAT,
            "conversation_id": conversation_id,
            "turn_id": new_id(),
            "model_label": "SmolLM2 135M",
            "provider_label": "This machine",
            "egress_class": EgressClass.INSIDE,
            "sealed_payload": keys.seal(conversation_id, payload.encode(), purpose="ledger.payload"),
            "left_text": text,
            "masked": [MaskedSpan(kind, f"<{kind}_1>", 0.85, "name model") for kind in masked],
            "passages": passages,
            "policy_version": "policy-7",
            "prompt_version": "chat-1",
            "now": now,
        } | replaced
        if ends == OutcomeKind.REFUSED:
            return records.record_refusal(reason=reason or "Your team may not use this model.", **facts)
        intent_id = records.open_intent(**facts)
        if ends is not None:
            sealed = keys.seal(conversation_id, answer.encode(), purpose="ledger.answer") if answer else b""
            records.conclude(
                intent_id, outcome=ends, reason=reason, sealed_answer=sealed, answer_text=answer, input_tokens=12,
                output_tokens=7, cost=cost, currency="EUR", now=now + timedelta(seconds=2),
            )  # fmt: skip
        return intent_id

    return make


@pytest.fixture
def events_of(db: None) -> Callable[..., list[Event]]:
    """List the recorded events of an action, oldest first."""
    return lambda action: list(Event.objects.filter(action=action).order_by("id"))
