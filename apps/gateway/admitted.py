"""
What was found of a caller and a model when a call was last admitted, for as long as the database is in that edition.

It admits nobody by itself: the statement that holds the money for the next call asks whether the edition is still that
one (`apps.accounts.editions`), and holds nothing in another. What ends by the clock alone is remembered until then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, TypeAlias
from uuid import UUID

from apps.accounts.remembering import Remembered
from apps.gateway.models import LanguageModel, day_of
from apps.gateway.repetition import Rules

Whom: TypeAlias = "tuple[UUID, UUID, UUID, UUID | None]"
"""A person, the team that pays, the model, and the key that the call came with."""


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

    def holds_at(self, now: datetime) -> bool:
        """Say whether no grant, price or last day begins or ends between then and `now`."""
        is_before = self.changes_at is None or now < self.changes_at
        return self.found_at <= now and is_before and day_of(now) == self.day


callers: Final[Remembered[Whom, Admitted]] = Remembered()


def recall(whom: Whom, *, edition: str | None, now: datetime) -> Admitted | None:
    """Give what is remembered; where an edition is named, of that one only."""
    found = callers.get(whom)
    if found is None or not found.holds_at(now):
        return None
    return found if edition in {None, found.edition} else None


def keep(whom: Whom, model: LanguageModel, rules: Rules, *, is_batch: bool, now: datetime) -> None:
    """
    Remember a model that was read `with_edition` for a call that was admitted.

    A planned price whose moment has come, but that the model's row does not show yet, is read at each call.
    """
    if model.edition is None or model.due_price_id is not None:
        return
    model.past = []  # of that one call
    callers.keep(whom, Admitted(model, rules, is_batch, model.edition, now, day_of(now), model.changes_at))
