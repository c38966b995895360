"""
A browser's turn in two statements: sent off in one, closed in one, as decision 0135 does for programs.

That is for the plain case: one model alone may answer, no passages go along, and nothing about the money has to be
told. Each function gives None where the case is not plain, and has done nothing then: `turns` goes the longer way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS

from apps.chat import intents, texts, turns
from apps.chat.endings import Ending
from apps.chat.jobs import Job
from apps.chat.models import Message, Turn
from apps.chat.recording import LEDGER_ANSWER, conclusion_of
from apps.chat.turns import LEASE
from apps.gateway import budgets
from apps.gateway.admission import Admission
from apps.ledger import records
from apps.ledger.instances import instance
from apps.ledger.prepared import Condition, Told, Write
from apps.ledger.records import UNIQUE_VIOLATION, LedgerUnavailable
from apps.ledger.vocabulary import EgressClass
from apps.privacy import keys
from apps.privacy.scrub import Scrubbed
from apps.privacy.vault import Vault

FIELDS: Final = tuple(Turn._meta.concrete_fields)
NAMES: Final = tuple(field.attname for field in FIELDS)
SENT: Final = """
UPDATE chat_turn SET step = %s, lease_until = %s, masked = %s, intent_id = %s, reservation_id = %s, input_tokens = %s,
                     model_label = %s, is_outside = %s FROM agreed WHERE chat_turn.id = %s
"""
CLOSED: Final = f"""
UPDATE chat_turn SET outcome = %s, reason = %s, sentence = %s, input_tokens = %s, output_tokens = %s, closed_at = %s,
                     last_frame = last_frame + 1, cost = agreed.cost, currency = agreed.currency
  FROM agreed WHERE chat_turn.id = %s RETURNING {", ".join(f"chat_turn.{field.column}" for field in FIELDS)}
"""  # noqa: S608 - names of our own columns
ANSWERED: Final = "INSERT INTO chat_message (turn_id, author, sealed_text) SELECT %s, %s, %s FROM agreed"
# Which of the given sessions of the conversation's owner may read its end: what `Conversation.watched_by` asks.
READERS: Final = f"""
, {", ".join(f"written_0.{field.column}" for field in FIELDS)}, ARRAY(
    SELECT session.session_key
      FROM django_session AS session, chat_conversation AS conversation
      JOIN accounts_user AS owner ON owner.id = conversation.owner_id AND owner.is_active
     WHERE session.session_key = ANY(%s) AND session.expire_date > now()
       AND conversation.id = %s AND conversation.deleted_at IS NULL
       AND EXISTS (SELECT 1 FROM accounts_roleassignment AS held
                    WHERE held.person_id = owner.id AND held.role = 'EMPLOYEE')
       AND EXISTS (SELECT 1 FROM privacy_datakey AS key
                    WHERE key.conversation_id = conversation.id AND key.destroyed_at IS NULL)
)
"""  # noqa: S608 - names of our own columns


class Call(NamedTuple):
    """The one call of a plain turn, on the record: its intent, and what is held for it."""

    intent_id: UUID
    reservation_id: UUID


@dataclass(frozen=True, slots=True)
class Closed:
    """A turn that was closed, and which of the sessions that were asked about may read its end at that moment."""

    turn: Turn
    sessions: frozenset[str]


def send_off(job: Job, *, prompt: Scrubbed, vault: Vault, now: datetime) -> tuple[Admission, Call] | None:
    """
    Keep the placeholders, hold the money and write the intent: all on disk when this returns, or none. Two statements.

    None, and nothing was done, where the turn is not plain, is not awaited any more, or another message of the
    conversation gave a placeholder away first.

    :raises Refused: with a sentence for the person.
    :raises records.LedgerUnavailable: if it cannot be written; nothing may be sent then.
    """
    if job.route is None or not job.route.is_plain:
        return None
    calls: list[Call] = []

    def along(admission: Admission) -> list[Write]:
        kept = vault.as_write()
        facts = intents.facts_of(job, job.data_key, admission=admission, prompt=prompt, now=now)
        intent_id, rows = records.intent_along(**facts)
        calls.append(Call(intent_id, admission.reservation_id))
        return [_sent(job, calls[-1], admission, prompt, now=now), *([kept] if kept else []), *rows]

    admitting = turns.admitting(job, prompt=prompt, now=now, along=along, only_while=_awaited(job))
    try:
        with records.durably_at_once():
            admission = job.route.admit_first(prompt, admitting, now=now)
    except budgets.NotAwaited:
        return None
    except LedgerUnavailable as failed:
        if failed.code == UNIQUE_VIOLATION:
            return None
        raise
    vault.note_saved()
    return admission, calls[-1]


def close_turn(job: Job, call: Call | None, ending: Ending, *, sessions: Sequence[str], now: datetime) -> Closed | None:
    """
    Store the answer, settle its cost and conclude its record: all or none. One statement where the turn is plain.

    :param sessions: sessions of the conversation's owner whose pages would be handed the end from memory.
    :return: the turn as it was closed, where the pages may be handed it; None where they have to read it.
    :raises TurnAlreadyClosed: if another process closed this turn first.
    """
    closed = _closed_at_once(job, call, ending, sessions=sessions, now=now) if call else None
    if closed is None:
        turns.close_turn(job, ending, now=now)
    return closed


def _closed_at_once(job: Job, call: Call, ending: Ending, *, sessions: Sequence[str], now: datetime) -> Closed | None:
    sealed = job.data_key.box(LEDGER_ANSWER).seal(ending.answer_as_received.encode())
    conclusion = conclusion_of(call.intent_id, ending, data_key=job.data_key, sealed_answer=sealed, now=now)
    with records.concluding(call.intent_id):
        told = budgets.settle_plainly(
            call.reservation_id,
            input_tokens=ending.input_tokens,
            output_tokens=ending.output_tokens,
            now=now,
            along=[_closed(job, ending, now=now), *_answer(job, ending), _no_frames(job), *conclusion],
            only_while=_open(job, call),
            told=Told(READERS, (list(sessions), job.conversation_id), beside="LEFT JOIN written_0 ON true"),
        )
    if told is None:
        return None
    *row, readers = told
    return Closed(instance(Turn, NAMES, row, DEFAULT_DB_ALIAS), frozenset(readers))


def _awaited(job: Job) -> Condition:
    """The turn's row, locked before any purse, while somebody waits for the answer and the conversation has its key."""
    alive = keys.is_alive(job.conversation_id)
    text = f"""
    SELECT true AS is_there FROM chat_turn
     WHERE id = %s AND outcome = 'OPEN' AND stop_requested_at IS NULL AND {alive.text} FOR UPDATE
    """  # noqa: S608 - constants
    return Condition(text, (job.turn_id, *alive.values))


def _open(job: Job, call: Call) -> Condition:
    """The turn's row, locked before any purse, while it is open with this call and the conversation has its key."""
    alive = keys.is_alive(job.conversation_id)
    text = f"""
    SELECT true AS is_there FROM chat_turn
     WHERE id = %s AND outcome = 'OPEN' AND intent_id = %s AND {alive.text} FOR UPDATE
    """  # noqa: S608 - constants
    return Condition(text, (job.turn_id, call.intent_id, *alive.values))


def _sent(job: Job, call: Call, admission: Admission, prompt: Scrubbed, *, now: datetime) -> Write:
    values = (
        Turn.Step.ASKING.value,
        now + LEASE,
        len(prompt.masked),
        call.intent_id,
        call.reservation_id,
        turns.estimated_tokens(prompt.text),
        admission.model_label,
        admission.egress_class == EgressClass.OUTSIDE,
        job.turn_id,
    )
    return Write(SENT, values)


def _closed(job: Job, ending: Ending, *, now: datetime) -> Write:
    counts = (ending.input_tokens, ending.output_tokens)
    return Write(CLOSED, (str(ending.outcome), ending.reason, ending.sentence, *counts, now, job.turn_id))


def _answer(job: Job, ending: Ending) -> tuple[Write, ...]:
    if not ending.answer:
        return ()
    sealed = texts.seal_text(job.data_key, ending.answer, purpose=texts.ANSWER)
    return (Write(ANSWERED, (job.turn_id, Message.Author.MODEL.value, sealed)),)


def _no_frames(job: Job) -> Write:
    return Write("DELETE FROM chat_frame USING agreed WHERE turn_id = %s", (job.turn_id,))
