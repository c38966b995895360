"""One leaf of the tree as plain facts that every format writes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

Kind = Literal["ASKED", "ENDED", "ACT", "GONE"]


@dataclass(frozen=True, slots=True)
class Record:
    """
    One leaf of the tree. ``place`` is its index: contiguous, never given twice, so it is the cursor as well.

    ASKED is an exchange before anything left, ENDED how it ended, ACT an event; GONE a record that the database lost.
    ``person_id`` is a pseudonym where the receiver was promised no names.
    """

    place: int
    id: UUID
    kind: Kind
    at: datetime | None = None
    person_id: UUID | str | None = None
    person: str = ""
    team: str = ""
    action: str = ""
    label: str = ""
    subject_kind: str = ""
    subject_id: str = ""
    subject: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    exchange_id: UUID | None = None
    door: str = ""
    purpose: str = ""
    model: str = ""
    provider: str = ""
    egress_class: str = ""
    region: str = ""
    masked_types: tuple[str, ...] = ()
    masked_count: int = 0
    outcome: str = ""
    reason: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal = Decimal(0)
    currency: str = ""
    prompt: str = field(default="", repr=False)
    answer: str = field(default="", repr=False)
