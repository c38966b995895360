"""The demo company's models: two on this machine, free, granted to every team, and a budget for each team."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from apps.accounts.models import Team
from apps.gateway import catalogue, grants, limits
from apps.gateway.catalogue import EMBEDDER_LABEL
from apps.gateway.endpoints import EMBEDDED_TOKENS, IN_PROCESS
from apps.gateway.models import Budget, EgressClass, Grant, LanguageModel, Provider

PROVIDER = "On this machine"
WINDOW = 8192
MODELS = (("SmolLM2 135M (local)", 400), ("SmolLM2 135M, short answers", 96))
LIMITS = {"Sales": Decimal(150), "Engineering": Decimal(400), "People & Finance": Decimal(100)}
OTHER_LIMIT = Decimal(100)


@transaction.atomic
def seed_demo(teams: Iterable[Team], *, now: datetime) -> None:
    """
    Make the embedded provider, its models, their grants and the budgets, where they are missing.

    Doing it again changes nothing: a grant that an admin took away stays away. What is made is on the record.
    """
    company = list(teams)
    provider, is_new = Provider.objects.get_or_create(
        kind=Provider.Kind.EMBEDDED,
        defaults={"name": PROVIDER, "egress_class": EgressClass.INSIDE, "region": "This machine", "is_on": True},
    )
    if is_new:
        catalogue.record_new_provider(provider, by=None, now=now)
    for label, max_output_tokens in MODELS:
        _seed_model(provider, label, max_output_tokens, company, now=now)
    _seed_embedder(provider, company, now=now)
    for team in company:
        if not Budget.objects.filter(team=team).exists():
            limit = LIMITS.get(team.name, OTHER_LIMIT)
            limits.set_budget(Budget(team=team, hard_limit=limit, currency="USD"), by=None, now=now)


def _seed_model(provider: Provider, label: str, max_output_tokens: int, teams: list[Team], *, now: datetime) -> None:
    _seed(
        provider,
        label,
        teams,
        now,
        upstream_id="smollm2-135m-instruct",
        context_window=WINDOW,
        max_output_tokens=max_output_tokens,
        capabilities=["chat"],
    )


def _seed_embedder(provider: Provider, teams: list[Team], *, now: datetime) -> None:
    _seed(
        provider,
        EMBEDDER_LABEL,
        teams,
        now,
        upstream_id=IN_PROCESS,
        context_window=EMBEDDED_TOKENS,
        max_output_tokens=1,
        capabilities=["embeddings"],
    )


def _seed(provider: Provider, label: str, teams: list[Team], now: datetime, **facts: Any) -> None:
    if LanguageModel.objects.filter(label=label).exists():
        return
    free = Decimal(0)
    model = LanguageModel(label=label, provider=provider, input_price=free, output_price=free, is_on=True, **facts)
    catalogue.add_model(model, by=None, now=now, source="the demo company")
    for team in teams:
        grants.set_grant(model, grants.Subject(team, None), effect=Grant.Effect.ALLOW, by=None, now=now)
