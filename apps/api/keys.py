"""Make keys, take them back, hand them over; each deed writes its event in the same transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from apps.accounts import key_texts
from apps.accounts.actors import who
from apps.accounts.models import Membership, Role, Team, User
from apps.api.models import ApiKey, Scope
from apps.batch import steering
from apps.gateway import runaway
from apps.gateway.models import LanguageModel
from apps.ledger.facts import Json
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

USUAL_DAYS: Final = 90
LIFETIMES: Final = (7, 30, 90, 180, 365)
"""Days that a key may live; a year is the most, and the database holds it."""
MOST_ALIVE: Final = 20
"""Personal keys of one person that work at the same time."""


class KeyRefused(Exception):
    """A key that cannot be made or changed so; the sentence says why and what to do."""

    sentence = "This key is not possible."

    def __init__(self) -> None:
        super().__init__(self.sentence)


class NotOfTheTeam(KeyRefused):
    sentence = "A key's person must be an active employee in its team. Choose another team or another person."


class NotYours(KeyRefused):
    sentence = "Service keys are made and handed over by admins and by leads of their team. Ask one of them."


class TooManyKeys(KeyRefused):
    sentence = f"You have {MOST_ALIVE} keys that work. Revoke one that is no longer needed, then make the new one."


class ModelsNotCallable(KeyRefused):
    sentence = "The key names a model that this team may not use. Choose among the models shown, or leave all unmarked."


class PersonalKey(KeyRefused):
    sentence = "A personal key cannot be handed over. Revoke it; the other person makes one of their own."


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks of a new key. `model_ids` empty means every model of the team, also those to come."""

    name: str
    team: Team
    scopes: Sequence[Scope]
    model_ids: Sequence[UUID]
    days: int = USUAL_DAYS


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key with its secret: the only moment at which both are together."""

    row: ApiKey
    secret: str = field(repr=False)


@transaction.atomic
def make_personal(person: User, wish: Wish, *, now: datetime) -> NewKey:
    """
    Make a key that acts as `person`.

    :raises NotOfTheTeam: if they are no active employee of the team.
    :raises ModelsNotCallable: if they may not call one of the models.
    :raises TooManyKeys: if twenty of theirs work already.
    """
    User.objects.select_for_update().get(pk=person.pk)  # two at a time would both find room for the twentieth
    if ApiKey.objects.filter(person=person, kind=ApiKey.Kind.PERSONAL).alive(now).count() >= MOST_ALIVE:
        raise TooManyKeys
    return _make(ApiKey.Kind.PERSONAL, person, wish, by=person, now=now)


@transaction.atomic
def make_service(responsible: User, wish: Wish, *, by: User, now: datetime) -> NewKey:
    """
    Make a key that acts for a team under its own name, with a person who answers for it.

    :raises NotYours: unless `by` is an admin or leads the team.
    :raises NotOfTheTeam: if the responsible person is no active employee of the team.
    :raises ModelsNotCallable: if they may not call one of the models.
    """
    if not may_run_services(by, wish.team):
        raise NotYours
    return _make(ApiKey.Kind.SERVICE, responsible, wish, by=by, now=now)


@transaction.atomic
def revoke(key: ApiKey, *, by: User | None, now: datetime) -> bool:
    """Take a key back for good; say whether it was not yet. The next call with it is refused."""
    if not ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
        return False
    _record(Action.API_KEY_REVOKED, key, {}, by=by, now=now)
    steering.pause_those_of_key(key.pk, now=now)
    return True


@transaction.atomic
def hand_over(key: ApiKey, to: User, *, by: User, now: datetime) -> bool:
    """
    Let another person answer for a service key; say whether that changed anything.

    :raises PersonalKey: if the key acts as a person.
    :raises NotYours: unless `by` is an admin or leads the team.
    :raises NotOfTheTeam: if `to` is no active employee of the team.
    """
    if key.kind != ApiKey.Kind.SERVICE:
        raise PersonalKey
    if not may_run_services(by, key.team):
        raise NotYours
    _require_of_the_team(to, key.team)
    if not ApiKey.objects.filter(pk=key.pk).exclude(person=to).update(person=to):
        return False
    runaway.hand_over(key.pk, to=to, now=now)
    details: dict[str, Json] = {"from": str(key.person_id), "to": str(to.pk), "to_label": to.name}
    _record(Action.API_KEY_HANDED_OVER, key, details, by=by, now=now)
    return True


def may_run_services(person: User, team: Team) -> bool:
    """Say whether `person` makes and hands over the service keys of `team`: an admin, or a lead of it. Two queries."""
    if person.has_role(Role.ADMIN):
        return True
    leads = Membership.objects.filter(person=person, team=team, standing=Membership.Standing.LEAD)
    return person.is_active and leads.exists()


def _make(kind: ApiKey.Kind, person: User, wish: Wish, *, by: User, now: datetime) -> NewKey:
    _require_of_the_team(person, wish.team)
    _require_callable(person, wish)
    secret = key_texts.make()
    row = ApiKey.objects.create(
        kind=kind,
        name=wish.name,
        person=person,
        team=wish.team,
        digest=key_texts.digest_of(secret),
        ending=secret[-4:],
        scopes=[Scope(scope).value for scope in wish.scopes],
        model_ids=list(wish.model_ids) or None,
        created_at=now,
        expires_at=now + timedelta(days=wish.days),
    )
    details: dict[str, Json] = {
        "scopes": row.scopes,
        "models": [str(model_id) for model_id in wish.model_ids] or "all",
        "expires_at": row.expires_at.isoformat(),
        # Not the digest that a call is looked up by: whoever reads the record learns nothing to put into a row.
        "secret": hashlib.sha256(row.digest).hexdigest(),
    }
    _record(Action.API_KEY_CREATED, row, details, by=by, now=now)
    return NewKey(row, secret)


def _require_of_the_team(person: User, team: Team) -> None:
    if not (person.has_role(Role.EMPLOYEE) and Membership.objects.filter(person=person, team=team).exists()):
        raise NotOfTheTeam


def _require_callable(person: User, wish: Wish) -> None:
    wanted = set(wish.model_ids)
    if wanted and LanguageModel.objects.callable_by(person, wish.team).filter(pk__in=wanted).count() != len(wanted):
        raise ModelsNotCallable


def _record(action: Action, key: ApiKey, details: dict[str, Json], *, by: User | None, now: datetime) -> None:
    record_event(
        action,
        who=who(by, key.team) if by else None,
        subject_kind="api key",
        subject_id=str(key.pk),
        subject_label=key.name,
        details={"kind": key.kind, "person": key.person.name, "person_id": str(key.person_id), **details},
        now=now,
    )
