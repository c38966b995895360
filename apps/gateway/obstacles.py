"""Why money for a call is not held, in a sentence that says what to do: which limit stands in the way, and whose."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from typing import TYPE_CHECKING, Final

from apps.gateway.budgets import NotHeld, Obstacle
from apps.gateway.models import Budget, LanguageModel, RateLimit
from apps.gateway.money_models import Scope, Scoped
from apps.gateway.prices import in_figures
from apps.gateway.refusals import NoBudget, OverBudget, Refused, TooFast

if TYPE_CHECKING:
    from apps.accounts.models import Team


@contextmanager
def in_words(team: Team, model: LanguageModel, worst_case: Decimal) -> Iterator[None]:
    """Turn what the database says of a limit into a refusal that a person understands."""
    try:
        yield
    except NotHeld as obstacle:
        raise _why_not_held(obstacle, team, model, worst_case) from None


def _why_not_held(obstacle: NotHeld, team: Team, model: LanguageModel, worst_case: Decimal) -> Refused:
    """Say in a sentence which limit stands in the way, and what to do. One query."""
    if obstacle.obstacle in {Obstacle.REQUESTS, Obstacle.TOKENS, Obstacle.STREAMS}:
        return _too_fast(obstacle, team, model)
    if obstacle.obstacle == Obstacle.NO_BUDGET:
        return NoBudget(
            f"{model.label} costs money and {team.name} has no budget in {model.currency}, so nothing was sent. Choose "
            "another model, or ask an administrator to set a budget.",
            model=model,
        )
    budget = Budget.objects.select_related("team", "person", "model").get(pk=obstacle.limit_id)
    whose = _whose(budget, team, model)
    if obstacle.obstacle == Obstacle.CURRENCY:
        return NoBudget(
            f"{_at_the_start(whose)} may spend {budget.currency} only and {model.label} is paid in {model.currency}, "
            "so nothing was sent. Choose another model, or ask an administrator to set a budget in that currency.",
            model=model,
        )
    left = max(Decimal(0), budget.limit - obstacle.figure)
    has_left = in_figures(left, rounding=ROUND_DOWN)  # so that it is never said to be enough
    has_left += f" of {in_figures(budget.limit)} {budget.currency} {LEFT_OF[budget.window]} left"
    return OverBudget(
        f"This message could cost up to {in_figures(worst_case, rounding=ROUND_UP)} {budget.currency}, and {whose} "
        f"{'have' if whose == YOU else 'has'} {has_left}, so nothing was sent. Choose a cheaper "
        "model, shorten the message, or ask an administrator to raise the budget.",
        model=model,
    )


def _whose(limit: Scoped, team: Team, model: LanguageModel) -> str:
    """
    Say whose limit it is, in the middle of a sentence, and name nobody.

    The sentence goes on the record, where officers know people by pseudonym; a key's label is its owner's own words.
    """
    if limit.is_for_each:
        return WHOSE_OWN[limit.scope].format(team=team, model=model)
    return {Scope.PERSON.value: YOU, Scope.KEY.value: "this key"}.get(limit.scope, limit.subject)


def _at_the_start(whose: str) -> str:
    return whose[0].upper() + whose[1:]


YOU: Final = "you"
WHOSE_OWN = {"TEAM": "{team}", "PERSON": "each person", "MODEL": "{model}", "KEY": "each key"}
LEFT_OF = {"DAY": "for today", "MONTH": "for this month", "ROLLING": "for the last hours"}
PACE = {
    Obstacle.REQUESTS: "{whose} may make {limit.requests:,} calls a minute",
    Obstacle.TOKENS: "{whose} may use {limit.tokens:,} tokens a minute",
    Obstacle.STREAMS: "{whose} may have {limit.streams:,} answers under way at once",
}


def _too_fast(obstacle: NotHeld, team: Team, model: LanguageModel) -> TooFast:
    limit = RateLimit.objects.select_related("team", "person", "model").get(pk=obstacle.limit_id)
    seconds = max(1, math.ceil(obstacle.figure))
    rule = PACE[obstacle.obstacle].format(whose=_at_the_start(_whose(limit, team, model)), limit=limit)
    return TooFast(
        f"{rule}, and that is reached, so nothing was sent. Try again in {seconds} s.",
        model=model,
        retry_after=seconds,
    )
