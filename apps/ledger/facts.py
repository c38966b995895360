"""What other rooms hand to the ledger: plain facts, never their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | int | float | bool | None"


@dataclass(frozen=True, slots=True)
class Who:
    """The person behind an act, and the team they acted for, as they were called at that moment."""

    id: UUID
    label: str
    team_id: UUID | None = None
    team_label: str = ""


@dataclass(frozen=True, slots=True)
class PassageFact:
    """
    A passage that went into a prompt, with the permission that allowed it (for example ``team:Sales``).

    Its document's title is a person's words and has no place in rows that nobody can erase.
    """

    passage_id: UUID
    document_id: UUID
    permission: str


@dataclass(frozen=True, slots=True)
class MaskedSpan:
    """One thing that was replaced before anything left: its type, its placeholder, how sure (0 to 1) and why."""

    type: str
    placeholder: str
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class OpenExchange:
    """An exchange that has no outcome yet; what the sweeper needs to close it."""

    intent_id: UUID
    turn_id: UUID | None
    reservation_id: UUID | None
