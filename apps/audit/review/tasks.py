"""Trying lexicons on history in the background. A task carries an id; how far it is stands in the database."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from apps.audit.review import trying
from apps.audit.review.models import Trial


def begin(trial: Trial) -> None:
    """Have a trial worked on once it is on disk."""
    transaction.on_commit(partial(try_lexicon.delay, str(trial.pk)))


@shared_task(name="review.try_lexicon")
def try_lexicon(trial_id: str) -> None:
    """Try the next 500 exchanges and queue itself again while there is more: other work comes in between."""
    if trying.go_on(UUID(trial_id), now=timezone.now()):
        try_lexicon.delay(trial_id)
