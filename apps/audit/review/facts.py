"""What queues decide by: an exchange that has ended, as the record says it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.accounts.models import RoleAssignment, User
from apps.audit.reasons import verdict_in
from apps.audit.scope import outcomes_for
from apps.ledger.models import Outcome

_COLUMNS = (
    "intent_id", "started_at", "concluded_at", "kind", "reason", "cost", "currency", "intent__person_id",
    "intent__team_id", "intent__team_label", "intent__door", "intent__purpose", "intent__model_label",
    "intent__egress_class", "intent__masked_types",
)  # fmt: skip
_TEXTS = ("intent__search__left_text", "intent__search__answer_text")


@dataclass(frozen=True, slots=True)
class Ended:
    """
    An exchange and how it ended. ``verdict`` is the code of whatever refused it or broke it off.

    The policy's refusals stand there (`BLOCKED_BY_POLICY`), those of budgets and grants, and whatever judges meaning
    once it is built: a queue asks for codes, not for who gave them. ``text`` is scrubbed; None where it was not asked
    for or is erased.
    """

    exchange_id: UUID
    person_id: UUID
    team_id: UUID | None
    team_label: str
    door: str
    purpose: str
    model_label: str
    egress_class: str
    masked_types: tuple[str, ...]
    outcome: str
    verdict: str
    cost: Decimal
    currency: str
    started_at: datetime
    ended_at: datetime
    text: str | None = field(default=None, repr=False)


def of_outcomes(outcome_ids: Sequence[UUID], *, with_text: bool) -> dict[UUID, Ended]:
    """Read the exchanges behind outcomes, by the outcome's id. One query."""
    return dict(_read(Outcome.objects.filter(pk__in=outcome_ids), with_text=with_text))


def newest(actor: User, since: datetime, *, most: int, with_text: bool) -> list[Ended]:
    """Read the newest exchanges but `actor`'s own that began since a moment, `most` at most. One query by time."""
    rows = outcomes_for(actor).filter(started_at__gte=since).order_by("-started_at")[:most]
    return [ended for _, ended in _read(rows, with_text=with_text)]


def roles_of(person_ids: Iterable[UUID]) -> Mapping[UUID, frozenset[str]]:
    """Read which roles people hold now: the record does not know roles. One query."""
    held: dict[UUID, set[str]] = {}
    for person_id, role in RoleAssignment.objects.filter(person_id__in=set(person_ids)).values_list(
        "person_id", "role"
    ):
        held.setdefault(person_id, set()).add(role)
    return {person_id: frozenset(roles) for person_id, roles in held.items()}


def _read(rows: Any, *, with_text: bool) -> Iterable[tuple[UUID, Ended]]:
    for row in rows.values("id", *_COLUMNS, *(_TEXTS if with_text else ())):
        yield row["id"], _ended(row)


def _ended(row: Mapping[str, Any]) -> Ended:
    texts = [row[name] for name in _TEXTS if row.get(name) is not None]
    return Ended(
        exchange_id=row["intent_id"],
        person_id=row["intent__person_id"],
        team_id=row["intent__team_id"],
        team_label=row["intent__team_label"],
        door=row["intent__door"],
        purpose=row["intent__purpose"],
        model_label=row["intent__model_label"],
        egress_class=row["intent__egress_class"],
        masked_types=tuple(row["intent__masked_types"]),
        outcome=row["kind"],
        verdict=verdict_in(row["reason"]),
        cost=row["cost"],
        currency=row["currency"],
        started_at=row["started_at"],
        ended_at=row["concluded_at"],
        text="\n\n".join(texts) if texts else None,
    )
