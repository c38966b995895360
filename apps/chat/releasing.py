"""What a person says of masked values: this is not personal, mask it again, send it anyway."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.accounts.actors import who
from apps.chat import turns
from apps.chat.models import Turn
from apps.chat.turns import NothingToRetry
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action, EgressClass
from apps.privacy import policies, releases
from apps.privacy.policy import Policy
from apps.privacy.refusals import MessageHeld


def policy_of(turn: Turn) -> Policy:
    """Read the policy in force now for the turn's team and the side of the network it went to."""
    return policies.in_force(team_id=turn.conversation.team_id, egress_class=_side(turn))


def note_look(turn: Turn, *, now: datetime) -> None:
    """Record that the person looked at what left of their turn."""
    record_event(
        Action.LEFT_TEXT_SHOWN,
        who=who(turn.conversation.owner, turn.conversation.team),
        subject_kind="turn",
        subject_id=str(turn.pk),
        now=now,
    )


def release(turn: Turn, placeholder: str, *, now: datetime) -> None:
    """
    Leave the value behind a placeholder in clear from the conversation's next message on.

    :raises NotReleasable: if the policy does not allow it or there is no such placeholder.
    """
    releases.release(
        placeholder,
        conversation_id=turn.conversation_id,
        policy=policy_of(turn),
        who=who(turn.conversation.owner, turn.conversation.team),
        now=now,
    )


def mask_again(turn: Turn, placeholder: str, *, now: datetime) -> None:
    """Take a release back, from the conversation's next message on."""
    whose = who(turn.conversation.owner, turn.conversation.team)
    releases.take_back(placeholder, conversation_id=turn.conversation_id, who=whose, now=now)


@transaction.atomic
def send_anyway(turn: Turn, *, now: datetime) -> Turn:
    """
    Confirm what the policy warned about in a held turn, and ask its question again.

    :raises NothingToRetry: if the turn is not held.
    :raises AnotherTurnIsOpen: if the conversation's last question is still being answered.
    """
    if turn.reason != MessageHeld.code or not turn.held or turn.retries.exists():
        raise NothingToRetry
    again = turns.retry_turn(turn, now=now)
    releases.confirm(
        turn.held,
        conversation_id=turn.conversation_id,
        egress_class=_side(turn),
        who=who(turn.conversation.owner, turn.conversation.team),
        now=now,
    )
    return again


def _side(turn: Turn) -> str:
    return EgressClass.OUTSIDE if turn.is_outside else EgressClass.INSIDE
