"""Offer the providers whose keys are set on this server. Nothing is on until an admin switches it on."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib.util import find_spec
from typing import Final

from apps.gateway import addresses, price_map
from apps.gateway.endpoints import EMBEDDED_TOKENS, IN_PROCESS, VARIABLES, missing_variables
from apps.gateway.models import EgressClass, Provider
from apps.gateway.price_map import Listed

Kind = Provider.Kind

CANDIDATES: Final[dict[str, tuple[str, ...]]] = {
    Kind.OPENAI: ("gpt-5.4-mini", "gpt-5.4", "gpt-5.6", "gpt-5-nano", "gpt-4o-mini"),
    Kind.ANTHROPIC: ("claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5", "claude-haiku-4-5"),
    Kind.MISTRAL: (
        "mistral/mistral-small-latest",
        "mistral/mistral-medium-latest",
        "mistral/mistral-large-latest",
        "mistral/codestral-latest",
    ),
    Kind.AZURE: ("azure/gpt-5.4-mini", "azure/gpt-5.4", "azure/gpt-5.6", "azure/gpt-4o-mini"),
    Kind.BEDROCK: (
        "anthropic.claude-haiku-5-5",
        "anthropic.claude-sonnet-5-5",
        "anthropic.claude-opus-5-5",
        "amazon.nova-lite-v1:0",
        "amazon.nova-pro-v1:0",
    ),
    Kind.VERTEX: (
        "vertex_ai/gemini-3.8-flash",
        "vertex_ai/gemini-3.5-flash-lite",
        "vertex_ai/gemini-3.1-pro-preview",
        "vertex_ai/gemini-3.5-flash",
    ),
}
"""A handful for each kind, best first; those that the price list lacks or calls past their day are left out."""

REGIONS: Final[dict[str, str]] = {Kind.BEDROCK: "AWS_REGION", Kind.VERTEX: "VERTEXAI_LOCATION"}
LONGEST_ANSWER: Final = 8192
"""Tokens. Providers allow far more; this is what is held for every call, and an admin may raise it."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A provider that could be switched on now. It never holds a key's value."""

    kind: str
    name: str
    variables: tuple[str, ...]
    region: str
    egress_class: str
    models: tuple[Listed, ...]
    obstacle: str = ""


EMBEDDER: Final = Offer(
    kind=Kind.EMBEDDED,
    name=Kind.EMBEDDED.label,
    variables=(),
    region="This machine",
    egress_class=EgressClass.INSIDE,
    models=(Listed(IN_PROCESS, EMBEDDED_TOKENS, 1, Decimal(0), Decimal(0), None),),
)
"""The embedder inside our own processes: no key, no connection, no cost."""


def offers(*, today: date) -> list[Offer]:
    """
    List what could be switched on: its variables are set and no provider uses them yet. One query.

    The embedder that comes with the product needs no variables; it comes last.
    """
    known = set(Provider.objects.values_list("kind", "credential"))
    taken = {kind for kind, credential in known if credential == Provider.Credential.ENVIRONMENT}
    kinds = [kind for kind in VARIABLES if kind not in taken and not missing_variables(kind)]
    has_embedder = any(kind == Kind.EMBEDDED for kind, _ in known)
    return [*(_offer(kind, today) for kind in kinds), *([] if has_embedder else [EMBEDDER])]


def _offer(kind: str, today: date) -> Offer:
    variables = VARIABLES[kind]
    return Offer(
        kind=kind,
        name=Kind(kind).label,
        variables=variables.needed,
        region=os.environ.get(REGIONS.get(kind, ""), ""),
        egress_class=_egress_class(os.environ.get(variables.base_url, "")),
        models=_models(kind, today),
        obstacle=_obstacle(kind),
    )


def _models(kind: str, today: date) -> tuple[Listed, ...]:
    found = [price_map.find(_in_region(model_id)) or price_map.find(model_id) for model_id in CANDIDATES.get(kind, ())]
    return tuple(model for model in found if model and (model.deprecated_on is None or model.deprecated_on > today))


def _in_region(model_id: str) -> str:
    """Bedrock serves newer models only under the name of a region's group."""
    group = os.environ.get("AWS_REGION", "").partition("-")[0]
    return f"{group}.{model_id}" if model_id.startswith("anthropic.") and group in {"eu", "us"} else model_id


def _egress_class(base_url: str) -> str:
    return EgressClass.INSIDE if base_url and addresses.is_surely_inside(base_url) else EgressClass.OUTSIDE


def _obstacle(kind: str) -> str:
    if kind == Kind.VERTEX and not _has_google_auth():
        return "The Python package google-auth is not installed on this server; Vertex AI needs it to sign in."
    return ""


def _has_google_auth() -> bool:
    try:
        return find_spec("google.auth") is not None
    except ModuleNotFoundError:
        return False
