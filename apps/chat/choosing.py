"""Which model a turn asks: the person's, the automatic route's, or the next one where that failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.chat import turns
from apps.chat.endings import Ending, usage_of
from apps.chat.jobs import Job
from apps.chat.models import Turn
from apps.chat.turns import TurnAlreadyClosed
from apps.gateway import auto, routes
from apps.gateway.admission import Admission
from apps.gateway.client import ModelFailed
from apps.ledger import records
from apps.ledger.vocabulary import OutcomeKind
from apps.privacy import keys
from apps.privacy.scrub import Scrubbed
from apps.rag.search import Hit


def load_job(turn_id: UUID, *, now: datetime) -> Job:
    """
    Read what the pipeline needs, with the way the turn takes through models.

    As many queries as :func:`turns.load_job`; two more for the automatic route, one or two for a model with alternates.
    """
    job = turns.load_job(turn_id)
    choice = auto.choose(_question(job), person=job.person, team=job.team, now=now) if job.is_auto else None
    model = choice.model if choice else job.model
    if model is None:
        return job
    route = routes.plan(model, person=job.person, team=job.team, now=now, choice=choice)
    asked = route.asked
    return replace(job, route=route, egress_class=asked.egress_class, window_tokens=asked.context_window)


def _question(job: Job) -> auto.Question:
    history = sum(len(exchange.question) + len(exchange.answer) for exchange in job.history)
    return auto.Question(job.question, history_characters=history)


def fall_back(
    job: Job,
    failure: ModelFailed,
    *,
    prompt: Scrubbed,
    passages: Sequence[Hit],
    labels: Sequence[str],
    now: datetime,
) -> Admission | None:
    """
    Conclude and pay the call that failed, and admit and record the next one of the turn's route.

    All on disk when this returns, or None and nothing changed.

    :raises TurnAlreadyClosed: if nobody waits for the answer any more.
    """
    if job.route is None:
        return None
    with records.durably_together():
        with transaction.atomic():
            job.route.follows = _conclude_failed(job, failure, now=now)
            admitting = turns.admitting(job, prompt=prompt, now=now)
            admission = job.route.admit_next(failure.kind, prompt, admitting, now=now)
            if admission is None:
                transaction.set_rollback(True)  # the failed call is concluded with the turn
                return None
        turns.write_intent(job, admission=admission, prompt=prompt, passages=passages, labels=labels, now=now)
    return admission


def _conclude_failed(job: Job, failure: ModelFailed, *, now: datetime) -> UUID | None:
    """Conclude and pay the turn's call; give its intent."""
    turn = Turn.objects.open().select_for_update().filter(pk=job.turn_id).first()
    if turn is None:
        raise TurnAlreadyClosed(job.turn_id)
    data_key = keys.open_keys([job.conversation_id]).get(job.conversation_id)
    failed = Ending(OutcomeKind.FAILED, failure.code, failure.sentence).used(usage_of(failure))
    turns.conclude(job, turn, failed, data_key, now=now)
    return turn.intent_id
