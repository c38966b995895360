"""Ask, at the last moment before a call, whether it may be made, and hold the money for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from apps.accounts.models import Membership
from apps.gateway import budgets, lookups, openai_client, tokens
from apps.gateway.endpoints import Endpoint, EndpointUnavailable, endpoint_of
from apps.gateway.models import LanguageModel, Provider
from apps.gateway.prices import Price, in_figures
from apps.gateway.refusals import (
    CredentialMissing,
    ModelNotAllowed,
    ModelRetired,
    ModelSwitchedOff,
    MovedOutside,
    NoBudget,
    NoEmbeddings,
    NotInTeam,
    OverBudget,
    PriceUnknown,
    PromptTooLong,
    Refused,
)
from apps.privacy.keys import KeyUnavailable, SealBroken

if TYPE_CHECKING:
    from apps.accounts.models import Team, User
    from apps.privacy.scrub import Scrubbed

__all__ = ["Admission", "Refused", "admit"]

SMALLEST_ANSWER = 64
"""Tokens. A window that leaves less room than this is called full."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Leave to make one call: what is called, what the record names it, and the money held for it."""

    model_id: UUID
    model_label: str
    provider_label: str
    egress_class: str
    max_output_tokens: int
    reservation_id: UUID
    endpoint: Endpoint = field(repr=False)
    first_word_seconds: float | None = None
    """How long to wait for the first word where another model could answer instead; None leaves it to the settings."""


def admit(
    *,
    person: User,
    team: Team,
    model_id: UUID | str,
    prompt: Scrubbed,
    now: datetime,
    most_output_tokens: int | None = None,
) -> Admission:
    """
    Admit one call: the person belongs to the team, the team may use the model, the prompt fits, the money is held.

    `most_output_tokens` lowers the model's own limit. Everything is asked of the database now; nothing is remembered
    from an earlier call. Five statements.

    :raises Refused: with a sentence for the person; then nothing is held.
    """
    model = _callable_model(person, team, model_id, now)
    _require_fitting_policy(model, prompt)
    price = _known_price(model)
    endpoint = _reachable(model)
    input_at_most, output_at_most = _fit(model, prompt, most_output_tokens)
    worst_case = price.of(input_tokens=input_at_most, output_tokens=output_at_most)
    reservation = budgets.reserve(person=person, team=team, model=model, price=price, amount=worst_case, now=now)
    if reservation is None:
        raise _why_not_held(team, model, worst_case, now)
    return Admission(
        model_id=model.pk,
        model_label=model.label,
        provider_label=model.provider.name,
        egress_class=model.egress_class,
        max_output_tokens=output_at_most,
        reservation_id=reservation.pk,
        endpoint=endpoint,
    )


def admit_embedding(
    *, person: User, team: Team, model_id: UUID | str, prompt: Scrubbed, now: datetime, key_id: UUID | None = None
) -> Admission:
    """
    Admit one call for the vectors of the prompt's texts, as `admit` does; each text must fit the model's window.

    :raises Refused: with a sentence for the person; then nothing is held.
    """
    model = _callable_model(person, team, model_id, now)
    _require_fitting_policy(model, prompt)
    _require_embeddings(model)
    price = _known_price(model)
    endpoint = _reachable(model)
    worst_case = price.of(input_tokens=_texts_at_most(model, prompt), output_tokens=0)
    reservation = budgets.reserve(person=person, team=team, model=model, price=price, amount=worst_case, now=now)
    if reservation is None:
        raise _why_not_held(team, model, worst_case, now)
    return Admission(
        model_id=model.pk,
        model_label=model.label,
        provider_label=model.provider.name,
        egress_class=model.egress_class,
        max_output_tokens=0,
        reservation_id=reservation.pk,
        endpoint=endpoint,
    )


def _require_embeddings(model: LanguageModel) -> None:
    if LanguageModel.Capability.EMBEDDINGS not in model.capabilities or model.provider.kind not in openai_client.KINDS:
        raise NoEmbeddings(
            f"{model.label} cannot be asked for embeddings, so nothing was sent. Choose a model with that capability "
            "on this machine or at a server with OpenAI's format.",
            model=model,
        )


def _texts_at_most(model: LanguageModel, prompt: Scrubbed) -> int:
    """Bound the tokens of all texts from above; no provider reads more of one text than the window holds."""
    if model.provider.kind != Provider.Kind.EMBEDDED and any(
        tokens.about(message.text) > model.context_window for message in prompt.messages
    ):
        raise PromptTooLong(
            f"A text is too long for {model.label}, so nothing was sent. Split it into shorter ones.", model=model
        )
    return sum(min(tokens.at_most(message.text), model.context_window) for message in prompt.messages)


def _callable_model(person: User, team: Team, model_id: UUID | str, now: datetime) -> LanguageModel:
    """Find the model and judge it by the truth table that `callable_by` filters by; one statement."""
    model = _find(person, team, model_id, now)
    if not (model.is_member if model else _is_member(person, team)):
        raise NotInTeam(
            f"You are not a member of {team.name} any more, so nothing was sent. Choose another team, or ask an "
            "administrator to add you."
        )
    if model is None or not model.is_granted or model.is_denied:
        raise ModelNotAllowed(
            f"This model is not available to {team.name}, so nothing was sent. Choose another model and send the "
            "message again, or ask an administrator to switch it on for your team."
        )
    if not (model.is_on and model.provider.is_on):
        raise ModelSwitchedOff(
            f"{model.label} is switched off at the moment, so nothing was sent. Choose another model and send the "
            "message again.",
            model=model,
        )
    if model.is_retired(now):
        raise ModelRetired(
            f"{model.label} was retired, so nothing was sent. Choose another model and send the message again.",
            model=model,
        )
    return model


def _is_member(person: User, team: Team) -> bool:
    return Membership.objects.filter(person=person, person__is_active=True, team=team).exists()


def _require_fitting_policy(model: LanguageModel, prompt: Scrubbed) -> None:
    if not prompt.may_go_to(model.egress_class):
        raise MovedOutside(
            f"{model.label} was moved to the other side of the company's network while the message was prepared, so "
            "nothing was sent. Send it again.",
            model=model,
        )


def _known_price(model: LanguageModel) -> Price:
    price = model.price
    if price is None:
        raise PriceUnknown(
            f"The price of {model.label} is not known, so nothing was sent. Choose another model, or ask an "
            "administrator to enter its price.",
            model=model,
        )
    return price


def _find(person: User, team: Team, model_id: Any, now: datetime) -> LanguageModel | None:
    try:
        pk = model_id if isinstance(model_id, UUID) else UUID(str(model_id))
    except ValueError:
        return None
    return lookups.with_standing(person, team, pk, now=now)


def _reachable(model: LanguageModel) -> Endpoint:
    try:
        return endpoint_of(model)
    except EndpointUnavailable as error:
        raise CredentialMissing(str(error), model=model) from error
    except (KeyUnavailable, SealBroken) as error:
        raise CredentialMissing(
            f"The key for {model.provider.name} cannot be read, so nothing was sent. Choose another model, or ask an "
            "administrator to enter the key again.",
            model=model,
        ) from error


def _fit(model: LanguageModel, prompt: Scrubbed, wanted: int | None) -> tuple[int, int]:
    """Return the most input and output tokens of the call; no provider bills more input than its window holds."""
    most = min(model.max_output_tokens, wanted or model.max_output_tokens)
    room = model.context_window - tokens.prompt_about(prompt)
    if room < min(SMALLEST_ANSWER, most):
        raise PromptTooLong(
            f"The conversation with its documents is too long for {model.label}, so nothing was sent. Shorten the "
            "message, start a new conversation, or choose a model with a larger window.",
            model=model,
        )
    return min(tokens.prompt_at_most(prompt), model.context_window), min(room, most)


def _why_not_held(team: Team, model: LanguageModel, worst_case: Decimal, now: datetime) -> NoBudget | OverBudget:
    money = budgets.standing(team, now=now)
    if money.limit is None or money.currency != model.currency:
        return NoBudget(
            f"{model.label} costs money and {team.name} has no budget in {model.currency}, so nothing was sent. Choose "
            "another model, or ask an administrator to set a budget.",
            model=model,
        )
    return OverBudget(
        f"This message could cost up to {in_figures(worst_case)} {money.currency}, and {team.name} has "
        f"{in_figures(money.left)} of its {in_figures(money.limit)} left for this month, so nothing was sent. Choose a "
        "cheaper model, shorten the message, or ask an administrator to raise the budget.",
        model=model,
    )
