"""What an admin decides about routes: who answers for whom, and which teams leave the choice to the portal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from apps.accounts.actors import who
from apps.gateway.models import Alternate, AutoRoute, LanguageModel
from apps.ledger.facts import Json
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

if TYPE_CHECKING:
    from apps.accounts.models import Team, User


@transaction.atomic
def set_fallback(
    model: LanguageModel,
    *,
    fallback: str,
    alternates: Sequence[LanguageModel],
    first_word_seconds: int | None = None,
    by: User,
    now: datetime,
) -> None:
    """Say who answers for `model` where it cannot, in this order, and after how long; effective on the next call."""
    listed = list(dict.fromkeys(alternate for alternate in alternates if alternate.pk != model.pk))
    before = _fallback_facts(LanguageModel.objects.select_for_update().get(pk=model.pk))
    LanguageModel.objects.filter(pk=model.pk).update(fallback=fallback, first_word_seconds=first_word_seconds)
    Alternate.objects.filter(model=model).delete()
    Alternate.objects.bulk_create(
        Alternate(model=model, alternate=alternate, position=position) for position, alternate in enumerate(listed)
    )
    after = _fallback_facts(LanguageModel.objects.get(pk=model.pk))
    if before != after:
        record_event(
            Action.MODEL_FALLBACK_SET,
            who=who(by),
            subject_kind="model",
            subject_id=str(model.pk),
            subject_label=model.label,
            details=after,
            now=now,
        )


@transaction.atomic
def set_auto_route(
    team: Team, *, is_on: bool, small: LanguageModel | None, large: LanguageModel | None, by: User, now: datetime
) -> None:
    """Let a team leave the choice of the model to the portal, or not; effective on its next message."""
    before = _route_facts(AutoRoute.objects.select_related("small", "large").filter(team=team).first())
    route, _ = AutoRoute.objects.update_or_create(team=team, defaults={"is_on": is_on, "small": small, "large": large})
    after = _route_facts(route)
    if before != after:
        record_event(
            Action.ROUTE_CHANGED,
            who=who(by),
            subject_kind="team",
            subject_id=str(team.pk),
            subject_label=team.name,
            details=after,
            now=now,
        )


def _fallback_facts(model: LanguageModel) -> dict[str, Json]:
    others = list(model.alternates.select_related("alternate").order_by("position"))
    return {
        "fallback": model.fallback,
        "alternates": [one.alternate.label for one in others],
        "alternate_ids": [str(one.alternate_id) for one in others],
        "first_word_seconds": model.first_word_seconds,
    }


def _route_facts(route: AutoRoute | None) -> dict[str, Json]:
    if route is None:
        return {"is_on": False, "small": "", "large": "", "small_id": None, "large_id": None}
    return {
        "is_on": route.is_on,
        "small": route.small.label if route.small else "",
        "large": route.large.label if route.large else "",
        "small_id": str(route.small_id) if route.small_id else None,
        "large_id": str(route.large_id) if route.large_id else None,
    }
