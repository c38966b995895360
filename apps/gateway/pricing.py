"""What models cost, in versions: who said so, when, and from when. Each change and its record in one transaction."""

from __future__ import annotations

from datetime import datetime
from importlib.metadata import version as distribution_version
from typing import TYPE_CHECKING, Final

from django.db import transaction

from apps.accounts.actors import who
from apps.gateway.models import LanguageModel, PriceVersion
from apps.ledger.facts import Json
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

if TYPE_CHECKING:
    from apps.accounts.models import User
    from apps.gateway.prices import Price

PRICE_COLUMNS: Final = frozenset({"input_price", "output_price", "currency"})


class PriceInThePast(Exception):
    """A price can be planned, not backdated: what was called before stays as it was paid."""

    sentence = "A planned price begins in the future. To change the price now, use the model's own page."


def note_version(model: LanguageModel, *, by: User | None, now: datetime, source: str = "") -> PriceVersion:
    """
    Keep the price that the model's row shows as its newest version. Joins the caller's transaction; one insert.

    `source` says where a price comes from that no person set.
    """
    return PriceVersion.objects.create(
        model=model,
        input_price=model.input_price,
        output_price=model.output_price,
        currency=model.currency,
        from_at=now,
        set_by=by,
        set_by_label=by.name if by else source,
        created_at=now,
        took_effect_at=now,
    )


@transaction.atomic
def plan_price(model: LanguageModel, *, price: Price, from_at: datetime, by: User, now: datetime) -> PriceVersion:
    """
    Let the model cost `price` from `from_at` on. Calls admitted before keep the price they were admitted at.

    :raises PriceInThePast: if that moment is over.
    """
    if from_at <= now:
        raise PriceInThePast
    version = PriceVersion.objects.create(
        model=model,
        input_price=price.input,
        output_price=price.output,
        currency=price.currency,
        from_at=from_at,
        set_by=by,
        set_by_label=by.name,
        created_at=now,
    )
    _record(Action.MODEL_PRICE_PLANNED, version, by, now)
    return version


@transaction.atomic
def withdraw_plan(version: PriceVersion, *, by: User, now: datetime) -> bool:
    """Take a planned price back before its moment; say whether it was still to come."""
    count, _ = PriceVersion.objects.filter(pk=version.pk, took_effect_at=None, from_at__gt=now).delete()
    if count:
        _record(Action.MODEL_PRICE_UNPLANNED, version, by, now)
    return bool(count)


@transaction.atomic
def apply_due(*, now: datetime) -> int:
    """
    Show planned prices whose moment has come in the models' own rows; return how many took effect.

    Calls do not wait for this: they read the due version themselves from its moment on.
    """
    due = list(PriceVersion.objects.due(now).select_related("model").select_for_update().reverse())
    for version in due:
        LanguageModel.objects.filter(pk=version.model_id).update(
            input_price=version.input_price, output_price=version.output_price, currency=version.currency
        )
        PriceVersion.objects.filter(pk=version.pk).update(took_effect_at=now)
        _record(Action.MODEL_PRICE_TOOK_EFFECT, version, None, now)
    return len(due)


def price_list() -> str:
    """Name the list of prices that LiteLLM ships, with its version."""
    return f"the price list of LiteLLM {distribution_version('litellm')}"


def facts(version: PriceVersion) -> dict[str, Json]:
    """What the record keeps of a version."""
    return {
        "input_price": None if version.input_price is None else f"{version.input_price.normalize():f}",
        "output_price": None if version.output_price is None else f"{version.output_price.normalize():f}",
        "currency": version.currency,
        "from": version.from_at.isoformat(),
    }


def _record(action: Action, version: PriceVersion, by: User | None, now: datetime) -> None:
    record_event(
        action,
        who=who(by) if by else None,
        subject_kind="model",
        subject_id=str(version.model_id),
        subject_label=version.model.label,
        details=facts(version),
        now=now,
    )
