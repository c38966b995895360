"""Ask, at the last moment before a call, whether it may be made, and hold the money for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias
from uuid import UUID

from apps.accounts.models import Membership
from apps.gateway import admitted, budgets, embeddings, leases, obstacles, runaway, tokens
from apps.gateway.admitted import Admitted
from apps.gateway.budgets import NOBODY, NotAwaited
from apps.gateway.endpoints import Endpoint, EndpointUnavailable, endpoint_of
from apps.gateway.models import LanguageModel, LanguageModelQuerySet, Provider
from apps.gateway.prices import Price
from apps.gateway.refusals import (
    CredentialMissing,
    LengthFixed,
    ModelNotAllowed,
    ModelRetired,
    ModelSwitchedOff,
    MovedOutside,
    NoEmbeddings,
    NotInTeam,
    Outdated,
    PriceUnknown,
    PromptTooLong,
    Refused,
    TextTooLong,
)
from apps.gateway.wire import AsVectors
from apps.ledger.compiled import Compiled, a_moment, a_row, an_id
from apps.ledger.facts import Circumstances
from apps.ledger.ids import new_id
from apps.privacy.keys import KeyUnavailable, SealBroken

if TYPE_CHECKING:
    from apps.accounts.models import Team, User
    from apps.ledger.prepared import Condition, Write
    from apps.privacy.scrub import Scrubbed

__all__ = ["Admission", "Refused", "admit"]

OUTDATED: Final = "What this rests on changed while the message was prepared, so nothing was sent. Send it again."
SMALLEST_ANSWER = 64
"""Tokens. A window that leaves less room than this is called full."""


def _standing() -> LanguageModelQuerySet:
    found = LanguageModel.objects.with_standing(a_row("person"), an_id("team"), now=a_moment("now"))
    return found.filter(pk=an_id("model"))


_MODEL: Final = Compiled(_standing)
_WITH_PAST_OF_A_KEY: Final = Compiled(lambda: _standing().with_edition().with_past(runaway.past_of_a_key()))
_WITH_PAST_OF_A_PERSON: Final = Compiled(lambda: _standing().with_edition().with_past(runaway.past_of_a_person()))


Along: TypeAlias = "Callable[[Admission], Sequence[Write]]"
"""What is to be written in the statement that holds the money for a call."""


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Admission:
    """
    Leave to make one call: what is called, what the record names it, and the money held for it.

    Keep it until the call is settled or released: money whose admission is gone goes back within a minute. The client
    waits `delay_seconds` before it sends, where the guard against runaway programs slows the caller.
    """

    model_id: UUID
    model_label: str
    provider_label: str
    egress_class: str
    max_output_tokens: int
    reservation_id: UUID
    endpoint: Endpoint = field(repr=False)
    delay_seconds: float = 0.0
    first_word_seconds: float | None = None
    """How long to wait for the first word where another model could answer instead; None leaves it to the settings."""
    region: str = ""
    price: Price | None = None
    price_version: int | None = None

    def __post_init__(self) -> None:
        leases.take(self)

    @property
    def call_id(self) -> UUID | None:
        """Name the call in the count of what goes out; None where nothing goes over a connection."""
        return None if self.endpoint.is_in_process else self.reservation_id

    @property
    def circumstances(self) -> Circumstances:
        """What the record says of the call: where it goes, by what it is paid, under which id it is counted."""
        return Circumstances(
            region=self.region,
            price=self.price.in_words if self.price else "",
            price_version=self.price_version,
            call_id=self.call_id,
        )


def admit(
    *,
    person: User,
    team: Team,
    model_id: UUID | str,
    prompt: Scrubbed,
    now: datetime,
    key_id: UUID | None = None,
    most_output_tokens: int | None = None,
    may_repeat: bool = False,
    along: Along | None = None,
    only_while: Condition | None = None,
    edition: str | None = None,
) -> Admission:
    """
    Admit one call: the person belongs to the team, the team may use the model, the prompt fits, no program runs away,
    no pace is exceeded, the money is held.

    `key_id` is the API key that the call came with, or the batch; `most_output_tokens` lowers the model's own limit;
    `may_repeat` says that the caller's work has an end and repeats itself by nature, as a batch's does; `along` gives
    what is to be written if the money is held, with it or not at all. `only_while` locks the row of whoever waits for
    it; `edition` is the one in which the caller knows what it goes by, and no other will do.

    Everything is asked of the database now. Two statements; one where the same caller's last call to the model was
    admitted in the edition that the database is still in, and the guard finds nothing.

    :raises Refused: with a sentence for the person; then nothing is held.
    :raises Outdated: if the database is in another edition than `edition`, or the guard has to put something on the
        record of a caller who goes by one; then nothing is held either.
    :raises budgets.NotAwaited: if that row is not there; then nothing is held either.
    """
    pk = _as_id(model_id)
    asked = runaway.question(prompt, model_id=pk, now=now)
    call = _Call(person, team, key_id, prompt, most_output_tokens, now, along, asked)
    whom = (person.pk, team.pk, pk, key_id)
    known = None if only_while else admitted.recall(whom, edition=edition, now=now)
    if known is not None and (admission := _admit_as_known(call, asked, known, may_repeat=may_repeat)) is not None:
        return admission
    query = _WITH_PAST_OF_A_KEY if key_id else _WITH_PAST_OF_A_PERSON
    model = _callable(query, person, team, pk, now, key=key_id, **asked.values)
    if edition not in {None, model.edition}:
        raise Outdated(OUTDATED, model=model)
    fit = _fitting(call, model)
    watched = runaway.watch(asked=asked, answer=model.past, worst_case=fit.worst_case, may_repeat=may_repeat)
    if edition is not None and watched.is_to_be_noted:
        raise Outdated(OUTDATED, model=model)  # whoever begins again would find it noted, or note it twice
    runaway.note(watched, person=person, key_id=key_id, currency=fit.price.currency, now=now)
    admission = _held(call, model, fit, delay_seconds=watched.delay_seconds, only_while=only_while)
    admitted.keep(whom, model, watched.rules, is_batch=watched.is_batch, now=now)
    return admission


@dataclass(frozen=True, slots=True)
class _Call:
    """One call that somebody wants to make."""

    person: User
    team: Team
    key_id: UUID | None
    prompt: Scrubbed
    most_output_tokens: int | None
    now: datetime
    along: Along | None
    asked: runaway.Question | None = None
    """What the guard against programs that run away goes by; None where it counts nothing."""


class _Fit(NamedTuple):
    """What a call to a model takes at most."""

    price: Price
    endpoint: Endpoint
    tokens_at_most: int
    output_at_most: int
    worst_case: Decimal


def _admit_as_known(call: _Call, asked: runaway.Question, known: Admitted, *, may_repeat: bool) -> Admission | None:
    """
    Admit a call in one statement; None, and nothing is held, unless everything is as it was and nothing is to be said.

    :raises Refused: if a limit stands in the way, which was asked after everything else, in the same edition.
    """
    model = known.model
    try:
        fit = _fitting(call, model)
    except Refused:
        return None  # the longer way says so, of the model as it is now
    is_plain = runaway.plain_call(
        asked,
        person=call.person,
        key_id=call.key_id,
        edition=known.edition,
        rules=known.rules,
        worst_case=fit.worst_case,
        may_repeat=may_repeat or known.is_batch,
    )
    try:
        return _held(call, model, fit, only_while=is_plain)
    except NotAwaited:
        return None


def _fitting(call: _Call, model: LanguageModel) -> _Fit:
    """
    Say what a call takes at most; no query.

    :raises Refused: if it cannot be made of this model.
    """
    _require_fitting_policy(model, call.prompt)
    price = _known_price(model)
    endpoint = _reachable(model)
    input_at_most, input_about, output_at_most = _fit(model, call.prompt, call.most_output_tokens)
    worst_case = price.of(input_tokens=input_at_most, output_tokens=output_at_most)
    return _Fit(price, endpoint, input_about + output_at_most, output_at_most, worst_case)


def _held(
    call: _Call, model: LanguageModel, fit: _Fit, *, delay_seconds: float = 0.0, only_while: Condition | None = None
) -> Admission:
    """Hold the money for a call, and write along what is to be written with it. One statement."""
    admission = _admission(
        model, fit.price, fit.endpoint, max_output_tokens=fit.output_at_most, delay_seconds=delay_seconds
    )
    with obstacles.in_words(call.team, model, fit.worst_case):
        budgets.reserve(
            person=call.person,
            team=call.team,
            model=model,
            price=fit.price,
            amount=fit.worst_case,
            now=call.now,
            key_id=call.key_id,
            tokens_at_most=fit.tokens_at_most,
            shape=call.asked.shape if call.asked else None,
            reservation_id=admission.reservation_id,
            along=call.along(admission) if call.along else (),
            only_while=only_while,
        )
    return admission


def admit_embedding(
    *,
    person: User,
    team: Team,
    model_id: UUID | str,
    prompt: Scrubbed,
    wanted: AsVectors,
    now: datetime,
    key_id: UUID | None = None,
    along: Along | None = None,
) -> Admission:
    """
    Admit one call for the vectors of the prompt's texts, as `admit` does; each text must fit the model's window.

    The same texts again are no sign of a program that runs away, but one that was stopped is not answered here either.

    :raises Refused: with a sentence for the person; then nothing is held.
    """
    call = _Call(person, team, key_id, prompt, None, now, along)
    model = _callable(_MODEL, person, team, _as_id(model_id), now)
    _require_fitting_policy(model, prompt)
    require_embeddings(model, wanted)
    price = _known_price(model)
    endpoint = _reachable(model)
    input_at_most = _texts_at_most(model, prompt)
    worst_case = price.of(input_tokens=input_at_most, output_tokens=0)
    runaway.require_no_stop(person=person, key_id=key_id, now=now)
    return _held(call, model, _Fit(price, endpoint, input_at_most, 0, worst_case))


def _admission(
    model: LanguageModel, price: Price, endpoint: Endpoint, *, max_output_tokens: int, delay_seconds: float = 0.0
) -> Admission:
    """Put together what an admitted call takes from its model, under a reservation of its own."""
    return Admission(
        model_id=model.pk,
        model_label=model.label,
        provider_label=model.provider.name,
        egress_class=model.egress_class,
        max_output_tokens=max_output_tokens,
        reservation_id=new_id(),
        endpoint=endpoint,
        delay_seconds=delay_seconds,
        region=model.provider.region,
        price=price,
        price_version=model.price_version_id,
    )


def require_embeddings(model: LanguageModel, wanted: AsVectors) -> None:
    """
    Ask whether a model gives vectors, and of the length that is wanted.

    :raises NoEmbeddings: if it does not, or its provider has none.
    :raises LengthFixed: if the model cannot shorten its vectors.
    """
    if LanguageModel.Capability.EMBEDDINGS not in model.capabilities:
        raise NoEmbeddings(
            f"{model.label} does not embed, so nothing was sent. Choose a model with the capability “Embeddings”.",
            model=model,
        )
    if model.provider.kind not in embeddings.KINDS:
        raise NoEmbeddings(
            f"{model.provider.get_kind_display()} offers no embeddings, so nothing was sent. Choose a model at another "
            "provider, and tell an administrator that this one is marked wrongly.",
            model=model,
        )
    if embeddings.is_on_this_machine(model) and wanted.dimensions not in {None, embeddings.DIMENSIONS_HERE}:
        raise LengthFixed(
            f"{model.label} gives {embeddings.DIMENSIONS_HERE} numbers and no fewer. Leave `dimensions` out.",
            model=model,
        )


def _texts_at_most(model: LanguageModel, prompt: Scrubbed) -> int:
    """Bound the tokens of all texts from above; no provider reads more of one text than the window holds."""
    if model.provider.kind != Provider.Kind.EMBEDDED and any(
        tokens.about(message.text) > model.context_window for message in prompt.messages
    ):
        raise TextTooLong(
            f"A text is too long for {model.label}, so nothing was sent. Split it into shorter ones.", model=model
        )
    return sum(min(tokens.at_most(message.text), model.context_window) for message in prompt.messages)


def _callable(
    query: Compiled[LanguageModel], person: User, team: Team, model_id: UUID, now: datetime, **also_asked: object
) -> LanguageModel:
    """Find the model and judge it by the truth table that `callable_by` filters by; one statement."""
    model = query.first(model=model_id, person=person.pk, team=team.pk, now=now, **also_asked)
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


def _as_id(model_id: UUID | str) -> UUID:
    """Read a model's id; what is none is the id of no model."""
    try:
        return model_id if isinstance(model_id, UUID) else UUID(str(model_id))
    except ValueError:
        return NOBODY


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


def _fit(model: LanguageModel, prompt: Scrubbed, wanted: int | None) -> tuple[int, int, int]:
    """
    Return the most input tokens of the call, an estimate of them, and the most output tokens.

    No provider bills more input than its window holds.
    """
    most = min(model.max_output_tokens, wanted or model.max_output_tokens)
    about = tokens.prompt_about(prompt)
    room = model.context_window - about
    if room < min(SMALLEST_ANSWER, most):
        raise PromptTooLong(
            f"The conversation with its documents is too long for {model.label}, so nothing was sent. Shorten the "
            "message, start a new conversation, or choose a model with a larger window.",
            model=model,
        )
    return min(tokens.prompt_at_most(prompt), model.context_window), about, min(room, most)
