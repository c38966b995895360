"""How keys stand, for pages: what they are themselves, and what the guard against runaway programs says of them now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from apps.api.models import ApiKey
from apps.gateway.models import LoopStop


class Standing(NamedTuple):
    """A key, how it stands, and the stop by which its calls are refused although it works; None if there is none."""

    key: ApiKey
    state: ApiKey.State
    stop: LoopStop | None


def of(keys: Iterable[ApiKey], *, now: datetime) -> list[Standing]:
    """Say how each key stands; the rows must come from `with_standing`. One query besides theirs."""
    rows = list(keys)
    in_force = LoopStop.objects.in_force(now).filter(key_id__in=[key.pk for key in rows]).order_by("until")
    stops = {stop.key_id: stop for stop in in_force}
    return [_of(key, stops.get(key.pk), now) for key in rows]


def _of(key: ApiKey, stop: LoopStop | None, now: datetime) -> Standing:
    state = key.state(now)
    return Standing(key, state, stop if state == ApiKey.State.ACTIVE else None)
