"""Who works on a long run: one worker at a time, under a claim that ends by itself if the worker dies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import QuerySet

from apps.audit.cases.models import LEASE, Run
from apps.ledger import clock
from apps.privacy import destruction

R = TypeVar("R", bound=Run)


class Interrupted(Exception):
    """The run was cancelled, or this worker was given up for dead: it must not go on."""


def claim(runs: QuerySet[R], run_id: UUID, *, now: datetime) -> R | None:
    """Take a run that nobody works on; None where somebody does, or it has ended. Two statements."""
    token = uuid4()
    free = runs.model._default_manager.due(now).filter(pk=run_id)
    if not free.update(state=Run.State.RUNNING, claim=token, claimed_until=now + LEASE):
        return None
    return runs.get(pk=run_id)


def step(run: Run, *, now: datetime, **values: Any) -> None:
    """
    Write how far a run is, and hold on to it. One statement.

    :raises Interrupted: if it is not this worker's any more.
    """
    if not _mine(run).update(claimed_until=now + LEASE, **values):
        raise Interrupted
    for name, value in values.items():
        setattr(run, name, value)


def end(run: Run, *, state: str, sentence: str = "", now: datetime, **values: Any) -> None:
    """
    End a run. One statement.

    :raises Interrupted: if it is not this worker's any more.
    """
    free = {"claim": None, "claimed_until": None}
    if not _mine(run).update(state=state, sentence=sentence, ended_at=now, **free, **values):
        raise Interrupted


@transaction.atomic
def fail(run: Run, sentence: str, *, record: Callable[[datetime], object]) -> None:
    """End a run that came to nothing, with the key of what it had written; `record` puts that on the record."""
    now = clock.now()
    try:
        end(run, state=Run.State.FAILED, sentence=sentence, now=now)
    except Interrupted:
        return
    destruction.destroy_one(run.pk)
    record(now)


def give_back(run: Run) -> None:
    """Let another worker go on with a run at once, where this one cannot."""
    _mine(run).update(state=Run.State.QUEUED, claim=None, claimed_until=None)


def cancel(run: R, *, now: datetime) -> bool:
    """Stop a run; a worker that has it stops at its next step. False if it has ended."""
    live = [Run.State.ASKED, Run.State.QUEUED, Run.State.RUNNING]
    stopped = type(run)._default_manager.filter(pk=run.pk, state__in=live)
    return bool(stopped.update(state=Run.State.CANCELLED, ended_at=now, claim=None, claimed_until=None))


def _mine(run: Run) -> QuerySet[Any]:
    return type(run)._default_manager.filter(pk=run.pk, state=Run.State.RUNNING, claim=run.claim)
