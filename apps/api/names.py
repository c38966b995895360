"""Keys by name, for whoever sets limits on them."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.utils import timezone

from apps.api.models import ApiKey

LISTED_AT_MOST: Final = 2_000


def working_keys() -> list[tuple[UUID, str]]:
    """List keys that are neither revoked nor expired, by name, with their person and team; 2,000 at most. One query."""
    alive = ApiKey.objects.alive(timezone.now()).select_related("person", "team").order_by("name", "pk")
    return [(key.pk, f"{key.name} · {key.person.name}, {key.team.name}") for key in alive[:LISTED_AT_MOST]]
