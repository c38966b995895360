"""The demo company's models: two on this machine, free, granted to every team, and a budget for each team."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import transaction

from apps.accounts.models import Team
from apps.gateway import pricing
from apps.gateway.catalogue import EMBEDDER_LABEL
from apps.gateway.endpoints import EMBEDDED_TOKENS, IN_PROCESS
from apps.gateway.models import Budget, EgressClass, Grant, LanguageModel, Provider

PROVIDER = "On this machine"
WINDOW = 8192
MODELS = (("SmolLM2 135M (local)", 400), ("SmolLM2 135M, short answers", 96))
LIMITS = {"Sales": Decimal(150), "Engineering": Decimal(400), "People & Finance": Decimal(100)}
OTHER_LIMIT = Decimal(100)


@transaction.atomic
def seed_demo(teams: Iterable[Team]) -> None:
    """
    Make the embedded provider, its models, their grants and the budgets, where they are missing.

    Doing it again changes nothing: a grant that an admin took away stays away.
    """
    company = list(teams)
    provider, _ = Provider.objects.get_or_create(
        kind=Provider.Kind.EMBEDDED,
        defaults={"name": PROVIDER, "egress_class": EgressClass.INSIDE, "region": "This machine", "is_on": True},
    )
    for label, max_output_tokens in MODELS:
        _seed_model(provider, label, max_output_tokens, company)
    _seed_embedder(provider, company)
    for team in company:
        Budget.objects.get_or_create(
            team=team, defaults={"hard_limit": LIMITS.get(team.name, OTHER_LIMIT), "currency": "USD"}
        )


def _seed_model(provider: Provider, label: str, max_output_tokens: int, teams: list[Team]) -> None:
    _seed(
        provider,
        label,
        teams,
        upstream_id="smollm2-135m-instruct",
        context_window=WINDOW,
        max_output_tokens=max_output_tokens,
        capabilities=["chat"],
    )


def _seed_embedder(provider: Provider, teams: list[Team]) -> None:
    _seed(
        provider,
        EMBEDDER_LABEL,
        teams,
        upstream_id=IN_PROCESS,
        context_window=EMBEDDED_TOKENS,
        max_output_tokens=1,
        capabilities=["embeddings"],
    )


def _seed(provider: Provider, label: str, teams: list[Team], **facts: Any) -> None:
    free: dict[str, Any] = {"provider": provider, "input_price": Decimal(0), "output_price": Decimal(0), "is_on": True}
    model, is_new = LanguageModel.objects.get_or_create(label=label, defaults={**free, **facts})
    if is_new:
        pricing.note_version(model, by=None, now=model.created_at, source="the demo company")
        Grant.objects.bulk_create(Grant(team=team, model=model) for team in teams)
