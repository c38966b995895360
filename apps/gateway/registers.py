"""What the ledger compares of the gateway: grants, budgets, limits, models with their prices, providers."""

from __future__ import annotations

import json
from collections.abc import Callable

from apps.gateway.route_registers import ROUTES
from apps.ledger import registers
from apps.ledger.registers import Register, Rows, Told, figure, stamp
from apps.ledger.stored import Cursor
from apps.ledger.vocabulary import Action

_SUBJECT = "team_id::text, person_id::text, model_id::text, key_id::text, nullif(key_label, '')"
_SUBJECT_NAMES = ("team", "person", "model", "key_id", "key_label")


def grants(cursor: Cursor) -> Rows:
    """Read who is allowed or denied which model, and for how long. One statement."""
    cursor.execute(
        "SELECT model_id::text, team_id::text, person_id::text, effect, from_at, until_at FROM gateway_grant"
    )
    return {
        _grant_key(model, team, person, effect): {"from": stamp(since), "until": stamp(until)}
        for model, team, person, effect, since, until in cursor.fetchall()
    }


def apply_grant(rows: Rows, told: Told) -> None:
    """Give, change or take what one event says."""
    said = told.details
    key = _grant_key(told.subject_id, said.get("team_id"), said.get("person_id"), said["effect"])
    if told.action in (Action.GRANT_TAKEN, Action.GRANT_DENIAL_LIFTED):
        rows.pop(key, None)
    else:
        rows[key] = {"from": stamp(said.get("from")), "until": stamp(said.get("until"))}


def budgets(cursor: Cursor) -> Rows:
    """Read every budget. One statement."""
    cursor.execute(
        f'SELECT id::text, scope, {_SUBJECT}, "window", hours, soft_limit, hard_limit, currency FROM gateway_budget'  # noqa: S608
    )
    names = ("scope", *_SUBJECT_NAMES, "window", "hours", "soft_limit", "hard_limit", "currency")
    return {
        key: _set_ones(names, (*facts, hours, figure(soft), figure(hard), currency))
        for key, *facts, hours, soft, hard, currency in cursor.fetchall()
    }


def rates(cursor: Cursor) -> Rows:
    """Read every limit of calls, tokens and answers at once. One statement."""
    cursor.execute(f"SELECT id::text, scope, {_SUBJECT}, requests, tokens, streams FROM gateway_ratelimit")  # noqa: S608
    names = ("scope", *_SUBJECT_NAMES, "requests", "tokens", "streams")
    return {key: _set_ones(names, facts) for key, *facts in cursor.fetchall()}


def apply_limit(removed: Action) -> Callable[[Rows, Told], None]:
    """Make what sets, changes or removes a budget or limit."""

    def apply(rows: Rows, told: Told) -> None:
        if told.action == removed:
            rows.pop(told.subject_id, None)
        else:
            registers.changed(rows.setdefault(told.subject_id, {}), told.details)

    return apply


def models(cursor: Cursor) -> Rows:
    """Read every model with its provider, price and switch. One statement."""
    cursor.execute(
        "SELECT model.id::text, model.label, provider.name, upstream_id, context_window, max_output_tokens, "
        "input_price, output_price, currency, capabilities::text, retires_on, is_requestable, model.is_on "
        "FROM gateway_languagemodel AS model JOIN gateway_provider AS provider ON provider.id = provider_id"
    )
    names = ("label", "provider", "upstream_id", "context_window", "max_output_tokens")
    return {
        row[0]: _set_ones(names, row[1:6])
        | _set_ones(("input_price", "output_price", "currency"), (figure(row[6]), figure(row[7]), row[8]))
        | _set_ones(("retires_on",), (row[10].isoformat() if row[10] else None,))
        | {"capabilities": sorted(json.loads(row[9])), "is_requestable": row[11], "is_on": row[12]}
        for row in cursor.fetchall()
    }


def apply_model(rows: Rows, told: Told) -> None:
    """Make, change or switch a model; a provider that is renamed is named so by its models."""
    if told.action == Action.MODEL_CREATED:
        rows[told.subject_id] = {name: value for name, value in told.details.items() if value is not None}
        rows[told.subject_id].setdefault("is_on", registers.UNKNOWN)
    elif told.action == Action.PROVIDER_CHANGED:
        before, after = told.details.get("name", (None, None))
        for one in rows.values():
            if before and one.get("provider") == before:
                one["provider"] = after
    elif (model := rows.get(told.subject_id)) is None:
        return
    elif told.action in (Action.MODEL_SWITCHED_ON, Action.MODEL_SWITCHED_OFF):
        model["is_on"] = told.action == Action.MODEL_SWITCHED_ON
    elif told.action == Action.MODEL_PRICE_TOOK_EFFECT:
        model |= {name: told.details[name] for name in ("input_price", "output_price", "currency")}
    else:
        registers.changed(model, told.details)


def planned_prices(cursor: Cursor) -> Rows:
    """Read the prices that were planned and have not taken effect. One statement."""
    cursor.execute(
        "SELECT model_id::text, from_at, input_price, output_price, currency FROM gateway_priceversion "
        "WHERE took_effect_at IS NULL"
    )
    rows: Rows = {}
    for model, since, paid_in, paid_out, currency in cursor.fetchall():
        planned = rows.setdefault(f"{model} from {stamp(since)}", {"prices": []})
        planned["prices"] = sorted([*planned["prices"], [figure(paid_in), figure(paid_out), currency]])
    return rows


def apply_plan(rows: Rows, told: Told) -> None:
    """Plan a price, or take a plan away that was withdrawn or took effect."""
    key = f"{told.subject_id} from {stamp(told.details['from'])}"
    price = [told.details[name] for name in ("input_price", "output_price", "currency")]
    planned = rows.pop(key, {"prices": []})["prices"]
    if told.action == Action.MODEL_PRICE_PLANNED:
        planned = sorted([*planned, price])
    elif price in planned:
        planned.remove(price)
    if planned:
        rows[key] = {"prices": planned}


def providers(cursor: Cursor) -> Rows:
    """Read every provider but its key. One statement."""
    cursor.execute(
        "SELECT id::text, name, kind, base_url, egress_class, region, credential, is_on FROM gateway_provider"
    )
    names = ("name", "kind", "base_url", "egress_class", "region", "credential", "is_on")
    return {key: dict(zip(names, facts, strict=True)) for key, *facts in cursor.fetchall()}


def apply_provider(rows: Rows, told: Told) -> None:
    """Make, change or switch a provider."""
    if told.action == Action.PROVIDER_CREATED:
        rows[told.subject_id] = {**told.details, "is_on": False}
    elif (provider := rows.get(told.subject_id)) is None:
        return
    elif told.action == Action.PROVIDER_CHANGED:
        registers.changed(provider, told.details)
    else:
        provider["is_on"] = told.action == Action.PROVIDER_SWITCHED_ON


def keep_all() -> None:
    """Have the ledger compare all registers of this room."""
    for register in (*_REGISTERS, *ROUTES):
        registers.keep(register)


def _grant_key(model: str, team: str | None, person: str | None, effect: str) -> str:
    return f"{effect} of model {model} to team {team or 'any'}, person {person or 'any'}"


def _set_ones(names: tuple[str, ...], values: tuple[object, ...] | list[object]) -> dict[str, object]:
    return {name: value for name, value in zip(names, values, strict=True) if value is not None}


_REGISTERS = (
    Register(
        "grants", "grant", (
            Action.GRANT_GIVEN, Action.GRANT_DENIED, Action.GRANT_CHANGED, Action.GRANT_TAKEN,
            Action.GRANT_DENIAL_LIFTED,
        ), grants, apply_grant, ("gateway_grant",),
    ),
    Register(
        "budgets", "budget", (Action.BUDGET_SET, Action.BUDGET_REMOVED), budgets, apply_limit(Action.BUDGET_REMOVED),
        ("gateway_budget",),
    ),
    Register(
        "rate limits", "rate limit", (Action.RATE_LIMIT_SET, Action.RATE_LIMIT_REMOVED), rates,
        apply_limit(Action.RATE_LIMIT_REMOVED), ("gateway_ratelimit",),
    ),
    Register(
        "models", "model", (
            Action.MODEL_CREATED, Action.MODEL_CHANGED, Action.MODEL_PRICE_CHANGED, Action.MODEL_PRICE_TOOK_EFFECT,
            Action.MODEL_SWITCHED_ON, Action.MODEL_SWITCHED_OFF, Action.PROVIDER_CHANGED,
        ), models, apply_model, ("gateway_provider", "gateway_languagemodel"),
    ),
    Register(
        "planned prices", "planned price of model",
        (Action.MODEL_PRICE_PLANNED, Action.MODEL_PRICE_UNPLANNED, Action.MODEL_PRICE_TOOK_EFFECT), planned_prices,
        apply_plan, ("gateway_priceversion",),
    ),
    Register(
        "providers", "provider", (
            Action.PROVIDER_CREATED, Action.PROVIDER_CHANGED, Action.PROVIDER_SWITCHED_ON,
            Action.PROVIDER_SWITCHED_OFF,
        ), providers, apply_provider, ("gateway_provider",),
    ),
)  # fmt: skip
