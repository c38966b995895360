"""
The one door through which somebody else than a conversation's owner gets to see what its placeholders stand for.

Whoever passes is a compliance officer at this moment, gives a reason, and is on the record before anything is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction

from apps.accounts.actors import who
from apps.accounts.models import Role, User
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action
from apps.privacy.restore import Piece, restored_pieces
from apps.privacy.vault import Vault

SHORTEST_REASON = 10
LONGEST_REASON = 500


class ReasonMissing(Exception):
    """An officer gave no reason that a later reader could understand."""

    sentence = f"Say why you need to see this, in {SHORTEST_REASON} to {LONGEST_REASON} characters. It is recorded."


@dataclass(frozen=True, slots=True)
class Exchange:
    """
    The exchange that is to be unmasked: its scrubbed `texts`, and the moment it was recorded.

    A placeholder that was first given away after that moment meant nothing in it.
    """

    id: UUID
    label: str
    conversation_id: UUID
    recorded_at: datetime
    texts: Sequence[str] = field(repr=False)
    person_id: UUID


def unmask(
    officer: User,
    *,
    exchange: Exchange,
    reason: str,
    consent: Callable[[], object],
    signed_in_at: datetime | None = None,
    now: datetime,
) -> list[list[Piece]]:
    """
    Put the words back into the texts of an exchange, for an officer with a reason, on the record.

    `consent` is called in the transaction of the event: it uses up a second officer's consent, or raises where one is
    needed and there is none; then nothing is shown. The event is committed before this returns, whatever the caller
    does next. Five queries besides those of `consent`.

    :raises PermissionDenied: if `officer` is no active compliance officer now, or it is their own exchange.
    :raises ReasonMissing: if the reason is shorter than 10 characters or longer than 500.
    :raises apps.privacy.keys.KeyDestroyed: if the conversation was erased; then there is nothing to record.
    :raises apps.ledger.records.LedgerUnavailable: if it cannot be recorded; then nothing may be shown.
    """
    if not officer.has_role(Role.COMPLIANCE_OFFICER) or officer.pk == exchange.person_id:
        raise PermissionDenied
    reason = " ".join(reason.split())
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise ReasonMissing
    values = Vault.open(exchange.conversation_id, as_of=exchange.recorded_at).placeholders
    unmasked = [restored_pieces(text, values) for text in exchange.texts]
    shown = {piece.placeholder for pieces in unmasked for piece in pieces if piece.placeholder}
    proved = {"signed_in_at": signed_in_at.isoformat()} if signed_in_at else {}
    with transaction.atomic(durable=True):
        consent()
        record_event(
            Action.AUDIT_UNMASKED,
            who=who(officer),
            subject_kind="exchange",
            subject_id=str(exchange.id),
            subject_label=exchange.label,
            details={"reason": reason, "placeholders": sorted(shown), "role": Role.COMPLIANCE_OFFICER.value, **proved},
            now=now,
        )
    return unmasked
