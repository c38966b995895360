"""What a queue takes: conditions that all must hold, and a share of what meets them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, Self
from uuid import UUID

from apps.accounts.models import Role
from apps.audit.review import sampling
from apps.audit.review.facts import Ended
from apps.audit.review.lexicon import Matcher
from apps.audit.review.sampling import Share
from apps.ledger.facts import Json
from apps.ledger.vocabulary import Door, EgressClass, OutcomeKind, Purpose
from apps.privacy.vocabulary import WORDS_FOR

Roles = Mapping[UUID, frozenset[str]]


WORD = "Word: "
"""What stands before a word of the lexicon that was found: it is taken out with the text in which it was found."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """
    Each filled one must hold; a list holds where any of its values does. Nothing filled takes every exchange.

    `has_lexicon` says that the version's lexicon must find something in what left or what came.
    """

    masked_types: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    egress_classes: tuple[str, ...] = ()
    doors: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    cost_from: str = ""
    has_lexicon: bool = False

    def met_by(self, ended: Ended, *, lexicon: Matcher | None, roles: Roles) -> list[str] | None:
        """Say in words which conditions an exchange meets, or None where one is not met. The lexicon comes last."""
        met: list[str] = []
        for wanted, has, worded in self._lists(ended, roles):
            if wanted:
                common = [value for value in has if value in wanted]
                if not common:
                    return None
                met += [worded(value) for value in common]
        if self.cost_from:
            if ended.cost < Decimal(self.cost_from):
                return None
            met.append(f"Cost from {self.cost_from}")
        if self.has_lexicon:
            found = lexicon.find(ended.text) if lexicon and ended.text else []
            if not found:
                return None
            met += [f"{WORD}{line}" for line in found]
        return met

    def _lists(self, ended: Ended, roles: Roles) -> list[tuple[tuple[str, ...], tuple[str, ...], Any]]:
        return [
            (self.outcomes, (ended.outcome,), lambda code: f"Outcome: {OutcomeKind(code).label}"),
            (self.verdicts, (ended.verdict,), lambda code: f"Verdict: {code}"),
            (self.models, (ended.model_label,), lambda name: f"Model: {name}"),
            (self.egress_classes, (ended.egress_class,), lambda code: EgressClass(code).label),
            (self.doors, (ended.door,), lambda code: f"Door: {Door(code).label}"),
            (self.purposes, (ended.purpose,), lambda code: f"Purpose: {Purpose(code).label}"),
            (self.teams, (str(ended.team_id),), lambda _: f"Team: {ended.team_label}"),
            (
                self.roles,
                tuple(sorted(roles.get(ended.person_id, ()))) if self.roles else (),
                lambda code: f"Role: {Role(code).label}",
            ),
            (self.masked_types, ended.masked_types, lambda code: f"Masked: {WORDS_FOR.get(code, code)}"),
        ]


@dataclass(frozen=True, slots=True)
class Definition:
    """All that a version of a queue says. `hours` until an item is due; `second_level` are officers' ids."""

    name: str
    severity: str
    hours: int
    is_on: bool = True
    conditions: Conditions = field(default_factory=Conditions)
    share: Share = field(default_factory=Share)
    second_level: tuple[str, ...] = ()
    recheck_share: int = 0

    def takes(self, ended: Ended, *, seed: str, lexicon: Matcher | None, roles: Roles) -> list[str] | None:
        """Say why an exchange belongs in the queue, or None where it does not. The draw comes first: it costs least."""
        if not self.is_on:
            return None
        share = self.share.of(ended.team_id)
        if share < sampling.WHOLE and not sampling.is_drawn(seed, ended.exchange_id, share=share):
            return None
        met = self.conditions.met_by(ended, lexicon=lexicon, roles=roles)
        if met is None:
            return None
        drawn = [f"Random sample of {sampling.percent(share)} %"] if share < sampling.WHOLE else []
        return [*met, *drawn] or ["Every exchange"]

    def as_json(self) -> dict[str, Json]:
        """Write it as it is stored and recorded."""
        written: dict[str, Json] = json.loads(json.dumps(asdict(self)))
        return written

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read what `as_json` wrote; what an older version did not know has its default."""
        conditions: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in stored["conditions"].items()
        }
        return cls(
            name=stored["name"],
            severity=stored["severity"],
            hours=stored["hours"],
            is_on=stored["is_on"],
            conditions=Conditions(**conditions),
            share=Share(stored["share"]["general"], dict(stored["share"]["of_teams"])),
            second_level=tuple(stored["second_level"]),
            recheck_share=stored["recheck_share"],
        )
