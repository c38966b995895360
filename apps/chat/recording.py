"""What the record keeps of an exchange: what left, word for word, and the answer as it came."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from apps.chat.endings import Ending
from apps.gateway.refusals import RunAtCeiling
from apps.ledger import records
from apps.ledger.facts import NOTHING_KNOWN, Circumstances, Who
from apps.ledger.prepared import Write
from apps.ledger.vocabulary import Action, Door, Purpose
from apps.privacy import keys, overlaps
from apps.privacy.keys import ConversationKey
from apps.privacy.scrub import Draft, Scrubbed, ScrubbedMessage, Surroundings
from apps.privacy.vault import Vault
from apps.rag.search import Hit

PAYLOAD = "ledger.payload"
LEDGER_ANSWER = "ledger.answer"
TYPED = "ledger.typed"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An exchange that was refused before anything left: whose, where, what for, and what was typed."""

    who: Who
    door: Door
    purpose: Purpose
    conversation_id: UUID
    turn_id: UUID | None
    model_label: str
    prompt_version: str
    typed: Sequence[Draft] = field(repr=False)
    circumstances: Circumstances = NOTHING_KNOWN


def record_refusal(refusal: Refusal, ending: Ending, data_key: ConversationKey | None, *, now: datetime) -> None:
    """
    Put a refused exchange on the record, in the caller's transaction: why, what was typed, and what would have left.

    Of an erased conversation, which has no `data_key`, no text is kept. What the policy stopped is listed by kind and
    place; its scrubbed form was never made.

    :raises apps.ledger.records.LedgerUnavailable: if it cannot be written.
    """
    prompt = ending.prepared if data_key else None
    exchange_id = records.record_refusal(
        who=refusal.who,
        door=refusal.door,
        purpose=refusal.purpose,
        conversation_id=refusal.conversation_id,
        turn_id=refusal.turn_id,
        model_label=refusal.model_label,
        reason=ending.in_words,
        sealed_payload=data_key.box(PAYLOAD).seal(payload_of(prompt, (), ())) if data_key and prompt else b"",
        left_text=prompt.record_text if prompt else "",
        masked=prompt.masked if prompt else ending.stopped_for,
        policy_version=prompt.policy_version if prompt else "",
        prompt_version=refusal.prompt_version,
        circumstances=refusal.circumstances,
        sealed_typed=sealed_typed(data_key, refusal.typed) if data_key else b"",
        now=now,
    )
    if ending.reason == RunAtCeiling.code:
        _record_ceiling(refusal, exchange_id, now=now)


def _record_ceiling(refusal: Refusal, exchange_id: UUID, *, now: datetime) -> None:
    """Put beside a refused exchange that a program ran into the ceiling of one run, for whoever answers for it."""
    key_id = refusal.circumstances.key_id
    records.record_event(
        Action.LOOP_AT_CEILING,
        who=None,
        subject_kind="key" if key_id else "person",
        subject_id=str(key_id or refusal.who.id),
        subject_label=refusal.who.label,
        details={"exchange": str(exchange_id)},
        now=now,
    )


def conclusion_of(
    intent_id: UUID, ending: Ending, *, data_key: ConversationKey, sealed_answer: bytes, now: datetime
) -> tuple[Write, ...]:
    """Give the one outcome of a call as its ending says, to be written along; an erased exchange keeps no answer."""
    return records.conclusion(
        intent_id,
        outcome=ending.outcome,
        reason=ending.in_words,
        sealed_answer=sealed_answer,
        answer_text=ending.answer_as_received,
        input_tokens=ending.input_tokens,
        output_tokens=ending.output_tokens,
        kept_if=keys.is_alive(data_key.conversation_id),
        now=now,
    )


def sealed_typed(data_key: ConversationKey, typed: Sequence[Draft]) -> bytes:
    """Seal what was typed, word for word, as ``[{"role", "text"}, …]``: only an officer with a reason opens it."""
    plain = [{"role": draft.role, "text": draft.text} for draft in typed]
    return data_key.box(TYPED).seal(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode())


def payload_of(prompt: Scrubbed, passages: Sequence[Hit], labels: Sequence[str]) -> bytes:
    """
    What left, as the record keeps it, in canonical JSON:
    ``{"messages": [{"role", "text"}, …], "passages": {id: label}}``. A tool call is a line of its message's text; the
    descriptions of tools, the form of the answer and stop words are messages of the role ``tools``.

    The passages' labels stand here, where erasure reaches them, and not in the ledger's plain columns. Where something
    was found and left in clear there is also ``"in_clear"``, a list of ``{"placeholder", "reason", "type"}``, and
    ``"scrubbed"``: the messages with that masked, for a reader who has given no reason to see it.
    """
    labelled = {str(hit.passage_id): label for hit, label in zip(passages, labels, strict=True)}
    payload: dict[str, object] = {
        "messages": _plain(prompt.messages, prompt.surroundings),
        "passages": labelled,
    }
    if prompt.in_clear:
        payload["scrubbed"] = _plain(prompt.on_record, prompt.surroundings_on_record)
        payload["in_clear"] = [
            {"placeholder": one.placeholder, "reason": one.reason, "type": one.type} for one in prompt.in_clear
        ]
    return json.dumps(payload, sort_keys=True, separators=(",", ":")).encode()


def _plain(messages: Sequence[ScrubbedMessage], around: Surroundings) -> list[dict[str, str]]:
    plain = [{"role": message.role, "text": message.everything} for message in messages]
    return [*plain, *({"role": "tools", "text": text} for text in around.texts)]


def masked_again(text: str, vault: Vault) -> str:
    """Mask every value of the vault in a text of the same conversation."""
    return vault.mask(text, overlaps.resolve(vault.known.find(text), text=text))
