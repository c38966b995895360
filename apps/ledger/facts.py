"""What other rooms hand to the ledger: plain facts, never their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
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
class Sent:
    """A request that was handed to the network at that moment, for the call of this id (None if nobody said which)."""

    call_id: UUID | None
    way: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MaskedSpan:
    """One thing that was replaced before anything left: its type, its placeholder, how sure (0 to 1) and why."""

    type: str
    placeholder: str
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class Circumstances:
    """
    How a call came about: ids, codes and labels, nobody's words. What is not known or does not apply is left out.

    ``chosen_by`` says who chose the model: CALLER (the person or their program), AUTO (the automatic route) or FALLBACK
    (it stands in for another one, which ``asked_for`` names). ``price`` and ``price_version`` are what
    the call is paid by; ``call_id`` names it in the count of calls that went out (:class:`Sent`), and is the id of
    the money held for it. It is empty where nothing can go out.
    ``replaces_turn_id`` is the turn whose question is asked again, ``follows_intent_id`` the call that failed before.
    """

    chosen_by: str = ""
    asked_for: str = ""
    region: str = ""
    price: str = ""
    price_version: int | None = None
    call_id: UUID | None = None
    key_id: UUID | None = None
    replaces_turn_id: UUID | None = None
    follows_intent_id: UUID | None = None
    guard_version: str = ""

    @property
    def on_record(self) -> dict[str, Json]:
        """As the record keeps it: what is known, ids as text."""
        known = ((one.name, getattr(self, one.name)) for one in fields(self))
        return {name: str(value) if isinstance(value, UUID) else value for name, value in known if value}


NOTHING_KNOWN = Circumstances()


@dataclass(frozen=True, slots=True)
class OpenExchange:
    """An exchange that has no outcome yet; what the sweeper needs to close it."""

    intent_id: UUID
    turn_id: UUID | None
    reservation_id: UUID | None
