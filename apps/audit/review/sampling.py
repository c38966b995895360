"""
A random sample that anybody can recompute: an exchange is drawn where SHA-256 of seed and id is small enough.

The seed stands in the event that defines the queue, which is in the signed tree before the first exchange it decides
about; an exchange's id is made later, by the portal, out of time and chance. So nobody can choose who is looked at.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final
from uuid import UUID

WHOLE: Final = 10_000
"""Shares are counted in hundredths of a percent."""

_SPACE: Final = 1 << 64


@dataclass(frozen=True, slots=True)
class Share:
    """How much of what meets the conditions is taken: in general, and of single teams (by id), in 1/10,000."""

    general: int = WHOLE
    of_teams: Mapping[str, int] = field(default_factory=dict)

    def of(self, team_id: UUID | None) -> int:
        """Give the share of a team."""
        return self.of_teams.get(str(team_id), self.general)


def new_seed() -> str:
    """Make a seed: 32 random bytes, as hexadecimal digits."""
    return secrets.token_hex(32)


def place_of(seed: str, key: UUID) -> int:
    """Say where `key` falls among 2**64 places: the first 8 bytes of SHA-256 over the seed's bytes and the id's."""
    return int.from_bytes(hashlib.sha256(bytes.fromhex(seed) + key.bytes).digest()[:8])


def is_drawn(seed: str, key: UUID, *, share: int) -> bool:
    """Say whether `key` is in the sample of `share` ten-thousandths."""
    return place_of(seed, key) < share * _SPACE // WHOLE


def percent(share: int) -> str:
    """Say a share in percent, with no more digits than it has."""
    return f"{(Decimal(share) / 100).normalize():f}"
