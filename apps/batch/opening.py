"""Which models batches may use: an admin opens them, at any hour or off-peak only."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.accounts.actors import who
from apps.accounts.models import User
from apps.batch.models import LaneModel
from apps.gateway.models import LanguageModel
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action


@transaction.atomic
def open_model(model: LanguageModel, *, from_hour: int | None, until_hour: int | None, by: User, now: datetime) -> None:
    """Let batches use `model`, within these hours of the company's time zone or, where both are None, at any hour."""
    lane, _ = LaneModel.objects.update_or_create(
        model=model, defaults={"from_hour": from_hour, "until_hour": until_hour, "rests_in_a_row": 0}
    )
    _record(Action.BATCH_MODEL_OPENED, model, by=by, now=now, hours=lane.hours)


@transaction.atomic
def close_model(model: LanguageModel, *, by: User, now: datetime) -> bool:
    """Let no batch use `model` any more: running ones are paused, with a sentence. False if it was not open."""
    count, _ = LaneModel.objects.filter(model=model).delete()
    if count:
        _record(Action.BATCH_MODEL_CLOSED, model, by=by, now=now)
    return bool(count)


def _record(action: Action, model: LanguageModel, *, by: User, now: datetime, **details: str) -> None:
    record_event(
        action,
        who=who(by),
        subject_kind="model",
        subject_id=str(model.pk),
        subject_label=model.label,
        details=details,
        now=now,
    )
