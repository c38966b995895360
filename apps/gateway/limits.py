"""What an admin sets about money and pace: each change and its record in one transaction."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.forms.models import model_to_dict

from apps.accounts.actors import who
from apps.gateway import budgets
from apps.gateway.models import BatchMark, Budget, RateLimit, RunawayRules
from apps.ledger.facts import Json
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import Model

    from apps.accounts.models import User
    from apps.gateway.money_models import Scoped

COUNTED = ("scope", "team_id", "person_id", "model_id", "key_id", "window", "hours", "currency")


@transaction.atomic
def set_budget(budget: Budget, *, by: User | None, now: datetime) -> None:
    """
    Store a new or changed budget, effective on the next call. What was spent in its window already counts.

    Where it counts something new, every call waits until that is counted; see `budgets.count_anew`.
    """
    before = _stored(budget)
    budget.save()
    if before is None or any(getattr(before, name) != getattr(budget, name) for name in COUNTED):
        budgets.count_anew(budget, now=now)
    _record_change(Action.BUDGET_SET, budget, before, by=by, now=now)


@transaction.atomic
def remove_budget(budget: Budget, *, by: User, now: datetime) -> None:
    """Take a budget away. Models that cost money are refused to a team that is left without one."""
    facts, subject = _facts(budget), budget.subject
    if Budget.objects.filter(pk=budget.pk).delete()[0]:
        _record(Action.BUDGET_REMOVED, budget, subject, facts, by=by, now=now)


@transaction.atomic
def set_rate(limit: RateLimit, *, by: User, now: datetime) -> None:
    """Store a new or changed limit of calls, tokens and answers at once, effective on the next call."""
    before = _stored(limit)
    limit.save()
    _record_change(Action.RATE_LIMIT_SET, limit, before, by=by, now=now)


@transaction.atomic
def remove_rate(limit: RateLimit, *, by: User, now: datetime) -> None:
    """Take such a limit away."""
    facts, subject = _facts(limit), limit.subject
    if RateLimit.objects.filter(pk=limit.pk).delete()[0]:
        _record(Action.RATE_LIMIT_REMOVED, limit, subject, facts, by=by, now=now)


@transaction.atomic
def change_rules(rules: RunawayRules, *, by: User, now: datetime) -> None:
    """Store when the guard slows and stops, effective on the next call."""
    before = RunawayRules.objects.filter(pk=1).first() or RunawayRules()
    changes = _changes(_facts(before), _facts(rules))
    rules.save()
    if changes:
        _record(Action.LOOP_RULES_CHANGED, rules, "", changes, by=by, now=now)


@transaction.atomic
def mark_batch(mark: BatchMark, *, by: User, now: datetime) -> None:
    """Say that the work of a person or key repeats by design. Marked twice, recorded once."""
    if not BatchMark.objects.filter(person_id=mark.person_id, key_id=mark.key_id).exists():
        mark.created_at = now
        mark.save()
        _record(Action.BATCH_MARKED, mark, mark.subject, _facts(mark), by=by, now=now)


@transaction.atomic
def unmark_batch(mark: BatchMark, *, by: User, now: datetime) -> None:
    """Take such a mark away."""
    facts, subject = _facts(mark), mark.subject
    if BatchMark.objects.filter(pk=mark.pk).delete()[0]:
        _record(Action.BATCH_UNMARKED, mark, subject, facts, by=by, now=now)


def _stored(row: Budget | RateLimit) -> Budget | RateLimit | None:
    return type(row).objects.select_for_update().filter(pk=row.pk).first() if row.pk else None


def _facts(row: Model) -> dict[str, Json]:
    """What the record keeps of a row: everything that is set, ids in words."""
    return {
        name: _plain(value) for name, value in model_to_dict(row).items() if value not in (None, "") and name != "id"
    }


def _plain(value: object) -> Json:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value if isinstance(value, int | str | bool) else str(value)


def _changes(before: Mapping[str, Json], after: Mapping[str, Json]) -> dict[str, Json]:
    names = dict.fromkeys([*before, *after])
    return {name: [before.get(name), after.get(name)] for name in names if before.get(name) != after.get(name)}


def _record_change(action: Action, row: Scoped, before: Scoped | None, *, by: User | None, now: datetime) -> None:
    changes = _changes(_facts(before) if before else {}, _facts(row))
    if changes:
        _record(action, row, row.subject, changes, by=by, now=now)


def _record(
    action: Action, row: Model, subject: str, details: Mapping[str, Json], *, by: User | None, now: datetime
) -> None:
    record_event(
        action,
        who=who(by) if by else None,
        subject_kind=row._meta.verbose_name_raw,
        subject_id=str(row.pk or ""),
        subject_label=subject,
        details=details,
        now=now,
    )
