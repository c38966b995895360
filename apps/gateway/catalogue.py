"""What an admin does to providers, models and grants: each change and its record in one transaction."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils import timezone

from apps.accounts.actors import who
from apps.gateway import discovery, grants, listing, pricing, provider_keys
from apps.gateway.discovery import Offer
from apps.gateway.endpoints import environment_endpoint
from apps.gateway.grants import Subject
from apps.gateway.models import Grant, LanguageModel, Provider
from apps.gateway.price_map import Listed
from apps.ledger.facts import Json
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from apps.accounts.models import Team, User


EMBEDDER_LABEL: Final = "MiniLM embeddings (local)"


class OfferGone(Exception):
    """The provider is not on offer any more: it was taken up meanwhile, or its variables are not set."""


@transaction.atomic
def give_grant(model: LanguageModel, *, team: Team, by: User, now: datetime) -> None:
    """Let `team` use `model` from its next message on. Given twice, recorded once."""
    grants.set_grant(model, Subject(team), effect=Grant.Effect.ALLOW, by=by, now=now)


@transaction.atomic
def take_grant(model: LanguageModel, *, team: Team, by: User, now: datetime) -> None:
    """Take `model` from `team`: its next message is refused. Taken twice, recorded once."""
    for grant in Grant.objects.filter(team=team, person=None, model=model, effect=Grant.Effect.ALLOW):
        grants.remove_grant(grant, by=by, now=now)


@transaction.atomic
def switch_model_on(model: LanguageModel, *, by: User, now: datetime) -> None:
    """Make `model` callable where it is granted."""
    if LanguageModel.objects.filter(pk=model.pk, is_on=False).update(is_on=True):
        _record_model(Action.MODEL_SWITCHED_ON, model, by, now)


@transaction.atomic
def switch_model_off(model: LanguageModel, *, by: User, now: datetime) -> None:
    """Refuse every call to `model` from now on; its grants are kept."""
    if LanguageModel.objects.filter(pk=model.pk, is_on=True).update(is_on=False):
        _record_model(Action.MODEL_SWITCHED_OFF, model, by, now)


@transaction.atomic
def switch_provider_on(provider: Provider, *, by: User, now: datetime) -> None:
    """Let the provider's models be called where they are on and granted."""
    if Provider.objects.filter(pk=provider.pk, is_on=False).update(is_on=True):
        _record_provider(Action.PROVIDER_SWITCHED_ON, provider, by, now)


@transaction.atomic
def switch_provider_off(provider: Provider, *, by: User, now: datetime) -> None:
    """Refuse every call to the provider from now on."""
    if Provider.objects.filter(pk=provider.pk, is_on=True).update(is_on=False):
        _record_provider(Action.PROVIDER_SWITCHED_OFF, provider, by, now)


def take_up_offer(kind: str, *, by: User, now: datetime) -> Provider:
    """
    Switch on a provider whose key is set on this server, with the models offered for it; no team has them yet.

    A server of the company is asked which models it has, which may take five seconds.

    :raises OfferGone: if it is not on offer (any more).
    """
    offer = next((o for o in discovery.offers(today=timezone.localdate(now)) if o.kind == kind), None)
    if offer is None or offer.obstacle:
        raise OfferGone("This provider is not on offer any more. Reload the page to see what is.")
    models = offer.models
    if kind in (Provider.Kind.OLLAMA, Provider.Kind.OPENAI_COMPATIBLE):
        models = listing.ask(environment_endpoint(kind), egress_class=offer.egress_class)
    if kind == Provider.Kind.EMBEDDED:
        return _add_embedder(offer, by=by, now=now)
    return _add_from_offer(offer, models, by=by, now=now)


@transaction.atomic
def _add_embedder(offer: Offer, *, by: User, now: datetime) -> Provider:
    provider = Provider.objects.create(
        name=_free_name(offer.name), kind=offer.kind, egress_class=offer.egress_class, region=offer.region, is_on=True
    )
    record_new_provider(provider, by=by, now=now)
    [embedder] = offer.models
    _add_listed(provider, embedder, label=EMBEDDER_LABEL, capability="embeddings", source="the portal", by=by, now=now)
    return provider


@transaction.atomic
def _add_from_offer(offer: Offer, models: Sequence[Listed], *, by: User, now: datetime) -> Provider:
    provider = Provider.objects.create(
        name=_free_name(offer.name),
        kind=offer.kind,
        egress_class=offer.egress_class,
        region=offer.region,
        credential=Provider.Credential.ENVIRONMENT,
        is_on=True,
    )
    record_new_provider(provider, by=by, now=now)
    source = pricing.price_list()
    for listed in models:
        label = _short(listed.model_id)
        _add_listed(provider, listed, label=label, capability="chat", source=source, by=by, now=now)
    return provider


def _add_listed(
    provider: Provider, listed: Listed, *, label: str, capability: str, source: str, by: User, now: datetime
) -> None:
    model = LanguageModel.objects.create(
        provider=provider,
        label=_free_label(label, provider),
        upstream_id=_short(listed.model_id),
        context_window=listed.context_window,
        max_output_tokens=min(listed.max_output_tokens, discovery.LONGEST_ANSWER),
        input_price=listed.input_price,
        output_price=listed.output_price,
        capabilities=[capability],
        retires_on=listed.deprecated_on,
        is_on=True,
    )
    pricing.note_version(model, by=None, now=now, source=source)
    _record_model(Action.MODEL_CREATED, model, by, now, {**model_facts(model), "is_on": model.is_on})


@transaction.atomic
def add_provider(provider: Provider, *, key: str, by: User, now: datetime) -> None:
    """Store a new provider with its key sealed; it is off until somebody switches it on."""
    _seal_key(provider, key)
    provider.save(force_insert=True)
    _record_provider(Action.PROVIDER_CREATED, provider, by, now, provider_facts(provider))


@transaction.atomic
def change_provider(provider: Provider, *, key: str, by: User, now: datetime) -> None:
    """
    Store a changed provider. An empty `key` keeps the one it has, but never for another address: a key goes only to
    the address it was entered for.
    """
    before = Provider.objects.select_for_update().get(pk=provider.pk)
    if key or provider.base_url != before.base_url:
        _seal_key(provider, key)
        _record_provider(Action.PROVIDER_SECRET_CHANGED, provider, by, now, {"has_key": bool(key)})
    provider.save(force_update=True)
    changes = _changes(provider_facts(before), provider_facts(provider))
    if changes:
        _record_provider(Action.PROVIDER_CHANGED, provider, by, now, changes)


@transaction.atomic
def add_model(model: LanguageModel, *, by: User | None, now: datetime, source: str = "") -> None:
    """Store a new model; no team has it yet. `source` says where a price comes from that no person set."""
    model.save(force_insert=True)
    pricing.note_version(model, by=by, now=now, source=source)
    _record_model(Action.MODEL_CREATED, model, by, now, {**model_facts(model), "is_on": model.is_on})


@transaction.atomic
def change_model(model: LanguageModel, *, by: User, now: datetime) -> None:
    """
    Store a changed model. Calls under way keep the price they were admitted at.

    Planned prices whose moment is over are shown first, so that what is set now is the newest.
    """
    pricing.apply_due(now=now)
    before = LanguageModel.objects.select_for_update().get(pk=model.pk)
    model.save(force_update=True)
    changes = _changes(model_facts(before), model_facts(model))
    if pricing.PRICE_COLUMNS & changes.keys():
        pricing.note_version(model, by=by, now=now)
        _record_model(Action.MODEL_PRICE_CHANGED, model, by, now, changes)
    elif changes:
        _record_model(Action.MODEL_CHANGED, model, by, now, changes)


def record_new_provider(provider: Provider, *, by: User | None, now: datetime) -> None:
    """Put on the record that a provider was added and is on."""
    _record_provider(Action.PROVIDER_CREATED, provider, by, now, provider_facts(provider))
    _record_provider(Action.PROVIDER_SWITCHED_ON, provider, by, now)


def provider_facts(provider: Provider) -> dict[str, Json]:
    """What the record keeps of a provider: everything but the key."""
    return {
        "name": provider.name,
        "kind": provider.kind,
        "base_url": provider.base_url,
        "egress_class": provider.egress_class,
        "region": provider.region,
        "credential": provider.credential,
    }


def model_facts(model: LanguageModel) -> dict[str, Json]:
    """What the record keeps of a model."""
    return {
        "label": model.label,
        "provider": model.provider.name,
        "upstream_id": model.upstream_id,
        "context_window": model.context_window,
        "max_output_tokens": model.max_output_tokens,
        "input_price": _figure(model.input_price),
        "output_price": _figure(model.output_price),
        "currency": model.currency,
        "capabilities": sorted(model.capabilities),
        "retires_on": model.retires_on.isoformat() if model.retires_on else None,
        "is_requestable": model.is_requestable,
    }


def _figure(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount.normalize():f}"


def _changes(before: Mapping[str, Json], after: Mapping[str, Json]) -> dict[str, Json]:
    return {name: [before.get(name), value] for name, value in after.items() if before.get(name) != value}


def _seal_key(provider: Provider, key: str) -> None:
    provider.sealed_key = provider_keys.seal(provider, key) if key else None
    provider.credential = Provider.Credential.SEALED if key else Provider.Credential.NONE


def _short(model_id: str) -> str:
    """Drop LiteLLM's prefix for the provider, which the provider itself does not know."""
    prefix, _, rest = model_id.partition("/")
    return rest if prefix in {"azure", "mistral", "vertex_ai"} else model_id


def _free_name(name: str) -> str:
    return name if not Provider.objects.filter(name=name).exists() else f"{name} (from the environment)"


def _free_label(label: str, provider: Provider) -> str:
    return label if not LanguageModel.objects.filter(label=label).exists() else f"{label} ({provider.name})"


def _record_model(
    action: Action, model: LanguageModel, by: User | None, now: datetime, details: Mapping[str, Json] | None = None
) -> None:
    record_event(
        action,
        who=who(by) if by else None,
        subject_kind="model",
        subject_id=str(model.pk),
        subject_label=model.label,
        details=details or {},
        now=now,
    )


def _record_provider(
    action: Action, provider: Provider, by: User | None, now: datetime, details: Mapping[str, Json] | None = None
) -> None:
    record_event(
        action,
        who=who(by) if by else None,
        subject_kind="provider",
        subject_id=str(provider.pk),
        subject_label=provider.name,
        details=details or {},
        now=now,
    )
