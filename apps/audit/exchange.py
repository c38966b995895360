"""One exchange in full, as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.accounts.models import User
from apps.audit import sealed
from apps.audit.looks import EXCHANGE
from apps.audit.passages import SentPassage, passages_of
from apps.audit.pseudonyms import pseudonym
from apps.audit.scope import exchanges_for
from apps.ledger.models import Event, Intent, Outcome
from apps.ledger.vocabulary import Action

LOOKS_AT_MOST = 20
CIRCUMSTANCES = {
    "chosen_by": "Model chosen by",
    "asked_for": "Asked for",
    "region": "Region",
    "price": "Price",
    "price_version": "Version of the price",
    "guard_version": "Guard",
    "key_id": "API key or batch",
    "replaces_turn_id": "Asks again the turn",
    "follows_intent_id": "After the failed exchange",
    "call_id": "Counted as call",
}
CHOSEN_BY = {
    "CALLER": "The person or their program",
    "AUTO": "The automatic route",
    "FALLBACK": "The portal, in place of another model",
}


class NoSuchExchange(Exception):
    """No exchange that this person may read at the desk has this id."""


@dataclass(frozen=True, slots=True)
class FullExchange:
    """An exchange with its sealed parts opened. ``outcome`` is None while it is in progress."""

    intent: Intent
    outcome: Outcome | None
    left: sealed.Opened
    answer: sealed.Opened
    has_search_row: bool
    pseudonym: str
    passages: list[SentPassage]
    typed: sealed.Opened | None = None
    """What was typed, once an officer has unmasked the exchange."""

    @property
    def label(self) -> str:
        """Name the exchange in a word for lists, the person by pseudonym."""
        return f"{self.pseudonym}, {self.intent.model_label or 'no model'}"

    @property
    def was_sent(self) -> bool:
        """Say whether anything went to a model."""
        return self.outcome is None or self.outcome.kind != "REFUSED"

    @property
    def is_open(self) -> bool:
        """Say whether it is in progress still."""
        return self.outcome is None

    @property
    def seconds(self) -> float | None:
        """The seconds from intent to outcome, where it has ended."""
        if self.outcome is None:
            return None
        return (self.outcome.concluded_at - self.intent.started_at).total_seconds()

    @property
    def can_be_unmasked(self) -> bool:
        """Say whether there is text to read and something is masked in what is shown of this exchange."""
        is_masked = self.left.state == "READABLE" and bool(self.intent.masked_count or self.left.in_clear)
        return is_masked or self.has_typed

    @property
    def has_typed(self) -> bool:
        """Say whether what was typed was kept, and not erased since."""
        return bool(self.intent.sealed_typed) and self.left.state != "ERASED" and self.has_search_row

    @property
    def came_about(self) -> list[tuple[str, str, str]]:
        """How the call came about: a name for people, the value, and the name on the record."""
        known = self.intent.circumstances or {}
        named = [(name, known[name]) for name in CIRCUMSTANCES if name in known]
        return [(CIRCUMSTANCES[name], CHOSEN_BY.get(str(value), str(value)), name) for name, value in named]

    @property
    def placeholders(self) -> frozenset[str]:
        """The placeholders that stand for something in what left, or in what is shown of it."""
        return frozenset([*(span["placeholder"] for span in self.intent.masked), *self.in_clear])

    @property
    def in_clear(self) -> list[str]:
        """The placeholders of what left as it stood."""
        return [one.placeholder for one in self.left.in_clear]

    @property
    def masked(self) -> list[Mapping[str, Any]]:
        """What was masked: type, placeholder, score and reason of each."""
        return list(self.intent.masked)


def read(actor: User, exchange_id: UUID) -> FullExchange:
    """
    Read one exchange and open what is sealed. Five queries.

    :raises NoSuchExchange: if there is none, or it is `actor`'s own.
    """
    readable = exchanges_for(actor).select_related("outcome", "search")
    found = readable.defer("search__left_text", "search__answer_text").filter(pk=exchange_id).first()
    if found is None:
        raise NoSuchExchange(exchange_id)
    outcome = getattr(found, "outcome", None)
    left = sealed.open_payload(found.conversation_id, bytes(found.sealed_payload))
    return FullExchange(
        intent=found,
        outcome=outcome,
        left=left,
        answer=sealed.open_answer(found.conversation_id, bytes(outcome.sealed_answer) if outcome else b""),
        has_search_row=hasattr(found, "search"),
        pseudonym=pseudonym(found.person_id),
        passages=passages_of(found.passages, left),
    )


def looks_at(exchange_id: UUID) -> list[Event]:
    """List who opened or unmasked the exchange, newest first, 20 at most. One query."""
    acts = [Action.AUDIT_OPENED, Action.AUDIT_UNMASKED, Action.AUDIT_EXPORTED]
    looks = Event.objects.filter(subject_kind=EXCHANGE, subject_id=str(exchange_id), action__in=acts)
    return list(looks.order_by("-happened_at", "-id")[:LOOKS_AT_MOST])
