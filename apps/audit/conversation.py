"""The conversation around an exchange: what came before it, what came after, and what was asked again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.accounts.models import User
from apps.audit.scope import exchanges_for
from apps.ledger.models import Intent

NEIGHBOURS = 5
COUNTED_AT_MOST = 1_000
COLUMNS = ("id", "started_at", "turn_id", "circumstances", "outcome__kind")


@dataclass(frozen=True, slots=True)
class Neighbour:
    """
    An exchange of the conversation. ``kind`` is empty while it is in progress.

    ``asks_again`` is the exchange whose question it repeats, ``follows`` the failed call that it stands in for.
    """

    id: UUID
    started_at: datetime
    kind: str
    asks_again: UUID | None
    follows: str


@dataclass(frozen=True, slots=True)
class Around:
    """The neighbours of an exchange, oldest first and with itself among them, and its place among all of them."""

    nearby: list[Neighbour]
    previous: Neighbour | None
    following: Neighbour | None
    earlier: int
    later: int

    @property
    def number(self) -> int:
        """The place of the exchange, from 1."""
        return self.earlier + 1

    @property
    def count(self) -> int:
        """How many exchanges the conversation has."""
        return self.earlier + 1 + self.later

    @property
    def is_counted(self) -> bool:
        """Say whether place and number are exact: neither side is counted beyond 1,000."""
        return max(self.earlier, self.later) <= COUNTED_AT_MOST


def around(actor: User, intent: Intent) -> Around | None:
    """
    Read what stands around an exchange of a conversation; None for an exchange without one. Six queries at most.

    The reads go along the index of the conversation and are bounded, however long it is.
    """
    if intent.conversation_id is None:
        return None
    rows = exchanges_for(actor).filter(conversation_id=intent.conversation_id)
    same = Q(started_at=intent.started_at)
    before = rows.filter(Q(started_at__lt=intent.started_at) | same & Q(id__lt=intent.pk))
    after = rows.filter(Q(started_at__gt=intent.started_at) | same & Q(id__gt=intent.pk))
    earlier = list(before.order_by("-started_at", "-id").values(*COLUMNS)[:NEIGHBOURS])[::-1]
    later = list(after.order_by("started_at", "id").values(*COLUMNS)[:NEIGHBOURS])
    itself = rows.filter(pk=intent.pk).values(*COLUMNS)
    nearby = _neighbours([*earlier, *itself, *later], rows)
    place = len(earlier)
    return Around(
        nearby=nearby,
        previous=nearby[place - 1] if earlier else None,
        following=nearby[place + 1] if later else None,
        earlier=_counted(before),
        later=_counted(after),
    )


def _counted(rows: QuerySet[Intent]) -> int:
    return rows.order_by()[: COUNTED_AT_MOST + 1].count()


def _neighbours(found: list[dict[str, Any]], rows: QuerySet[Intent]) -> list[Neighbour]:
    known = [row["circumstances"] or {} for row in found]
    repeated = [each["replaces_turn_id"] for each in known if each.get("replaces_turn_id")]
    # A turn that fell back to another model has several exchanges: the last of them gave its answer.
    first_asked = rows.filter(turn_id__in=repeated).order_by("started_at", "id").values_list("turn_id", "id")
    by_turn = {str(turn): exchange for turn, exchange in first_asked} if repeated else {}
    return [
        Neighbour(
            id=row["id"],
            started_at=row["started_at"],
            kind=row["outcome__kind"] or "",
            asks_again=by_turn.get(str(told.get("replaces_turn_id"))),
            follows=str(told.get("follows_intent_id") or ""),
        )
        for row, told in zip(found, known, strict=True)
    ]
