"""The row of an intent, made of plain facts: every text storable, every label on one short line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from apps.ledger.facts import Circumstances, MaskedSpan, PassageFact, Who
from apps.ledger.ids import new_id
from apps.ledger.statements import Values
from apps.ledger.text import label, storable, storable_json

SPAN: Final = tuple(field.name for field in fields(MaskedSpan))


def intent_row(
    *,
    who: Who,
    door: str,
    purpose: str,
    conversation_id: UUID | None,
    turn_id: UUID | None,
    model_label: str,
    provider_label: str,
    egress_class: str,
    sealed_payload: bytes,
    masked: Sequence[MaskedSpan],
    passages: Sequence[PassageFact],
    policy_version: str,
    prompt_version: str,
    circumstances: Circumstances,
    sealed_typed: bytes,
    now: datetime,
) -> Values:
    """Make the row of an intent, under a new id; what it describes is explained at `records.open_intent`."""
    return {
        "id": new_id(),
        "started_at": now,
        "door": door,
        "purpose": purpose,
        "person_id": who.id,
        "person_label": person_label(who),
        "team_id": who.team_id,
        "team_label": label(who.team_label),
        "conversation_id": conversation_id,
        "turn_id": turn_id,
        "model_label": label(model_label),
        "provider_label": label(provider_label),
        "egress_class": egress_class,
        "sealed_payload": sealed_payload,
        "masked": [_span_json(span) for span in masked],
        "masked_types": sorted({label(span.type) for span in masked}),
        "masked_count": len(masked),
        "passages": [_passage_json(passage) for passage in passages],
        "policy_version": label(policy_version),
        "prompt_version": label(prompt_version),
        "circumstances": storable_json(circumstances.on_record),
        "sealed_typed": sealed_typed or None,
    }


def _span_json(span: MaskedSpan) -> Any:
    return storable_json({name: getattr(span, name) for name in SPAN})


def _passage_json(passage: PassageFact) -> dict[str, str]:
    return {
        "passage_id": str(passage.passage_id),
        "document_id": str(passage.document_id),
        "permission": storable(passage.permission),
    }


def person_label(who: Who) -> str:
    """Name somebody for the record, by their id where they have no name."""
    return label(who.label) or str(who.id)
