"""
Callers whose last call was let out a moment ago, with the model they named: what was found of them is not read again.

Nothing here lets anybody in by itself. What is remembered holds in one edition of the database only
(`apps.accounts.editions`), and the statement that holds the money and puts the exchange on the record writes nothing in
another. Until then nothing has left, nothing is kept, and the program has been told nothing.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Final

from apps.api.models import ApiKey
from apps.gateway.models import LanguageModel
from apps.privacy.policy import Policy

MOST: Final = 1_000
SECONDS: Final = 60.0

_callers: dict[tuple[bytes, str], Known] = {}


@dataclass(frozen=True, slots=True)
class Known:
    """A key, the model of the name that came with it, its policy, and the edition of the database where they hold."""

    name: str
    key: ApiKey
    model: LanguageModel
    policy: Policy
    edition: str
    found_at: float = field(default_factory=time.monotonic)

    @property
    def _under(self) -> tuple[bytes, str]:
        return bytes(self.key.digest), self.name


def recall(digest: bytes, name: str) -> Known | None:
    """Give what is remembered of a key's digest and a model's name, for a minute at most."""
    known = _callers.get((digest, name))
    return known if known is not None and time.monotonic() - known.found_at < SECONDS else None


def keep(known: Known) -> None:
    """Remember a caller whose call was let out; of too many, the one that came first is forgotten."""
    if known._under not in _callers and len(_callers) >= MOST:
        _callers.pop(next(iter(_callers)), None)
    _callers[known._under] = known


def forget(known: Known) -> None:
    """Forget a caller whose call was not let out: the next one is asked everything anew, before anything is masked."""
    _callers.pop(known._under, None)


def forget_all() -> None:
    """Begin as a process does that has just started."""
    _callers.clear()
