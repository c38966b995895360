"""
The list of models that a key may call: one answer in which OpenAI's clients and Anthropic's each find their fields.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from apps.api.callers import Caller
from apps.api.neutral import ApiError, ErrorKind
from apps.gateway import auto
from apps.gateway.models import LanguageModel


def listing(caller: Caller, *, now: datetime) -> dict[str, Any]:
    """List what the key's person may call for its team now, as the picker does. Two queries."""
    models = [_entry(model) for model in _callable(caller, now)]
    if models and _may_leave_the_choice(caller):
        models.insert(0, AUTO)
    ends = {"first_id": models[0]["id"], "last_id": models[-1]["id"]} if models else {"first_id": None, "last_id": None}
    return {"object": "list", "data": models, "has_more": False, **ends}


def entry(caller: Caller, name: str, *, now: datetime) -> dict[str, Any]:
    """
    Give one model by its id or its label.

    :raises ApiError: of kind NOT_FOUND, the same for a model that is not there and one that may not be called.
    """
    models = _callable(caller, now)
    if name == auto.NAME and models and _may_leave_the_choice(caller):
        return AUTO
    for model in models:
        if name in {model.label, str(model.pk)}:
            return _entry(model)
    raise ApiError(
        ErrorKind.NOT_FOUND,
        f"There is no such model for {caller.team.name}. See the list at /v1/models.",
        code="model_not_found",
        parameter="model",
    )


def _may_leave_the_choice(caller: Caller) -> bool:
    return caller.model_ids is None and auto.is_on_for(caller.team)


def _callable(caller: Caller, now: datetime) -> list[LanguageModel]:
    models = LanguageModel.objects.callable_by(caller.person, caller.team, now=now)
    return [model for model in models if caller.may_use_model(model.pk)]


def _entry(model: LanguageModel) -> dict[str, Any]:
    name: UUID = model.pk
    return {
        **_named(model.label, model.created_at),
        "owned_by": model.provider.name,
        "portcullis": {
            "id": str(name),
            "context_window": model.context_window,
            "max_output_tokens": model.max_output_tokens,
            "egress_class": model.egress_class,
            "capabilities": model.capabilities,
        },
    }


def _named(label: str, created_at: datetime) -> dict[str, Any]:
    return {
        "id": label,
        "object": "model",
        "created": int(created_at.timestamp()),
        "type": "model",
        "display_name": label,
        "created_at": created_at.isoformat(),
    }


AUTO: Final = {**_named(auto.NAME, datetime.fromtimestamp(0, UTC)), "owned_by": "portcullis"}
"""What leaves the choice to the portal stands in the list like a model."""
