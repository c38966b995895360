"""Turns and exchanges whose process died: closed by whichever process lives, with what had arrived."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import transaction

from apps.accounts.actors import who
from apps.chat import frames, recording, turns
from apps.chat.endings import Ending
from apps.chat.jobs import Asked
from apps.chat.models import Turn
from apps.chat.turns import TurnAlreadyClosed
from apps.gateway import budgets
from apps.gateway.budgets import Cost
from apps.ledger import clock, open_exchanges, records
from apps.ledger.compiled import Compiled, a_moment
from apps.ledger.facts import Json, OpenExchange
from apps.ledger.vocabulary import Action, OutcomeKind
from apps.privacy import keys
from apps.privacy.vault import Vault

logger = logging.getLogger(__name__)

FORGOTTEN_AFTER = timedelta(minutes=3)
_ABANDONED: Final = Compiled(
    lambda: Turn.objects.abandoned(a_moment("now"), set_back=a_moment("set_back")).select_related("conversation")[:100]
)
INTERRUPTED = "INTERRUPTED: The portal restarted before the result was recorded."


def close_abandoned(*, now: datetime) -> list[tuple[UUID, UUID]]:
    """
    Close every turn whose process died, keeping what had arrived. Safe to run in many processes at once.

    While leases cannot be judged, since the database's clock was set, it closes none.

    :return: (conversation, turn) of the turns this call closed.
    """
    closed: list[tuple[UUID, UUID]] = []
    if not clock.is_steady():
        return closed
    for turn in _ABANDONED.rows(now=now, set_back=now + clock.FUTURE):
        try:
            _close_interrupted(turn, now=now)
        except TurnAlreadyClosed:
            continue
        except (keys.KeyUnavailable, keys.SealBroken) as error:
            logger.critical("Turn %s cannot be closed, its texts do not open: %s", turn.pk, type(error).__name__)
            continue
        logger.warning("Closed turn %s, whose process had gone", turn.pk)
        closed.append((turn.conversation_id, turn.pk))
    return closed


@transaction.atomic
def _close_interrupted(turn: Turn, *, now: datetime) -> None:
    """Close a turn; what was held for its call is paid, for nobody knows how much the provider counted."""
    if Turn.objects.open().select_for_update(of=("self",)).filter(pk=turn.pk).first() is None:
        raise TurnAlreadyClosed(turn.pk)
    if turn.intent_id and turn.reservation_id:
        budgets.settle_worst_case(turn.reservation_id, now=now)
    try:
        job, ending = turns.load_job(turn.pk), _interrupted(turn)
    except keys.KeyDestroyed:
        conversation = turn.conversation
        asked = Asked(turn.pk, conversation.pk, who(conversation.owner, conversation.team))
        ending = Ending(
            OutcomeKind.FAILED if turn.intent_id else OutcomeKind.REFUSED,
            "ERASED",
            "The conversation was erased before it was answered.",
            input_tokens=turn.input_tokens,
        )
        turns.close_turn(asked, ending, now=now)
    else:
        turns.close_turn(job, ending, now=now)


def conclude_forgotten(*, now: datetime) -> int:
    """
    Give an UNKNOWN outcome to exchanges that no open turn will conclude, since their process died; pay what was held.

    A connection test is one, and whatever a program or a batch asked whose lease has ended. While leases cannot be
    judged, since the database's clock was set, it concludes none.

    :return: how many this call concluded.
    """
    if not clock.is_steady():
        return 0
    forgotten = open_exchanges.open_intents(now - FORGOTTEN_AFTER, now=now)
    if not forgotten:
        return 0
    answering = Turn.objects.open().filter(pk__in=[each.turn_id for each in forgotten if each.turn_id])
    waited_for = set(answering.values_list("pk", flat=True))
    concluded = 0
    for exchange in forgotten:
        if exchange.turn_id in waited_for:
            continue  # its turn's lease decides
        with suppress(records.AlreadyConcluded):
            _conclude_unknown(exchange, now=now)
            concluded += 1
    if concluded:
        details: dict[str, Json] = {"exchanges": concluded}
        records.record_event(Action.EXCHANGES_SWEPT, who=None, subject_kind="ledger", details=details, now=now)
    return concluded


@transaction.atomic
def _conclude_unknown(exchange: OpenExchange, *, now: datetime) -> None:
    paid = Cost(Decimal(0), "")
    if exchange.reservation_id is not None:
        paid = budgets.settle_worst_case(exchange.reservation_id, now=now)
    records.conclude(
        exchange.intent_id,
        outcome=OutcomeKind.UNKNOWN,
        reason=INTERRUPTED,
        sealed_answer=b"",
        answer_text="",
        input_tokens=0,
        output_tokens=0,
        cost=paid.amount,
        currency=paid.currency,
        now=now,
    )


def _interrupted(turn: Turn) -> Ending:
    kept = frames.arrived_text(turn, keys.open_key(turn.conversation_id))
    if turn.intent_id is None:
        sentence = "The portal restarted before anything was sent. Ask again."
        return Ending(OutcomeKind.REFUSED, "INTERRUPTED", sentence)
    sentence = "The portal restarted while the model was answering. What had arrived is kept; ask again for the rest."
    # The record keeps scrubbed words only, and the words as received went with the process: mask the kept ones again.
    as_received = recording.masked_again(kept, Vault.open(turn.conversation_id))
    return Ending(
        OutcomeKind.FAILED,
        "INTERRUPTED",
        sentence,
        answer=kept,
        answer_as_received=as_received,
        input_tokens=turn.input_tokens,
        output_tokens=turns.estimated_tokens(kept),
    )
