"""
Ask a model one harmless question, to see whether it answers.

It takes the way of every message: scrubbed, recorded before a byte leaves, through the same client. It asks for no
grant and holds no budget (no team pays for it), so what it may cost is kept tiny and stands in the record.
"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.accounts.actors import who
from apps.gateway import client
from apps.gateway.client import Delta, Finish, ModelFailed
from apps.gateway.endpoints import Endpoint, EndpointUnavailable, endpoint_of
from apps.gateway.models import LanguageModel
from apps.gateway.prices import Price
from apps.gateway.upstream import Usage
from apps.ledger.facts import Circumstances
from apps.ledger.ids import new_id
from apps.ledger.records import LedgerUnavailable, conclude, open_intent, record_event
from apps.ledger.vocabulary import Action, Door, OutcomeKind, Purpose
from apps.privacy import keys
from apps.privacy.engine import ScrubberUnavailable
from apps.privacy.scrub import Draft, Scrubbed, scrub
from apps.privacy.vault import Vault

if TYPE_CHECKING:
    from apps.accounts.models import User

QUESTION: Final = "Reply with one word: ready"
LONGEST_ANSWER: Final = 32
PROMPT_VERSION: Final = "connection-test/1"
PAYLOAD: Final = "ledger.payload"
ANSWER: Final = "ledger.answer"


@dataclass(frozen=True, slots=True)
class Result:
    """How the test went: one sentence for the admin, and the milliseconds to the first word if there was one."""

    is_ok: bool
    sentence: str
    milliseconds: int | None = None


@dataclass(frozen=True, slots=True)
class _Call:
    model_id: UUID
    call_id: UUID | None
    endpoint: Endpoint = field(repr=False)
    model_label: str
    provider_label: str
    max_output_tokens: int
    first_word_seconds: float | None = None
    delay_seconds: float = 0.0


@dataclass(slots=True)
class _Answer:
    text: str = ""
    usage: Usage = field(default_factory=lambda: Usage(0, 0))
    milliseconds: int | None = None
    failure: ModelFailed | None = None


def try_connection(model: LanguageModel, *, by: User, now: datetime) -> Result:
    """
    Ask the model and say how it went. Works whether or not model and provider are on; takes as long as the model does.

    Call it from a thread, never from an event loop.

    Nothing is sent if the price is unknown, the prompt cannot be scrubbed, or the record cannot be written.
    """
    if model.price is None:
        return Result(False, f"{model.label} has no price, so it is never called. Enter its price first.")
    try:
        exchange_id, endpoint = new_id(), endpoint_of(model)
        call = _Call(
            model.pk,
            None if endpoint.is_in_process else exchange_id,
            endpoint,
            model.label,
            model.provider.name,
            min(LONGEST_ANSWER, model.max_output_tokens),
        )
        prompt = _scrubbed(exchange_id)
        intent_id = _open(model, exchange_id, prompt, by, now, call_id=call.call_id)
    except (EndpointUnavailable, keys.KeyUnavailable, keys.SealBroken, ScrubberUnavailable, LedgerUnavailable) as error:
        return Result(False, getattr(error, "sentence", f"Nothing was sent. {error}"))
    answer = asyncio.run(_ask(call, prompt))
    _close(model, model.price, exchange_id, intent_id, answer, by)
    return _result(model, answer)


def _scrubbed(exchange_id: UUID) -> Scrubbed:
    vault = Vault.open(exchange_id)
    prompt = asyncio.run(scrub([Draft("user", QUESTION)], vault=vault))
    vault.save()
    return prompt


def _open(
    model: LanguageModel, exchange_id: UUID, prompt: Scrubbed, by: User, now: datetime, *, call_id: UUID | None
) -> UUID:
    messages = [{"role": message.role, "text": message.text} for message in prompt.messages]
    payload = json.dumps({"messages": messages}, sort_keys=True, separators=(",", ":")).encode()
    return open_intent(
        who=who(by),
        door=Door.BROWSER,
        purpose=Purpose.CONNECTION_TEST,
        conversation_id=exchange_id,
        turn_id=None,
        model_label=model.label,
        provider_label=model.provider.name,
        egress_class=model.egress_class,
        sealed_payload=keys.seal(exchange_id, payload, purpose=PAYLOAD),
        left_text=prompt.record_text,
        masked=prompt.masked,
        passages=(),
        policy_version=prompt.policy_version,
        prompt_version=PROMPT_VERSION,
        circumstances=Circumstances(chosen_by="CALLER", region=model.provider.region, call_id=call_id),
        now=now,
    )


async def _ask(call: _Call, prompt: Scrubbed) -> _Answer:
    answer, begun = _Answer(), time.monotonic()
    try:
        async with aclosing(client.stream(call, prompt)) as events:
            async for event in events:
                if isinstance(event, Delta):
                    answer.milliseconds = answer.milliseconds or round((time.monotonic() - begun) * 1000)
                    answer.text += event.text
                elif isinstance(event, Finish):
                    answer.usage = Usage(event.input_tokens, event.output_tokens)
    except ModelFailed as failure:
        answer.failure, answer.usage = failure, Usage(failure.input_tokens, failure.output_tokens)
    finally:
        await client.close()
    return answer


@transaction.atomic
def _close(model: LanguageModel, price: Price, exchange_id: UUID, intent_id: UUID, answer: _Answer, by: User) -> None:
    now, failure = timezone.now(), answer.failure
    cost: Decimal = price.of(input_tokens=answer.usage.input_tokens, output_tokens=answer.usage.output_tokens)
    conclude(
        intent_id,
        outcome=OutcomeKind.FAILED if failure else OutcomeKind.ANSWERED,
        reason=failure.code if failure else "",
        sealed_answer=keys.seal(exchange_id, answer.text.encode(), purpose=ANSWER),
        answer_text=answer.text,
        input_tokens=answer.usage.input_tokens,
        output_tokens=answer.usage.output_tokens,
        cost=cost,
        currency=price.currency,
        now=now,
    )
    record_event(
        Action.PROVIDER_TESTED,
        who=who(by),
        subject_kind="model",
        subject_id=str(model.pk),
        subject_label=model.label,
        details={"is_ok": failure is None, "reason": failure.code if failure else ""},
        now=now,
    )


def _result(model: LanguageModel, answer: _Answer) -> Result:
    if answer.failure:
        return Result(False, answer.failure.sentence)
    if answer.milliseconds is None:
        return Result(False, f"{model.label} was reached, but its answer was empty.")
    return Result(True, f"{model.label} answered after {answer.milliseconds} ms.", answer.milliseconds)
