"""Ask the servers of idle models for their list of models: no question, nobody's text, nothing that costs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import aiohttp
from django.db.models import Q

from apps.gateway import health, openai_client
from apps.gateway.endpoints import NO_ADDRESS, Endpoint, EndpointUnavailable, endpoint_of
from apps.gateway.models import LanguageModel, Provider
from apps.gateway.upstream import FaultKind, fault_of_status
from apps.privacy.keys import KeyUnavailable, SealBroken

IDLE_AFTER: Final = timedelta(minutes=1)
SECONDS: Final = 5.0
NO_LIST: Final = {404, 405, 501}
"""A server without the list says nothing about its models."""


def reaches(provider: Provider) -> bool:
    """Say whether idle models of this provider are asked for; those spoken to through LiteLLM are not."""
    return provider.kind in openai_client.KINDS


def probe_idle(*, now: datetime) -> int:
    """
    Probe each model that is on, granted to somebody, spoken to the short way, and not called for a minute.

    Returns how many were asked. One query, and one request to each server, all at once. Call it from a thread.
    """
    idle = (
        LanguageModel.objects.switched_on()
        .filter(Q(health=None) | Q(health__seen_at__lt=now - IDLE_AFTER), provider__kind__in=openai_client.KINDS)
        .filter(grants__effect="ALLOW")
        .distinct()
        .select_related("provider")
    )
    found = ((model.pk, _endpoint(model)) for model in idle)
    asked = [(pk, endpoint) for pk, endpoint in found if endpoint and endpoint.base_url != NO_ADDRESS]
    health.share(now=now)
    for model_id, fault in asyncio.run(_ask_all(asked)):
        health.note_probe(model_id, fault=fault, now=now)
    return len(asked)


def _endpoint(model: LanguageModel) -> Endpoint | None:
    try:
        return endpoint_of(model)
    except (EndpointUnavailable, KeyUnavailable, SealBroken):
        return None


async def _ask_all(asked: Sequence[tuple[UUID, Endpoint]]) -> list[tuple[UUID, FaultKind | None]]:
    """Ask each server once, however many models it has."""
    servers = {(endpoint.kind, endpoint.base_url, endpoint.api_key): endpoint for _, endpoint in asked}
    try:
        said = dict(zip(servers, await asyncio.gather(*map(_ask, servers.values())), strict=True))
    finally:
        await openai_client.close()
    return [(model_id, said[one.kind, one.base_url, one.api_key]) for model_id, one in asked]


async def _ask(endpoint: Endpoint) -> FaultKind | None:
    try:
        async with asyncio.timeout(SECONDS), await openai_client.get(endpoint, "models") as response:
            has_answered = response.status == 200 or response.status in NO_LIST
            return None if has_answered else fault_of_status(response.status)
    except (aiohttp.ClientError, TimeoutError, OSError):
        return FaultKind.UNREACHABLE
