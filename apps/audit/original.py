"""An officer's look behind the placeholders of one exchange: with a reason, through the one audited door."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from django import forms

from apps.accounts.models import User
from apps.audit import sealed
from apps.audit.exchange import FullExchange
from apps.audit.forms import ReasonField
from apps.audit.sealed import Opened
from apps.privacy import keys
from apps.privacy.restore import Piece
from apps.privacy.unmasking import Exchange, ReasonMissing, unmask


class CannotBeShown(Exception):
    """The words behind the placeholders cannot be had any more, or not now."""

    sentence = "The original text cannot be shown: what holds it was erased, or does not open with this key."


class ReasonForm(forms.Form):
    """Why an officer must see the original text."""

    reason = ReasonField(sentence=ReasonMissing.sentence)


def with_original_text(exchange: FullExchange, *, officer: User, reason: str, now: datetime) -> FullExchange:
    """
    Give the exchange with the words put back, for display only; that it was done is on the record by then.

    :raises CannotBeShown: if the vault does not open.
    :raises apps.ledger.records.LedgerUnavailable: if it cannot be recorded; then nothing may be shown.
    """
    conversation_id = exchange.intent.conversation_id
    if conversation_id is None or not exchange.can_be_unmasked:
        raise CannotBeShown
    texts = [said.text for opened in (exchange.left, exchange.answer) for said in opened.messages]
    intent = exchange.intent
    asked = Exchange(intent.id, exchange.label, conversation_id, intent.started_at, texts, intent.person_id)
    try:
        pieces = iter(unmask(officer, exchange=asked, reason=reason, now=now))
    except (keys.KeyDestroyed, keys.KeyUnavailable, keys.SealBroken):
        raise CannotBeShown from None
    typed = sealed.open_typed(conversation_id, bytes(exchange.intent.sealed_typed or b""))
    return replace(
        exchange, left=_in_clear(exchange.left, pieces), answer=_in_clear(exchange.answer, pieces), typed=typed
    )


def _in_clear(opened: Opened, pieces: Iterator[list[Piece]]) -> Opened:
    return replace(opened, messages=tuple(replace(said, pieces=tuple(next(pieces))) for said in opened.messages))
