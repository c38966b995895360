"""
Which model answers where the chosen one cannot: inside the team's allowed set, as far inside, in the same region.

Nothing here calls a model. The story asks for the next model, admits it like any other and records it by itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.conf import settings

from apps.gateway import health, lookups
from apps.gateway.models import EgressClass, LanguageModel, Provider
from apps.gateway.upstream import FaultKind

if TYPE_CHECKING:
    from apps.accounts.models import Team, User
    from apps.privacy.scrub import Scrubbed

Fallback = LanguageModel.Fallback

ANOTHER_MAY_ANSWER: Final = frozenset(
    {
        FaultKind.UNREACHABLE,
        FaultKind.NO_ANSWER_IN_TIME,
        FaultKind.NO_ANSWER,
        FaultKind.KEY_REFUSED,
        FaultKind.RATE_LIMITED,
        FaultKind.TOO_LONG,
        FaultKind.NOT_FOUND,
        FaultKind.PROVIDER_ERROR,
        FaultKind.BAD_ANSWER,
    }
)
"""Faults before the first word after which another model is asked. A message that was refused is not sent around."""

ONE_OF_ITS_PROVIDER: Final = frozenset({FaultKind.UNREACHABLE, FaultKind.KEY_REFUSED})
"""Faults that the other models of the same provider share."""

WHY: Final[dict[FaultKind, str]] = {
    FaultKind.UNREACHABLE: "could not be reached",
    FaultKind.NO_ANSWER_IN_TIME: "did not answer in time",
    FaultKind.NO_ANSWER: "closed the connection",
    FaultKind.KEY_REFUSED: "refused the company's key",
    FaultKind.RATE_LIMITED: "had too many requests",
    FaultKind.TOO_LONG: "has too small a window for this",
    FaultKind.NOT_FOUND: "is not known at its provider",
    FaultKind.PROVIDER_ERROR: "had a fault",
    FaultKind.BAD_ANSWER: "sent something that cannot be read",
}

CALLS_FOR_ONE_RETRY: Final = 10
RETRIES_AT_MOST: Final = 40
BLIND_RETRIES_AT_MOST: Final = 4
"""Retries saved up for models that have given no answer lately: in an outage of everything there is nobody to find."""
SECONDS_FOR_ONE_RETRY: Final = 30.0
PATIENCE_IN_USUAL_TIMES: Final = 6.0


class RetryBudget:
    """
    Bounds how many calls are made because another one failed, so that an outage does not double the load.

    Every first call earns a tenth of a retry, and quiet time one in half a minute; forty may be saved up, which is
    what one sudden outage takes before the model counts as down and is not asked any more.
    """

    def __init__(self, most: int = RETRIES_AT_MOST) -> None:
        self._most = float(most)
        self._saved = self._most
        self._at = time.monotonic()
        self._lock = threading.Lock()

    def note_call(self) -> None:
        """Earn a share of a retry for a first call."""
        with self._lock:
            self._earn(1 / CALLS_FOR_ONE_RETRY)

    def take(self) -> bool:
        """Spend one retry; false if none is left."""
        with self._lock:
            clock = time.monotonic()
            self._earn((clock - self._at) / SECONDS_FOR_ONE_RETRY)
            self._at = clock
            if self._saved < 1:
                return False
            self._saved -= 1
            return True

    def _earn(self, share: float) -> None:
        self._saved = min(self._most, self._saved + share)


retries = RetryBudget()
"""The retries of this process, to models that have answered somebody within a minute."""
blind_retries = RetryBudget(BLIND_RETRIES_AT_MOST)
"""Those to models of which nobody knows."""


def note_call() -> None:
    """Let a first call earn its share of a retry."""
    retries.note_call()
    blind_retries.note_call()


def alternates(model: LanguageModel, *, person: User, team: Team, now: datetime) -> list[LanguageModel]:
    """
    List what may answer for `model` when `person` asks for `team`, best first: callable, as far inside, same region.

    Models that are down come last. One query, two where the admin listed them; none where there is no fallback.
    """
    if model.fallback == Fallback.NONE:
        return []
    allowed = lookups.all_callable(person, team, now=now)
    fitting = [other for other in allowed if other.pk != model.pk and stays_as_far_inside(model, other)]
    if model.fallback == Fallback.LISTED:
        places = dict(model.alternates.values_list("alternate_id", "position"))
        ordered = sorted((other for other in fitting if other.pk in places), key=lambda other: places[other.pk])
    else:
        able = [other for other in fitting if set(model.capabilities) <= set(other.capabilities)]
        ordered = sorted(able, key=lambda other: _distance(model, other))
    return sorted(ordered, key=lambda other: health.is_down(other.pk))


def stays_as_far_inside(model: LanguageModel, other: LanguageModel) -> bool:
    """
    Say whether what may go to `model` may go to `other`: never from inside to outside, never to another region.

    The model on this machine is in every region. Where the first model's region is not stated, none is asked for.
    """
    if model.egress_class == EgressClass.INSIDE and other.egress_class != EgressClass.INSIDE:
        return False
    region, other_region = model.provider.region, other.provider.region
    return not region or other_region == region or other.provider.kind == Provider.Kind.EMBEDDED


def next_model(
    chosen: LanguageModel,
    kind: FaultKind,
    *,
    failed: LanguageModel,
    prompt: Scrubbed,
    tried: Collection[UUID],
    person: User,
    team: Team,
    now: datetime,
) -> LanguageModel | None:
    """
    Choose who answers for `chosen` after `failed` (it, or an alternate) failed before its first word.

    None where nobody may, or retries are used up. `tried` are the ids of those already asked. At most two queries. A
    retry is spent only where somebody can answer.
    """
    if kind not in ANOTHER_MAY_ANSWER:
        return None
    for other in alternates(chosen, person=person, team=team, now=now):
        if other.pk in tried or not prompt.may_go_to(other.egress_class) or health.is_down(other.pk):
            continue
        if kind in ONE_OF_ITS_PROVIDER and other.provider_id == failed.provider_id:
            continue
        if kind == FaultKind.TOO_LONG and other.context_window <= failed.context_window:
            continue
        return other if _budget_for(other, kind).take() else None
    return None


def _budget_for(other: LanguageModel, kind: FaultKind) -> RetryBudget:
    """Say what a retry is taken from. A message that is too long is no outage."""
    is_known = kind == FaultKind.TOO_LONG or health.has_answered_lately(other.pk, clock=time.monotonic())
    return retries if is_known else blind_retries


def is_anybody_left(
    chosen: LanguageModel, *, prompt: Scrubbed, tried: Collection[UUID], person: User, team: Team, now: datetime
) -> bool:
    """Say whether one more model could answer for `chosen` where those in `tried` cannot. At most two queries."""
    return any(
        other.pk not in tried and prompt.may_go_to(other.egress_class) and not health.is_down(other.pk)
        for other in alternates(chosen, person=person, team=team, now=now)
    )


def instead_of_down(model: LanguageModel, *, person: User, team: Team, now: datetime) -> LanguageModel | None:
    """
    Choose who answers from the start because `model` is down; None if it is not, or nobody may.

    Once in five seconds the model itself is given the call, to find out whether it is back. No query where it is up.
    """
    if model.fallback == Fallback.NONE or not health.is_down(model.pk):
        return None
    if health.should_try_again(model.pk, clock=time.monotonic()):
        return None
    others = alternates(model, person=person, team=team, now=now)
    return next((other for other in others if not health.is_down(other.pk)), None)


def patience(model: LanguageModel) -> float:
    """
    Say how many seconds a model is given for its first word where another could answer instead.

    What an admin stated for it; else six times what it usually takes, and never less than the setting, which is all
    that is known at its first call. A model that is silent for so long hangs, and nobody should wait a minute to learn
    it.
    """
    if model.first_word_seconds is not None:
        return float(model.first_word_seconds)
    usual = health.usual_first_word(model.pk) or 0.0
    return max(settings.MODEL_PATIENCE_SECONDS, usual * PATIENCE_IN_USUAL_TIMES)


def why(failed: LanguageModel, kind: FaultKind | None) -> str:
    """Say what was wrong with a model; `kind` is None where it was known to be down."""
    return f"{failed.label} {WHY.get(kind, 'failed') if kind else 'is down'}"


def _distance(model: LanguageModel, other: LanguageModel) -> tuple[bool, bool, float, str]:
    """Order alternates: another provider first, then as dear as the model, then by name."""
    is_same_class = other.egress_class == model.egress_class
    mine, theirs = model.price, other.price
    away = abs(float(mine.output - theirs.output)) if mine and theirs else float("inf")
    return not is_same_class, other.provider_id == model.provider_id, away, other.label
