"""The policy's story: which rules are in force, how an admin changes them, and what they were before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Subquery
from django.db.models.functions import Coalesce

from apps.accounts.actors import who
from apps.ledger import prepared, records
from apps.ledger.vocabulary import Action
from apps.privacy import policy as values
from apps.privacy.models import PolicyRule, PolicyVersion
from apps.privacy.policy import Policy, PolicyRefused, Rule, Treatment

if TYPE_CHECKING:
    from apps.accounts.models import Team, User

ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('privacy policy', 0))"
Ruled: TypeAlias = "dict[str, Rule | None]"
"""Rules by kind of value; None where a team goes by the company's rule."""


class PolicyMoved(PolicyRefused):
    """Somebody else changed the same rules first."""

    def __init__(self) -> None:
        super().__init__(
            "Somebody changed this policy while you were editing. Look at it as it is now, then try again."
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """What one version changed about one kind of value; None: the company's rule counts."""

    type: str
    before: Rule | None
    after: Rule | None
    is_confirmed: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One version and what it changed."""

    version: PolicyVersion
    differences: list[Difference]


def in_force(*, team_id: UUID | None, egress_class: str) -> Policy:
    """
    Read the rules that count for a team's calls to models of one egress class: its own, else the company's.

    One query; three for a state of the policy that this process has not read yet.
    """
    return as_of(newest_number(), team_id=team_id, egress_class=egress_class)


def as_of(number: int, *, team_id: UUID | None, egress_class: str) -> Policy:
    """Do as `in_force` where the newest version's number was read along with something else. Mostly no query."""
    return _at(number, team_id, egress_class)


@lru_cache(maxsize=1_000)
def _at(number: int, team_id: UUID | None, egress_class: str) -> Policy:
    """Read the policy as of one version. Versions are never changed, so what was read once stays true."""
    ruled = _ruled(team_id=None, egress_class=egress_class, number=number)
    if team_id is not None:
        own = _ruled(team_id=team_id, egress_class=egress_class, number=number)
        ruled |= {type_: rule for type_, rule in own.items() if rule is not None}
    rules = MappingProxyType({type_: rule for type_, rule in ruled.items() if rule is not None})
    return Policy(egress_class=egress_class, number=number, rules=rules)


def forget() -> None:
    """Forget what was read: for another database, as tests have one after the other."""
    _at.cache_clear()


def own_rules(*, team_id: UUID | None, egress_class: str) -> Ruled:
    """Read what was ruled for this very team, or for the company where `team_id` is None."""
    return _ruled(team_id=team_id, egress_class=egress_class, number=newest_number())


def number_as_column() -> Coalesce:
    """Give `newest_number` as a column of another query."""
    newest = PolicyVersion.objects.order_by("-number").values("number")[:1]
    return Coalesce(Subquery(newest), 0)


def newest_number() -> int:
    """Name the newest version of the whole policy; 0 before the first."""
    ((newest,),) = prepared.rows("SELECT max(number) FROM privacy_policyversion")
    return newest or 0


@transaction.atomic
def change(
    wanted: Mapping[str, Rule | None],
    *,
    team: Team | None,
    egress_class: str,
    based_on: int,
    is_confirmed: bool,
    by: User,
    now: datetime,
) -> PolicyVersion | None:
    """
    Put rules in force from the next message on, as one new version, and record it; None where nothing would change.

    A rule of None takes a team's rule back. `based_on` is the version the admin was looking at.

    :raises PolicyRefused: if a rule makes no sense.
    :raises NotConfirmed: if secrets would leave the network and `is_confirmed` is false.
    :raises PolicyMoved: if somebody changed these rules since `based_on`.
    """
    with connection.cursor() as cursor:
        cursor.execute(ONE_AT_A_TIME)
    team_id = team.pk if team else None
    if PolicyVersion.objects.filter(team_id=team_id, egress_class=egress_class, number__gt=based_on).exists():
        raise PolicyMoved
    changed = _changed(wanted, team_id=team_id, egress_class=egress_class)
    for difference in changed:
        if difference.after is not None:
            values.require_sensible(
                difference.after, type_=difference.type, egress_class=egress_class, is_confirmed=is_confirmed
            )
    return _kept(changed, team=team, egress_class=egress_class, by=by, now=now) if changed else None


def history(*, team_id: UUID | None, egress_class: str, newest: int) -> list[Change]:
    """List the newest versions that changed the rules of a team, or the company's, with their differences."""
    versions = PolicyVersion.objects.filter(team_id=team_id, egress_class=egress_class).prefetch_related("rules")
    return [Change(version, [_difference(row) for row in version.rules.all()]) for version in versions[:newest]]


def _changed(wanted: Mapping[str, Rule | None], *, team_id: UUID | None, egress_class: str) -> list[Difference]:
    """Compare with what is ruled now. A company without a rule goes by the default profile."""
    own = own_rules(team_id=team_id, egress_class=egress_class)
    differences = []
    for type_, rule in wanted.items():
        before = own.get(type_)
        if before is None and team_id is None:
            before = values.default_rule(type_)
        if rule != before:
            confirmed = rule is not None and values.needs_confirmation(rule, type_=type_, egress_class=egress_class)
            differences.append(Difference(type_, before, rule, confirmed))
    return differences


def _kept(
    changed: Sequence[Difference], *, team: Team | None, egress_class: str, by: User, now: datetime
) -> PolicyVersion:
    version = PolicyVersion.objects.create(
        number=newest_number() + 1,
        made_at=now,
        made_by_id=by.pk,
        made_by_label=by.name or str(by.pk),
        team_id=team.pk if team else None,
        team_label=team.name if team else "",
        egress_class=egress_class,
    )
    PolicyRule.objects.bulk_create(_row(version, difference) for difference in changed)
    records.record_event(
        Action.POLICY_CHANGED,
        who=who(by, team),
        subject_kind="policy",
        subject_id=str(version.number),
        subject_label=f"{version} ({team.name if team else 'company'}, {egress_class.lower()})",
        details={one.type: {"before": _plain(one.before), "after": _plain(one.after)} for one in changed},
        now=now,
    )
    return version


def _row(version: PolicyVersion, difference: Difference) -> PolicyRule:
    rule = difference.after
    return PolicyRule(
        version=version,
        team_id=version.team_id,
        egress_class=version.egress_class,
        type=difference.type,
        treatment=rule.treatment if rule else "",
        threshold=rule.threshold if rule else 0,
        may_release=rule.may_release if rule else False,
        is_confirmed=difference.is_confirmed,
        before=_plain(difference.before),
    )


def _ruled(*, team_id: UUID | None, egress_class: str, number: int) -> Ruled:
    newest_first = (
        PolicyRule.objects.filter(team_id=team_id, egress_class=egress_class, version_id__lte=number)
        .order_by("type", "-version_id")
        .distinct("type")
    )
    return {row.type: _rule(row) for row in newest_first if row.type in values.TYPES}


def _rule(row: PolicyRule) -> Rule | None:
    return Rule(Treatment(row.treatment), row.threshold, row.may_release) if row.treatment else None


def _difference(row: PolicyRule) -> Difference:
    before = row.before
    was = Rule(Treatment(before["treatment"]), before["threshold"], before["may_release"]) if before else None
    return Difference(row.type, was, _rule(row), row.is_confirmed)


def _plain(rule: Rule | None) -> dict[str, Any]:
    if rule is None:
        return {}
    return {"treatment": rule.treatment.value, "threshold": rule.threshold, "may_release": rule.may_release}
