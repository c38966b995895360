"""The list of models that a key may call, as OpenAI's API gives it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from apps.api.callers import Caller
from apps.api.neutral import ApiError, ErrorKind
from apps.gateway import auto
from apps.gateway.models import LanguageModel


def listing(caller: Caller, *, now: datetime) -> dict[str, Any]:
    """List what the key's person may call for its team now, as the picker does. Two queries."""
    models = [_entry(model) for model in _callable(caller, now)]
    if models and caller.model_ids is None and auto.is_on_for(caller.team):
        models.insert(0, {"id": auto.NAME, "object": "model", "created": 0, "owned_by": "portcullis"})
    return {"object": "list", "data": models}


def entry(caller: Caller, name: str, *, now: datetime) -> dict[str, Any]:
    """
    Give one model by its id or its label.

    :raises ApiError: of kind NOT_FOUND, the same for a model that is not there and one that may not be called.
    """
    for model in _callable(caller, now):
        if name in {model.label, str(model.pk)}:
            return _entry(model)
    raise ApiError(
        ErrorKind.NOT_FOUND,
        f"There is no such model for {caller.team.name}. See the list at /v1/models.",
        code="model_not_found",
        parameter="model",
    )


def _callable(caller: Caller, now: datetime) -> list[LanguageModel]:
    models = LanguageModel.objects.callable_by(caller.person, caller.team, now=now)
    return [model for model in models if caller.may_use_model(model.pk)]


def _entry(model: LanguageModel) -> dict[str, Any]:
    name: UUID = model.pk
    return {
        "id": model.label,
        "object": "model",
        "created": int(model.created_at.timestamp()),
        "owned_by": model.provider.name,
        "portcullis": {
            "id": str(name),
            "context_window": model.context_window,
            "max_output_tokens": model.max_output_tokens,
            "egress_class": model.egress_class,
            "capabilities": model.capabilities,
        },
    }
