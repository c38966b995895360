"""
One exchange as an export gives it: facts always, names and the text as it left and came only in the full variant.

Of the reason of an outcome the redacted variant has the code alone: the sentence was written to a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from apps.audit import sealed
from apps.audit.cases.models import Export
from apps.audit.pseudonyms import pseudonyms
from apps.audit.reasons import verdict_in
from apps.ledger.models import Intent, Outcome
from apps.ledger.proofs import NotYetSigned

FACTS: Final = (
    "id", "started_at", "concluded_at", "person", "team", "door", "purpose", "model", "provider", "egress", "outcome",
    "reason", "input_tokens", "output_tokens", "cost", "currency", "masked", "documents", "policy", "prompt",
    "question_place", "outcome_place",
)  # fmt: skip
NAMES_AND_TEXT: Final = ("name", "person_id", "conversation_id", "text", "left", "answer")


@dataclass(frozen=True, slots=True)
class Line:
    """What the three files say of one exchange, and the places of its records in the tree."""

    facts: Mapping[str, Any] = field(repr=False)
    places: tuple[int, ...]
    is_without_text: bool

    @property
    def id(self) -> UUID:
        """The exchange."""
        return UUID(self.facts["id"])

    @property
    def label(self) -> str:
        """Name the exchange as lists do, the person by pseudonym."""
        return f"{self.facts['person']}, {self.facts['model'] or 'no model'}"


def lines_of(intents: Iterable[Intent], *, variant: str) -> Iterator[Line]:
    """
    Write exchanges, whose outcomes were read with them, as lines. Two queries, in full two more for each exchange.

    :raises apps.ledger.proofs.NotYetSigned: if one of them has no place in the tree yet.
    """
    rows = list(intents)
    people = pseudonyms({row.person_id for row in rows})
    places = _places(rows)
    for row in rows:
        facts = _facts(row, person=people[row.person_id], places=places)
        with_text = variant == Export.Variant.FULL
        text = _text(row) if with_text else {"reason": verdict_in(facts["reason"])}
        here = [place for place in (facts["question_place"], facts["outcome_place"]) if place is not None]
        yield Line(facts | text, tuple(here), is_without_text=with_text and text["text"] != "READABLE")


def columns(variant: str) -> tuple[str, ...]:
    """List what a line says, in order."""
    return FACTS + (NAMES_AND_TEXT if variant == Export.Variant.FULL else ())


def _outcome(row: Intent) -> Outcome | None:
    return getattr(row, "outcome", None)


def _facts(row: Intent, *, person: str, places: Mapping[UUID, int]) -> dict[str, Any]:
    end = _outcome(row)
    return {
        "id": str(row.id), "started_at": moment(row.started_at),
        "concluded_at": moment(end.concluded_at) if end else None,
        "person": person, "team": row.team_label, "door": row.door, "purpose": row.purpose, "model": row.model_label,
        "provider": row.provider_label, "egress": row.egress_class, "outcome": end.kind if end else None,
        "reason": end.reason if end else "", "input_tokens": end.input_tokens if end else 0,
        "output_tokens": end.output_tokens if end else 0, "cost": f"{end.cost:.10f}" if end else None,
        "currency": end.currency if end else "",
        "masked": [{"placeholder": span["placeholder"], "type": span["type"]} for span in row.masked],
        "documents": sorted({passage["document_id"] for passage in row.passages}),
        "policy": row.policy_version, "prompt": row.prompt_version,
        "question_place": places[row.id], "outcome_place": places[end.id] if end else None,
    }  # fmt: skip


def _text(row: Intent) -> dict[str, Any]:
    end = _outcome(row)
    left = sealed.open_payload(row.conversation_id, bytes(row.sealed_payload))
    came = sealed.open_answer(row.conversation_id, bytes(end.sealed_answer) if end else b"")
    return {
        "name": row.person_label,
        "person_id": str(row.person_id),
        "conversation_id": str(row.conversation_id) if row.conversation_id else None,
        "text": left.state,
        "left": [{"role": said.role, "text": said.text} for said in left.messages],
        "answer": "".join(said.text for said in came.messages),
    }


def _places(rows: list[Intent]) -> dict[UUID, int]:
    wanted = [row.id for row in rows] + [end.id for row in rows if (end := _outcome(row))]
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_id, index FROM ledger_entry WHERE row_id = ANY(%s)", [wanted])
        places = dict(cursor.fetchall())
    if len(places) < len(wanted):
        raise NotYetSigned
    return places


def moment(at: datetime) -> str:
    """Write a moment as the leaves of the tree do."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
