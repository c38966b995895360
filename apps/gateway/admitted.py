"""
What was found of a caller and a model when a call was last admitted, for as long as the database is in that edition.

It admits nobody by itself: the statement that holds the money for the next call asks whether the edition is still that
one (`apps.accounts.editions`), and holds nothing in another. What ends by the clock alone is remembered until then.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, TypeAlias
from uuid import UUID

from apps.gateway.models import LanguageModel, day_of
from apps.gateway.repetition import Rules

MOST: Final = 1_000
SECONDS: Final = 60.0

Whom: TypeAlias = "tuple[UUID, UUID, UUID, UUID | None]"
"""A person, the team that pays, the model, and the key that the call came with."""

_admitted: dict[Whom, Admitted] = {}


@dataclass(frozen=True, slots=True)
class Admitted:
    """A model as it stood for a caller, what the guard goes by, and until when time alone changes none of it."""

    model: LanguageModel
    rules: Rules
    is_batch: bool
    edition: str
    found_at: datetime
    day: date
    changes_at: datetime | None
    kept_at: float = field(default_factory=time.monotonic)

    def holds_at(self, now: datetime) -> bool:
        """Say whether no grant, price or last day begins or ends between then and `now`."""
        is_before = self.changes_at is None or now < self.changes_at
        return self.found_at <= now and is_before and day_of(now) == self.day


def recall(whom: Whom, *, edition: str | None, now: datetime) -> Admitted | None:
    """Give what is remembered, for a minute at most; where an edition is named, of that one only."""
    found = _admitted.get(whom)
    if found is None or time.monotonic() - found.kept_at >= SECONDS or not found.holds_at(now):
        return None
    return found if edition in {None, found.edition} else None


def keep(whom: Whom, model: LanguageModel, rules: Rules, *, is_batch: bool, now: datetime) -> None:
    """
    Remember a model that was read `with_edition` for a call that was admitted; of too many, the first is forgotten.

    A planned price whose moment has come, but that the model's row does not show yet, is read at each call.
    """
    if model.edition is None or model.due_price_id is not None:
        return
    model.past = []  # of that one call
    if whom not in _admitted and len(_admitted) >= MOST:
        _admitted.pop(next(iter(_admitted)), None)
    _admitted[whom] = Admitted(model, rules, is_batch, model.edition, now, day_of(now), model.changes_at)


def forget_all() -> None:
    """Begin as a process does that has just started."""
    _admitted.clear()
