"""The rows of an exchange without a conversation: read in one crossing, sent off in a second, closed in a third."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from apps.accounts.models import Team, User
from apps.chat.endings import Ending
from apps.chat.recording import (
    LEDGER_ANSWER,
    PAYLOAD,
    Refusal,
    conclusion_of,
    payload_of,
    record_refusal,
    sealed_typed,
)
from apps.chat.ways import Wanted
from apps.gateway import auto, budgets, leases, lookups, routes
from apps.gateway.admission import Admission, Along, Refused, admit, admit_embedding, require_embeddings
from apps.gateway.models import LanguageModel
from apps.gateway.refusals import EmbedsOnly, ModelNotAllowed
from apps.gateway.routes import Admit, Route
from apps.gateway.upstream import FaultKind
from apps.gateway.wire import AS_IT_LIKES, AsVectors
from apps.ledger import records
from apps.ledger.facts import Circumstances, Who
from apps.ledger.prepared import Write
from apps.ledger.vocabulary import Door, Purpose
from apps.privacy import keys, policies
from apps.privacy.policy import Policy
from apps.privacy.positions import NOTHING_ELSE, Draft, Surroundings
from apps.privacy.scrub import Scrubbed
from apps.privacy.vault import Vault

PROMPT_VERSION = "as-sent-1"
TEXTS_VERSION = "embedding/1"
NO_SUCH_MODEL = (
    "There is no model of this name that {team} may use. See the list of models, or ask an administrator for access."
)


@dataclass(frozen=True, slots=True)
class Asking:
    """
    One exchange that a program asks for, with every text as it came.

    `model` is an id, a label or ``auto``; `model_ids` are the only models it may be, where a key names some.

    Where `edition` is set, who asks and their model were not read for this call but remembered from an earlier one, and
    hold in this edition of the database only (`apps.accounts.editions`). The call is let out in that edition alone, and
    an exchange that ends before that is not refused but begins again, from what the database says; except where the
    portal itself fails, which whoever waits has to learn in time, and that is nobody's right or limit.
    """

    person: User
    team: Team
    who: Who
    model: str
    drafts: Sequence[Draft] = field(repr=False)
    surroundings: Surroundings = field(default=NOTHING_ELSE, repr=False)
    wanted: Wanted = AS_IT_LIKES
    most_output_tokens: int | None = None
    model_ids: frozenset[UUID] | None = None
    key_id: UUID | None = None
    door: Door = Door.API
    purpose: Purpose = Purpose.CHAT
    edition: str | None = None


@dataclass(slots=True)
class Standing:
    """Where one exchange stands: its way through models, its key, and the call that is open, once there is one."""

    id: UUID
    route: Route
    policy: Policy
    vault: Vault
    data_key: keys.ConversationKey
    key_row: keys.NewKey | None
    intent_id: UUID | None = None
    reservation_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """
    The model that an `Asking` names, as somebody found it who was at the database anyway; None if there is none.

    `policy` is what its calls are masked by, where that is at hand too.
    """

    model: LanguageModel | None
    policy: Policy | None = None


def prepare(asking: Asking, exchange_id: UUID, *, named: Named | None = None, now: datetime) -> Standing:
    """
    Find the model and the policy, and make the exchange's key and its empty vault. One query, none for a `named` model.

    :raises ModelNotAllowed: if the person may not call such a model for the team: the same answer as for none.
    """
    route = _route(asking, named, now)
    data_key, row = keys.new_key(exchange_id)
    policy = named.policy if named else None
    if policy is None:
        number = route.chosen.policy_number
        policy = policies.as_of(number, team_id=asking.team.pk, egress_class=route.asked.egress_class)
    return Standing(exchange_id, route, policy, Vault(data_key), data_key, row)


def prepared(asking: Asking, exchange_id: UUID, *, named: Named | None = None, now: datetime) -> Standing | Refused:
    """Do as `prepare`, and give a refusal instead of raising it: the story records it like every other."""
    try:
        return prepare(asking, exchange_id, named=named, now=now)
    except Refused as refusal:
        return refusal


def _route(asking: Asking, named: Named | None, now: datetime) -> Route:
    choice = None
    if named is not None:
        model = named.model
    elif asking.model == auto.NAME and not isinstance(asking.wanted, AsVectors):
        choice = auto.choose(_question(asking), person=asking.person, team=asking.team, now=now)
        model = choice.model if choice else None
    else:
        model = find_model(asking, now)
    if model is None:
        raise _why_none(asking, now)
    _require_listed(asking, model.pk)
    if isinstance(asking.wanted, AsVectors):
        require_embeddings(model, asking.wanted)
        return Route(asking.person, asking.team, model, model)  # no other model's vectors can be put beside its own
    return routes.plan(model, person=asking.person, team=asking.team, now=now, choice=choice)


def _why_none(asking: Asking, now: datetime) -> Refused:
    """Say why no model of this name answers: there is none that the caller may use, or it embeds only. One query."""
    embedder = find_model(replace(asking, wanted=AsVectors()), now)
    if embedder is None or not _is_listed(asking, embedder.pk):
        return ModelNotAllowed(NO_SUCH_MODEL.format(team=asking.team.name))
    return EmbedsOnly(
        f"{embedder.label} turns texts into vectors and does not answer, so nothing was sent. Ask it at "
        "/v1/embeddings, or choose another model for this.",
        model=embedder,
    )


def _is_listed(asking: Asking, model_id: UUID) -> bool:
    return asking.model_ids is None or model_id in asking.model_ids


def _require_listed(asking: Asking, model_id: UUID) -> None:
    """Hold a key to its own list of models, also where another model would take over."""
    if not _is_listed(asking, model_id):
        raise ModelNotAllowed(NO_SUCH_MODEL.format(team=asking.team.name))


def find_model(asking: Asking, now: datetime) -> LanguageModel | None:
    """Find the model that a program names, by id or by label, among those it may call. One query."""
    for_vectors = isinstance(asking.wanted, AsVectors)
    try:
        model_id = UUID(asking.model)
    except ValueError:
        by_label = lookups.any_by_label if for_vectors else lookups.callable_by_label
        return by_label(asking.person, asking.team, asking.model, now=now)
    by_id = lookups.any_by_id if for_vectors else lookups.callable_by_id
    return by_id(asking.person, asking.team, model_id, now=now)


def _question(asking: Asking) -> auto.Question:
    asked = [draft.text for draft in asking.drafts if draft.role == "user"]
    whole = sum(len(draft.text) for draft in asking.drafts)
    last = asked[-1] if asked else ""
    return auto.Question(last, history_characters=whole - len(last), has_tools=bool(asking.surroundings.tools))


def send_off(asking: Asking, standing: Standing, prompt: Scrubbed, *, now: datetime) -> Admission:
    """
    Keep key and vault, hold the money and write the intent: all on disk when this returns, or none.

    :raises Refused: with a sentence for the person.
    :raises LedgerUnavailable: if it could not be written; nothing may be sent then.
    """
    if standing.route.is_plain:
        return _send_off_at_once(asking, standing, prompt, now=now)
    with records.durably_together():
        if standing.key_row is not None:
            keys.keep_new(standing.key_row)
        standing.vault.save_first()
        admission = standing.route.admit_first(prompt, _admitting(asking, prompt, now), now=now)
        intent_id = records.write_intent(**_facts(asking, standing, admission, prompt, now=now))
    _note(standing, admission, intent_id)
    return admission


def _send_off_at_once(asking: Asking, standing: Standing, prompt: Scrubbed, *, now: datetime) -> Admission:
    """Do as `send_off` where one model alone may answer: what is written is the one statement that holds the money."""
    intent_ids: list[UUID] = []

    def along(admission: Admission) -> list[Write]:
        intent_id, rows = records.intent_along(**_facts(asking, standing, admission, prompt, now=now))
        intent_ids.append(intent_id)
        key = [keys.as_write(standing.key_row)] if standing.key_row is not None else []
        values = standing.vault.as_write()
        return [*key, *([values] if values else []), *rows]

    with records.durably_at_once():
        admission = standing.route.admit_first(prompt, _admitting(asking, prompt, now, along), now=now)
    standing.vault.note_saved()
    _note(standing, admission, intent_ids[-1])
    return admission


def fall_back(
    asking: Asking, standing: Standing, prompt: Scrubbed, failed: Ending, kind: str, *, now: datetime
) -> Admission | None:
    """
    Conclude the call that failed, and admit and record one to the next model: all on disk, or None and nothing changed.
    """
    with records.durably_together():
        with transaction.atomic():
            _conclude(standing, failed, now=now)
            standing.route.follows = standing.intent_id
            admission = standing.route.admit_next(FaultKind(kind), prompt, _admitting(asking, prompt, now), now=now)
            if admission is None:
                transaction.set_rollback(True)  # the failed call is concluded with the exchange
                return None
        intent_id = records.write_intent(**_facts(asking, standing, admission, prompt, now=now))
    _note(standing, admission, intent_id)
    return admission


def close(asking: Asking, exchange_id: UUID, standing: Standing | None, ending: Ending, *, now: datetime) -> None:
    """
    Settle the money and conclude the record, or record a refusal where nothing was sent: all or none.

    What is already closed (the sweeper took this process for dead) stays as it is.
    """
    if standing is not None and _is_concluded_plainly(standing, ending, now=now):
        return
    with transaction.atomic():
        if standing is not None and standing.intent_id is not None:
            _conclude(standing, ending, now=now)
            return
        _record_refusal(asking, exchange_id, standing, ending, now=now)


def _record_refusal(
    asking: Asking, exchange_id: UUID, standing: Standing | None, ending: Ending, *, now: datetime
) -> None:
    """Record what was asked and why nothing was sent, under a key of the exchange's own, as if it had been."""
    refusal = Refusal(
        who=asking.who,
        door=asking.door,
        purpose=asking.purpose,
        conversation_id=exchange_id,
        turn_id=None,
        model_label=standing.route.asked.label if standing else "",
        prompt_version=_prompt_version(asking),
        typed=asking.drafts,
        circumstances=Circumstances(key_id=asking.key_id),
    )
    data_key, row = (standing.data_key, standing.key_row) if standing else keys.new_key(exchange_id)
    if row is not None:
        keys.keep_new(row)
        if standing is not None and ending.prepared is not None:
            standing.vault.save_first()
    record_refusal(refusal, ending, data_key, now=now)


def _admitting(asking: Asking, prompt: Scrubbed, now: datetime, along: Along | None = None) -> Admit:
    def admitting(model_id: UUID) -> Admission:
        _require_listed(asking, model_id)
        if isinstance(asking.wanted, AsVectors):
            return admit_embedding(
                person=asking.person,
                team=asking.team,
                model_id=model_id,
                prompt=prompt,
                wanted=asking.wanted,
                now=now,
                key_id=asking.key_id,
                along=along,
            )
        return admit(
            person=asking.person,
            team=asking.team,
            model_id=model_id,
            prompt=prompt,
            now=now,
            most_output_tokens=asking.most_output_tokens,
            key_id=asking.key_id,
            along=along,
            edition=asking.edition,
        )

    return admitting


def _facts(
    asking: Asking, standing: Standing, admission: Admission, prompt: Scrubbed, *, now: datetime
) -> records.IntentFacts:
    return {
        "who": asking.who,
        "door": asking.door,
        "purpose": asking.purpose,
        "conversation_id": standing.id,
        "turn_id": None,
        "model_label": admission.model_label,
        "provider_label": admission.provider_label,
        "egress_class": admission.egress_class,
        "sealed_payload": standing.data_key.box(PAYLOAD).seal(payload_of(prompt, (), ())),
        "left_text": prompt.record_text,
        "masked": prompt.masked,
        "passages": (),
        "policy_version": prompt.policy_version,
        "prompt_version": _prompt_version(asking),
        "circumstances": replace(standing.route.told(admission), key_id=asking.key_id),
        "sealed_typed": sealed_typed(standing.data_key, asking.drafts),
        "now": now,
        "lease_until": now + leases.LEASE,
        "reservation_id": admission.reservation_id,
    }


def _prompt_version(asking: Asking) -> str:
    return TEXTS_VERSION if isinstance(asking.wanted, AsVectors) else PROMPT_VERSION


def _note(standing: Standing, admission: Admission, intent_id: UUID) -> None:
    """Only what is on disk is noted: a transaction that failed leaves the exchange as it stood."""
    standing.key_row = None
    standing.intent_id, standing.reservation_id = intent_id, admission.reservation_id


def _is_concluded_plainly(standing: Standing, ending: Ending, *, now: datetime) -> bool:
    """
    Do as `_conclude` in one statement; false, and nothing was done, where that is not possible.

    It is not where no call is open, or where the settlement itself has to be put on the record.
    """
    if standing.intent_id is None or standing.reservation_id is None:
        return False
    answer, key = ending.answer_as_received, standing.data_key
    sealed = key.box(LEDGER_ANSWER).seal(answer.encode()) if answer else b""
    conclusion = conclusion_of(standing.intent_id, ending, data_key=key, sealed_answer=sealed, now=now)
    with records.concluding(standing.intent_id):
        told = budgets.settle_plainly(
            standing.reservation_id,
            input_tokens=ending.input_tokens,
            output_tokens=ending.output_tokens,
            now=now,
            along=conclusion,
        )
    return told is not None


def _conclude(standing: Standing, ending: Ending, *, now: datetime) -> None:
    """Settle the call that is open and give its intent the one outcome. An erased exchange keeps no answer."""
    intent_id = standing.intent_id
    if intent_id is None:
        raise ValueError("No call is open on the record.")
    cost, currency = Decimal(0), ""
    if standing.reservation_id is not None:
        settled = budgets.settle(
            standing.reservation_id, input_tokens=ending.input_tokens, output_tokens=ending.output_tokens, now=now
        )
        cost, currency = settled.amount, settled.currency
    answer = "" if keys.is_destroyed(standing.id) else ending.answer_as_received
    records.conclude(
        intent_id,
        outcome=ending.outcome,
        reason=ending.in_words,
        sealed_answer=standing.data_key.box(LEDGER_ANSWER).seal(answer.encode()) if answer else b"",
        answer_text=answer,
        input_tokens=ending.input_tokens,
        output_tokens=ending.output_tokens,
        cost=cost,
        currency=currency,
        now=now,
    )
