"""Writers of ledger records for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from apps.ledger import records
from apps.ledger.evidence import Evidence
from apps.ledger.facts import MaskedSpan, PassageFact, Who
from apps.ledger.ids import new_id
from apps.ledger.sequencer import Sequencer
from apps.ledger.vocabulary import Door, EgressClass, OutcomeKind, Purpose
from portal.embedded.database import SEQUENCER

ORIGIN = "portcullis.example/ledger"
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


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    return Evidence(tmp_path / "ledger")


@pytest.fixture
def as_sequencer(postgres: Any) -> Iterator[Callable[[], psycopg.Connection[Any]]]:
    opened: list[psycopg.Connection[Any]] = []

    def connect() -> psycopg.Connection[Any]:
        opened.append(psycopg.connect(postgres.url(SEQUENCER), autocommit=True))
        return opened[-1]

    yield connect
    for each in opened:
        each.close()


@pytest.fixture
def sequencer(as_sequencer: Any, evidence: Evidence) -> Sequencer:
    leader = Sequencer(as_sequencer(), evidence, evidence.signing_key(origin=ORIGIN))
    leader.lead()
    return leader


@pytest.fixture
def as_forger(postgres: Any) -> Iterator[psycopg.Connection[Any]]:
    """A superuser for whom no trigger fires."""
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        yield superuser
