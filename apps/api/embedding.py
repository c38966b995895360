"""
The life of an embedding: find the model, scrub, admit, record, ask, close. The steps and promises of every call.

Each call has a data key and a vault of its own, so what left can be read by officers and be erased. The texts are
scrubbed for models on this machine, too: a vector can be turned back into much of its text.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.api.callers import Caller
from apps.api.causes import as_api_error
from apps.api.embeddings_format import Ask
from apps.api.fields import wrong
from apps.api.models import Scope
from apps.api.neutral import ApiError, ErrorKind
from apps.chat import endings
from apps.chat.database import in_database
from apps.chat.recording import LEDGER_ANSWER, PAYLOAD, Refusal, payload_of, record_refusal, sealed_typed
from apps.gateway import budgets, embeddings
from apps.gateway.admission import Admission, Refused, admit_embedding
from apps.gateway.client import ModelFailed
from apps.gateway.embeddings import Embedded
from apps.gateway.models import LanguageModel
from apps.gateway.upstream import Usage
from apps.ledger import records
from apps.ledger.facts import Circumstances
from apps.ledger.ids import new_id
from apps.ledger.vocabulary import Door, OutcomeKind, Purpose
from apps.privacy import keys, policies
from apps.privacy.engine import ScrubberUnavailable
from apps.privacy.policy import Policy
from apps.privacy.refusals import PolicyStops
from apps.privacy.scrub import Draft, Scrubbed, scrub
from apps.privacy.vault import Vault
from apps.rag import embedding as on_this_machine

logger = logging.getLogger(__name__)

PROMPT_VERSION: Final = "embedding/1"
DIMENSIONS_HERE: Final = 384
_under_way: set[asyncio.Future[Vectors]] = set()
_one_at_a_time = asyncio.Semaphore(1)
"""Embedding here takes one core for 12 to 40 ms a text; more at once would only make everybody else wait."""


@dataclass(frozen=True, slots=True)
class Vectors:
    """The vectors of the texts, in their order; `model` is the catalogue's name."""

    exchange_id: UUID
    model: str
    embedded: Embedded


@dataclass(frozen=True, slots=True)
class _Job:
    exchange_id: UUID
    caller: Caller
    model: LanguageModel
    vault: Vault
    policy: Policy
    typed: tuple[Draft, ...]


async def embed(caller: Caller, ask: Ask) -> Vectors:
    """
    Give the vectors of some texts. A caller that leaves early changes nothing: the call is ended and recorded.

    :raises ApiError: with a sentence; then nothing was sent, or what was sent is settled and on the record.
    """
    task = asyncio.ensure_future(_embed(caller, ask))
    _under_way.add(task)
    task.add_done_callback(_under_way.discard)
    return await asyncio.shield(task)


async def _embed(caller: Caller, ask: Ask) -> Vectors:
    _require_small(ask)
    job = await in_database(_made_ready, caller, ask)
    try:
        prompt = await scrub(job.typed, vault=job.vault, policy=job.policy)
        admission, intent_id = await in_database(_send_off, job, prompt)
    except (ScrubberUnavailable, PolicyStops, Refused, records.LedgerError) as error:
        await in_database(_record_refusal, job, error)
        raise as_api_error(error) from None
    try:
        embedded = await _vectors(admission, prompt, ask)
    except ModelFailed as failure:
        usage = Usage(failure.input_tokens, failure.output_tokens)
        await in_database(_close, job, admission, intent_id, usage, reason=f"{failure.code}: {failure.sentence}")
        raise as_api_error(failure) from None
    except Exception as error:  # noqa: BLE001
        # Whatever it was, the exchange must close. The error's text may hold somebody's words.
        logger.critical("Embedding %s failed: %s", job.exchange_id, type(error).__name__)
        usage = Usage(embeddings.estimated_tokens(prompt), 0)
        await in_database(_close, job, admission, intent_id, usage, reason="PORTAL_FAILED: It failed on our side.")
        raise as_api_error(error) from None
    await in_database(_close, job, admission, intent_id, Usage(embedded.input_tokens, 0))
    return Vectors(job.exchange_id, job.model.label, embedded)


def _require_small(ask: Ask) -> None:
    most = settings.MESSAGE_LIMIT_CHARACTERS
    if sum(map(len, ask.texts)) > most:
        raise ApiError(
            ErrorKind.TOO_LARGE,
            f"The texts are longer than {most:,} characters together. Send them in several calls.",
            code="input_too_long",
            parameter="input",
        )


def _made_ready(caller: Caller, ask: Ask) -> _Job:
    caller.require(Scope.EMBEDDINGS)
    model = _model(caller, ask)
    _require_dimensions(model, ask)
    exchange_id = new_id()
    policy = policies.in_force(team_id=caller.team.pk, egress_class=model.egress_class)
    typed = tuple(Draft("user", text) for text in ask.texts)
    return _Job(exchange_id, caller, model, Vault.open(exchange_id), policy, typed)


def _model(caller: Caller, ask: Ask) -> LanguageModel:
    """Find the model among those that the caller may use; any other is unknown, whether it exists or not."""
    named = Q(label=ask.model)
    with suppress(ValueError):
        named |= Q(pk=UUID(ask.model))
    able = LanguageModel.objects.callable_by(caller.person, caller.team)
    model = able.filter(named).first() if "\x00" not in ask.model else None
    if model is None or not caller.may_use_model(model.pk):
        raise ApiError(
            ErrorKind.NOT_FOUND,
            "There is no such model for this key. GET /v1/models lists those there are.",
            code="model_not_found",
            parameter="model",
        )
    if LanguageModel.Capability.EMBEDDINGS not in model.capabilities:
        raise ApiError(
            ErrorKind.BAD_REQUEST,
            f"{model.label} does not embed. Choose a model with the capability “Embeddings”.",
            code="model_cannot_embed",
            parameter="model",
        )
    return model


def _require_dimensions(model: LanguageModel, ask: Ask) -> None:
    if embeddings.is_on_this_machine(model) and ask.dimensions not in {None, DIMENSIONS_HERE}:
        raise wrong(
            f"{model.label} gives {DIMENSIONS_HERE} numbers and no fewer. Leave `dimensions` out.",
            parameter="dimensions",
            code="unsupported_value",
        )


def _send_off(job: _Job, prompt: Scrubbed) -> tuple[Admission, UUID]:
    """Keep the vault, hold the money and put the call on the record, in this order; then bytes may leave."""
    caller, now = job.caller, timezone.now()
    job.vault.save()
    admission = admit_embedding(
        person=caller.person, team=caller.team, model_id=job.model.pk, prompt=prompt, now=now, key_id=caller.key_id
    )
    try:
        intent_id = records.open_intent(
            who=caller.who,
            door=Door.API,
            purpose=Purpose.EMBEDDING,
            conversation_id=job.exchange_id,
            turn_id=None,
            model_label=admission.model_label,
            provider_label=admission.provider_label,
            egress_class=admission.egress_class,
            sealed_payload=keys.seal(job.exchange_id, payload_of(prompt, (), ()), purpose=PAYLOAD),
            left_text=prompt.record_text,
            masked=prompt.masked,
            passages=(),
            policy_version=prompt.policy_version,
            prompt_version=PROMPT_VERSION,
            circumstances=replace(admission.circumstances, chosen_by="CALLER", key_id=caller.key_id),
            sealed_typed=sealed_typed(keys.open_key(job.exchange_id), job.typed),
            now=now,
        )
    except BaseException:
        budgets.release(admission.reservation_id, now=now)
        raise
    return admission, intent_id


async def _vectors(admission: Admission, prompt: Scrubbed, ask: Ask) -> Embedded:
    if not embeddings.is_in_process(admission.endpoint):
        return await embeddings.embed(admission, prompt, dimensions=ask.dimensions)
    async with _one_at_a_time:
        return await asyncio.to_thread(_vectors_here, prompt)


def _vectors_here(prompt: Scrubbed) -> Embedded:
    vectors = tuple(tuple(on_this_machine.embed(message.text).tolist()) for message in prompt.messages)
    return Embedded(vectors, embeddings.estimated_tokens(prompt), is_estimated=True)


@transaction.atomic
def _close(job: _Job, admission: Admission, intent_id: UUID, usage: Usage, *, reason: str = "") -> None:
    """Settle the money and give the record its one outcome; a `reason` says that the call failed."""
    now = timezone.now()
    cost = budgets.settle(
        admission.reservation_id, input_tokens=usage.input_tokens, output_tokens=usage.output_tokens, now=now
    )
    records.conclude(
        intent_id,
        outcome=OutcomeKind.FAILED if reason else OutcomeKind.ANSWERED,
        reason=reason,
        sealed_answer=keys.seal(job.exchange_id, b"", purpose=LEDGER_ANSWER),
        answer_text="",
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cost=cost.amount,
        currency=cost.currency,
        now=now,
    )


@transaction.atomic
def _record_refusal(job: _Job, error: Exception) -> None:
    """Record that nothing was sent; where the record itself is away, there is nothing to write it to."""
    if isinstance(error, records.LedgerError):
        return
    code, sentence = getattr(error, "code", "SCRUBBER_UNAVAILABLE"), getattr(error, "sentence", "")
    refusal = Refusal(
        who=job.caller.who,
        door=Door.API,
        purpose=Purpose.EMBEDDING,
        conversation_id=job.exchange_id,
        turn_id=None,
        model_label=job.model.label,
        prompt_version=PROMPT_VERSION,
        typed=job.typed,
        circumstances=Circumstances(key_id=job.caller.key_id),
    )
    ending = replace(endings.refused(code, sentence), stopped_for=getattr(error, "spans", ()))
    record_refusal(refusal, ending, keys.open_key(job.exchange_id), now=timezone.now())
