"""The sync half of a line's exchange: read it, admit it, record it, close it. Each function is one transaction."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F

from apps.accounts.actors import who
from apps.accounts.models import Team, User
from apps.batch import sealing, steering
from apps.batch.claiming import LEASE, MOST_ATTEMPTS, Claim, ClaimLost
from apps.batch.models import Batch, LaneModel, Line, LineQuerySet
from apps.batch.parsing import Prompt
from apps.batch.sealing import Sealer
from apps.batch.steering import KEY_ENDED, KeyEnded
from apps.batch.verdicts import Verdict, verdict_on
from apps.chat.endings import Ending
from apps.chat.recording import LEDGER_ANSWER, PAYLOAD, Refusal, payload_of, record_refusal, sealed_typed
from apps.chat.turns import TurnAlreadyClosed, estimated_tokens
from apps.gateway import budgets, leases
from apps.gateway.admission import Admission, admit
from apps.gateway.models import LanguageModel
from apps.ledger import records
from apps.ledger.facts import Circumstances, Who
from apps.ledger.records import AlreadyConcluded
from apps.ledger.vocabulary import Door, OutcomeKind, Purpose
from apps.privacy import keys, policies
from apps.privacy.keys import ConversationKey
from apps.privacy.policy import Policy
from apps.privacy.scrub import Draft, Scrubbed
from apps.privacy.vault import Vault

PROMPT_VERSION: Final = "batch-1"
FIRST_REST: Final = timedelta(seconds=15)
LONGEST_REST: Final = timedelta(minutes=10)
MOST_RESTS: Final = 12
MOST_FAILURES: Final = 10
TOO_MANY_RESTS: Final = "{model} was not free {count} times in a row, so the batch is paused. Resume it later."
TOO_MANY_FAILURES: Final = "The last {count} lines failed, so the batch is paused. Look at why, then resume it."

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Everything an exchange needs to know of its line, read once."""

    claim: Claim
    person: User
    team: Team
    who: Who
    model: LanguageModel
    prompt: Prompt
    key_id: UUID
    """The key that the batch came with, or the batch: what budgets and the guard count its lines under."""
    key_until: datetime | None

    @property
    def typed(self) -> list[Draft]:
        """The messages of the line, as they were handed in."""
        return [Draft(role, text) for role, text in self.prompt.messages]


def load_job(claim: Claim) -> Job | None:
    """Read a claimed line; None if the claim was lost meanwhile. Three queries."""
    wanted = _mine(claim).select_related("batch__owner", "batch__team", "batch__model__provider")
    line = wanted.first()
    if line is None:
        return None
    batch = line.batch
    prompt = Sealer(batch.pk).prompt_of(line)
    whose = who(batch.owner, batch.team)
    if batch.caller_label:
        whose = replace(whose, label=batch.caller_label)
    return Job(claim, batch.owner, batch.team, whose, batch.model, prompt, batch.key_id or batch.pk, batch.key_until)


def vault_and_policy(job: Job) -> tuple[Vault, Policy]:
    """Open the line's own vault, and read the policy that is in force now."""
    policy = policies.in_force(team_id=job.team.pk, egress_class=job.model.egress_class)
    return Vault.open(job.claim.line_id), policy


def send_off(job: Job, prompt: Scrubbed, vault: Vault, *, now: datetime) -> Admission:
    """
    Keep the vault, hold the money, write the intent and mark the line as sent: all on disk when this returns, or none.

    From here on nobody sends the line again by himself.

    :raises VaultMoved: if a placeholder was given away meanwhile.
    :raises Refused: with a sentence for its owner.
    :raises LedgerUnavailable: if it cannot be written; nothing may be sent then.
    :raises TurnAlreadyClosed: if the claim is lost or the batch was cancelled; nothing may be sent then.
    """
    most = job.prompt.max_tokens
    if job.key_until is not None and job.key_until <= now:
        raise KeyEnded(KEY_ENDED)
    with records.durably_together():
        vault.save()
        admission = admit(
            person=job.person,
            team=job.team,
            model_id=job.model.pk,
            prompt=prompt,
            now=now,
            key_id=job.key_id,
            most_output_tokens=most,
            may_repeat=True,
        )
        intent_id = _write_intent(job, admission, prompt, now=now)
        may_go = _mine(job.claim).filter(claimed_until__gt=now, batch__state__in=_UNDER_WAY).values("pk")
        is_ours = Line.objects.filter(pk__in=may_go, claim=job.claim.token).update(
            state=Line.State.SENT,
            claimed_until=now + LEASE,
            intent_id=intent_id,
            reservation_id=admission.reservation_id,
            input_tokens=estimated_tokens(prompt.text),
            output_tokens=admission.max_output_tokens,
            masked=len(prompt.masked),
        )
        if not is_ours:
            raise TurnAlreadyClosed(job.claim.line_id)
    return admission


def _write_intent(job: Job, admission: Admission, prompt: Scrubbed, *, now: datetime) -> UUID:
    exchange_id = job.claim.line_id
    return records.write_intent(
        who=job.who,
        door=Door.TASK,
        purpose=Purpose.CHAT,
        conversation_id=exchange_id,
        turn_id=None,
        model_label=admission.model_label,
        provider_label=admission.provider_label,
        egress_class=admission.egress_class,
        sealed_payload=keys.seal(exchange_id, payload_of(prompt, [], []), purpose=PAYLOAD),
        left_text=prompt.record_text,
        masked=prompt.masked,
        passages=[],
        policy_version=prompt.policy_version,
        prompt_version=PROMPT_VERSION,
        circumstances=replace(admission.circumstances, chosen_by="CALLER", key_id=job.key_id),
        sealed_typed=sealed_typed(keys.open_key(exchange_id), job.typed),
        lease_until=now + leases.LEASE,
        reservation_id=admission.reservation_id,
        now=now,
    )


@transaction.atomic
def close_line(job: Job, ending: Ending, *, now: datetime) -> None:
    """
    Keep the answer, settle the money, conclude the record, and judge what it means for the batch: all or none.

    :raises ClaimLost: if the line was given up meanwhile; then nothing changes.
    """
    batch = Batch.objects.select_for_update(of=("self",)).select_related("team").get(pk=job.claim.batch_id)
    line = _mine(job.claim).select_for_update(of=("self",)).first()
    if line is None:
        raise ClaimLost
    cost, currency = _conclude(job, line, ending, now=now)
    verdict = _verdict(line, batch, ending)
    values: dict[str, object] = {"state": Line.State.WAITING}
    if verdict == Verdict.CLOSE:
        values = _closed(line, batch, ending, now=now)
    _mine(job.claim).update(
        **{"reservation_id": None, "intent_id": None, **values},
        claim=None,
        claimed_until=None,
        cost=F("cost") + cost,
        currency=currency or line.currency,
    )
    _judge(batch, ending, verdict, now=now)
    steering.finish_if_done(batch, now=now)


def _mine(claim: Claim) -> LineQuerySet:
    """The claimed line, as long as the claim is ours."""
    return Line.objects.filter(pk=claim.line_id, claim=claim.token)


def _verdict(line: Line, batch: Batch, ending: Ending) -> Verdict:
    """Judge, but let nothing wait in a batch that was cancelled, nor a line that was tried often enough."""
    was_not_sent = ending.outcome == OutcomeKind.STOPPED and not ending.input_tokens
    verdict = Verdict.WAIT if was_not_sent else verdict_on(ending)
    gives_up = verdict == Verdict.WAIT and line.attempts >= MOST_ATTEMPTS
    return Verdict.CLOSE if gives_up or batch.state == Batch.State.CANCELLED else verdict


def _closed(line: Line, batch: Batch, ending: Ending, *, now: datetime) -> dict[str, object]:
    sealed = b""
    if ending.answer and batch.erased_at is None:
        sealed = Sealer(batch.pk).seal(ending.answer, purpose=sealing.ANSWER, label=str(line.number))
    return {
        "state": Line.State(ending.outcome),
        "reason": ending.reason,
        "sentence": ending.sentence,
        "sealed_answer": sealed,
        "input_tokens": ending.input_tokens,
        "output_tokens": ending.output_tokens,
        "intent_id": line.intent_id,
        "reservation_id": line.reservation_id,
        "closed_at": now,
    }


def _judge(batch: Batch, ending: Ending, verdict: Verdict, *, now: datetime) -> None:
    """Pause the batch, let its model rest, or note that all is well."""
    lane = LaneModel.objects.filter(model=batch.model_id)
    if verdict == Verdict.PAUSE:
        steering.pause_running(batch, reason=ending.reason, sentence=ending.sentence, by=None, now=now)
    elif verdict == Verdict.REST:
        _rest(batch, lane.select_for_update().first(), ending, now=now)
    elif ending.outcome == OutcomeKind.ANSWERED:
        Batch.objects.filter(pk=batch.pk, failures_in_a_row__gt=0).update(failures_in_a_row=0)
        lane.filter(rests_in_a_row__gt=0).update(rests_in_a_row=0, resting_until=None)
    elif ending.outcome == OutcomeKind.FAILED:
        Batch.objects.filter(pk=batch.pk).update(failures_in_a_row=F("failures_in_a_row") + 1)
        if batch.failures_in_a_row + 1 >= MOST_FAILURES:
            sentence = TOO_MANY_FAILURES.format(count=MOST_FAILURES)
            steering.pause_running(batch, reason="KEEPS_FAILING", sentence=sentence, by=None, now=now)


def _rest(batch: Batch, lane: LaneModel | None, ending: Ending, *, now: datetime) -> None:
    """Let the model's batches rest, twice as long each time or as asked; pause this one where that never helps."""
    if lane is None:
        return
    if lane.resting_until is None or lane.resting_until <= now:
        asked_for = timedelta(seconds=ending.retry_after or 0)
        lane.resting_until = now + max(asked_for, min(FIRST_REST * 2**lane.rests_in_a_row, LONGEST_REST))
        lane.rests_in_a_row += 1
        lane.save(update_fields=["resting_until", "rests_in_a_row"])
    if lane.rests_in_a_row >= MOST_RESTS:
        sentence = TOO_MANY_RESTS.format(model=batch.model_label, count=lane.rests_in_a_row)
        steering.pause_running(batch, reason=ending.reason, sentence=sentence, by=None, now=now)
        LaneModel.objects.filter(pk=lane.pk).update(rests_in_a_row=0)


def _conclude(job: Job, line: Line, ending: Ending, *, now: datetime) -> tuple[Decimal, str]:
    """Settle or free the money, and give the exchange its one outcome, or record a refusal where there is none."""
    if line.intent_id is None:
        if line.reservation_id:
            budgets.release(line.reservation_id)
        _record_refusal(job, ending, now=now)
        return Decimal(0), ""
    cost, currency = Decimal(0), ""
    if line.reservation_id:
        settled = budgets.settle(
            line.reservation_id, input_tokens=ending.input_tokens, output_tokens=ending.output_tokens, now=now
        )
        cost, currency = settled.amount, settled.currency
    data_key = keys.open_keys([line.pk]).get(line.pk)
    try:
        records.conclude(
            line.intent_id,
            outcome=ending.outcome,
            reason=ending.in_words,
            sealed_answer=data_key.box(LEDGER_ANSWER).seal(ending.answer_as_received.encode()) if data_key else b"",
            answer_text=ending.answer_as_received,
            input_tokens=ending.input_tokens,
            output_tokens=ending.output_tokens,
            cost=cost,
            currency=currency,
            now=now,
        )
    except AlreadyConcluded:
        logger.warning("The exchange of line %s had its outcome already", line.pk)
    return cost, currency


def _record_refusal(job: Job, ending: Ending, *, now: datetime) -> None:
    refusal = Refusal(
        who=job.who,
        door=Door.TASK,
        purpose=Purpose.CHAT,
        conversation_id=job.claim.line_id,
        turn_id=None,
        model_label=job.model.label,
        prompt_version=PROMPT_VERSION,
        typed=job.typed,
        circumstances=Circumstances(key_id=job.key_id),
    )
    record_refusal(refusal, ending, _key_of(job.claim.line_id), now=now)


def _key_of(line_id: UUID) -> ConversationKey | None:
    """Open the line's key, making it where nothing of the line was kept yet; none where its batch was erased."""
    try:
        return keys.open_key(line_id)
    except keys.KeyDestroyed:
        return None


_UNDER_WAY: Final = [Batch.State.RUNNING, Batch.State.PAUSED]
