"""Writers of ledger records for tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from apps.ledger import records
from apps.ledger.facts import MaskedSpan, PassageFact, Who
from apps.ledger.ids import new_id
from apps.ledger.vocabulary import Door, EgressClass, OutcomeKind, Purpose

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def maya() -> Who:
    return Who(id=new_id(), label="Maya Lindqvist", team_id=new_id(), team_label="Sales")


@pytest.fixture
def intent_facts(maya: Who) -> Callable[..., dict[str, Any]]:
    """Give the arguments of `open_intent` for one ordinary exchange, with any of them replaced."""

    def facts(**replaced: Any) -> dict[str, Any]:
        return {
            "who": maya,
            "door": Door.BROWSER,
            "purpose": Purpose.CHAT,
            "conversation_id": new_id(),
            "turn_id": new_id(),
            "model_label": "SmolLM2 135M",
            "provider_label": "This machine",
            "egress_class": EgressClass.INSIDE,
            "sealed_payload": b"sealed question",
            "left_text": "Please greet <PERSON_1>",
            "masked": [MaskedSpan("PERSON", "<PERSON_1>", 0.85, "name model")],
            "passages": [PassageFact(new_id(), new_id(), "team:Sales")],
            "policy_version": "policy-1",
            "prompt_version": "prompt-1",
            "now": NOON,
        } | replaced

    return facts


@pytest.fixture
def outcome_facts() -> Callable[..., dict[str, Any]]:
    """Give the arguments of `conclude` for one ordinary answer, with any of them replaced."""

    def facts(**replaced: Any) -> dict[str, Any]:
        return {
            "outcome": OutcomeKind.ANSWERED,
            "reason": "",
            "sealed_answer": b"sealed answer",
            "answer_text": "Dear <PERSON_1>, welcome.",
            "input_tokens": 12,
            "output_tokens": 7,
            "cost": Decimal("0.00012"),
            "currency": "EUR",
            "now": NOON + timedelta(seconds=2),
        } | replaced

    return facts


@pytest.fixture
def open_exchange(intent_facts: Callable[..., dict[str, Any]]) -> Callable[..., UUID]:
    """Open an exchange; keyword arguments replace the ordinary facts."""
    return lambda **replaced: records.open_intent(**intent_facts(**replaced))
