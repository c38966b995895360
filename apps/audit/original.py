"""An officer's look behind the placeholders of one exchange: with a reason, through the one audited door."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from apps.accounts.models import Role, User
from apps.audit import sealed
from apps.audit.approvals import asking
from apps.audit.approvals.asking import Subject
from apps.audit.approvals.deeds import Deed
from apps.audit.approvals.models import Approval
from apps.audit.exchange import FullExchange
from apps.audit.forms import ReasonField
from apps.audit.looks import EXCHANGE
from apps.audit.passages import SentPassage
from apps.audit.sealed import Opened
from apps.audit.telling import ReadByTheDesk
from apps.ledger.facts import Json
from apps.privacy import keys
from apps.privacy.restore import Piece
from apps.privacy.unmasking import Exchange, ReasonMissing, unmask


class CannotBeShown(Exception):
    """The words behind the placeholders cannot be had any more, or not now."""

    sentence = "The original text cannot be shown: what holds it was erased, or does not open with this key."


class ReasonForm(ReadByTheDesk):
    """Why an officer must see the original text."""

    reason = ReasonField(sentence=ReasonMissing.sentence)


@dataclass(frozen=True, slots=True)
class Way:
    """
    How an officer gets to the original text at the moment.

    Where it takes two, ``waiting`` is the request that a second officer has not decided, and ``granted`` the consent
    that has not been used; without either, ``form`` asks for one.
    """

    form: ReasonForm
    takes_two: bool
    waiting: Approval | None = None
    granted: Approval | None = None


def way_for(officer: User, exchange: FullExchange, *, form: ReasonForm | None, now: datetime) -> Way | None:
    """Say how `officer` gets to the words; None for others, and where there are none. At most four queries."""
    if not exchange.can_be_unmasked or not officer.has_role(Role.COMPLIANCE_OFFICER):
        return None
    form = form or ReasonForm()
    if not asking.is_needed(Deed.UNMASK):
        return Way(form, takes_two=False)
    subject = _subject(exchange)
    return Way(
        form,
        takes_two=True,
        waiting=asking.open_request(Deed.UNMASK, subject=subject, by=officer, now=now),
        granted=asking.granted(Deed.UNMASK, subject=subject, terms=_terms(exchange), by=officer, now=now),
    )


def reason_of(way: Way | None) -> str:
    """
    Say why the officer gets to the words: as they wrote it here, or when they asked for the consent in hand.

    :raises apps.audit.approvals.asking.NotApproved: if it takes two and there is no consent.
    """
    if way is None:
        return ""
    if not way.takes_two:
        return str(way.form.cleaned_data["reason"])
    if way.granted is None:
        raise asking.NotApproved
    return way.granted.why


def ask_for_consent(exchange: FullExchange, *, officer: User, reason: str, now: datetime) -> None:
    """
    Ask a second officer to consent to showing the original text.

    :raises CannotBeShown: if there is nothing to show.
    """
    if not exchange.can_be_unmasked:
        raise CannotBeShown
    asking.ask(
        Deed.UNMASK, subject=_subject(exchange), terms=_terms(exchange), why=reason, by=officer, now=now
    )  # fmt: skip


def with_original_text(
    exchange: FullExchange, *, officer: User, reason: str, signed_in_at: datetime | None = None, now: datetime
) -> FullExchange:
    """
    Give the exchange with the words put back, for display only; that it was done is on the record by then.

    The event says when the officer last proved who they are, where that is known.

    :raises CannotBeShown: if the vault does not open.
    :raises apps.audit.approvals.asking.NotApproved: if it takes a second officer and none has consented.
    :raises apps.ledger.records.LedgerUnavailable: if it cannot be recorded; then nothing may be shown.
    """
    conversation_id = exchange.intent.conversation_id
    if conversation_id is None or not exchange.can_be_unmasked:
        raise CannotBeShown
    passages = [passage.said for passage in exchange.passages if passage.said]
    texts = [said.text for said in (*exchange.left.messages, *exchange.answer.messages, *passages)]
    intent = exchange.intent
    asked = Exchange(intent.id, exchange.label, conversation_id, intent.recorded_at, texts, intent.person_id)
    consent = partial(
        asking.spend, Deed.UNMASK, subject=_subject(exchange), terms=_terms(exchange), by=officer, now=now
    )
    try:
        pieces = iter(
            unmask(officer, exchange=asked, reason=reason, consent=consent, signed_in_at=signed_in_at, now=now)
        )
    except (keys.KeyDestroyed, keys.KeyUnavailable, keys.SealBroken):
        raise CannotBeShown from None
    typed = sealed.open_typed(conversation_id, bytes(exchange.intent.sealed_typed or b""))
    return replace(
        exchange,
        left=_in_clear(exchange.left, pieces),
        answer=_in_clear(exchange.answer, pieces),
        passages=[_passage_in_clear(passage, pieces) for passage in exchange.passages],
        typed=typed,
    )


def _subject(exchange: FullExchange) -> Subject:
    return Subject(EXCHANGE, str(exchange.intent.id), exchange.label, exchange.intent.person_id)


def _terms(exchange: FullExchange) -> dict[str, Json]:
    """What the second officer reads, and what the consent counts for: one exchange, all that is masked in it."""
    return {"masked values": len(exchange.placeholders), "asked on": f"{exchange.intent.started_at:%Y-%m-%d %H:%M} UTC"}


def _in_clear(opened: Opened, pieces: Iterator[list[Piece]]) -> Opened:
    return replace(opened, messages=tuple(replace(said, pieces=tuple(next(pieces))) for said in opened.messages))


def _passage_in_clear(passage: SentPassage, pieces: Iterator[list[Piece]]) -> SentPassage:
    return replace(passage, said=replace(passage.said, pieces=tuple(next(pieces)))) if passage.said else passage
