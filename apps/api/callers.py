"""Who calls: from the secret in a request's header to a person, a team and what the key allows, at every call anew."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from apps.accounts import key_texts
from apps.accounts.models import Team, User
from apps.api import known
from apps.api.known import Known
from apps.api.lookup import find_key, find_key_and_model
from apps.api.models import ApiKey, Scope
from apps.gateway.models import LanguageModel
from apps.ledger.facts import Who
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

USE_NOTED_EVERY: Final = timedelta(minutes=1)
REFUSAL_RECORDED_EVERY: Final = timedelta(hours=1)


class NotAuthenticated(Exception):
    """A call without a key that works; `code` is for programs, the sentence for people."""

    code = "invalid_api_key"
    sentence = "This key does not work. Make a new one on the page Keys and clients."

    def __init__(self) -> None:
        super().__init__(self.sentence)


class NoKey(NotAuthenticated):
    code = "missing_api_key"
    sentence = (
        "No key was sent. Send one as `Authorization: Bearer …` or `x-api-key: …`; the page Keys and clients makes one."
    )


class UnknownKey(NotAuthenticated):
    sentence = (
        "This is not a key of this portal. Check that it was copied whole, or make a new one on the page Keys and "
        "clients."
    )


class RevokedKey(NotAuthenticated):
    code = "revoked_api_key"
    sentence = "This key was revoked. Make a new one on the page Keys and clients."


class ExpiredKey(NotAuthenticated):
    code = "expired_api_key"
    sentence = "This key has expired. Make a new one on the page Keys and clients."


class StoppedKey(NotAuthenticated):
    code = "stopped_api_key"
    sentence = (
        "This key is stopped: its person is shut out, has left its team or may not chat any more. Ask an administrator."
    )


class OutOfScope(Exception):
    """A key that works, but not for this."""

    code = "key_out_of_scope"

    def __init__(self, scope: Scope) -> None:
        self.sentence = (
            f"This key was not made for this use ({scope.label.lower()}). Make one with that scope on the page Keys "
            "and clients."
        )
        super().__init__(self.sentence)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a call and within which limits; true at the moment of the call only."""

    key_id: UUID
    key_name: str
    is_service: bool
    person: User
    team: Team
    scopes: frozenset[str]
    model_ids: frozenset[UUID] | None
    expires_at: datetime | None = None

    @property
    def who(self) -> Who:
        """Name the caller for the record: a service key under its own name, with the person who answers for it."""
        label = (
            f"{self.key_name} (service key of {self.person.name})"
            if self.is_service
            else f"{self.person.name} (key {self.key_name})"
        )
        return Who(id=self.person.pk, label=label, team_id=self.team.pk, team_label=self.team.name)

    def require(self, scope: Scope) -> None:
        """:raises OutOfScope: if the key was not made for this use."""
        if scope.value not in self.scopes:
            raise OutOfScope(scope)

    def may_use_model(self, model_id: UUID) -> bool:
        """Say whether the key's own list lets this model through; the team's grants are asked besides, at admission."""
        return self.model_ids is None or model_id in self.model_ids


def secret_in(headers: Mapping[str, str]) -> str:
    """
    Take the secret from a request's headers: `Authorization: Bearer …`, or `x-api-key: …` as Anthropic's clients send.

    :raises NoKey: if there is neither.
    """
    kind, _, token = headers.get("Authorization", "").partition(" ")
    secret = token.strip() if kind.lower() == "bearer" else ""
    secret = secret or headers.get("X-Api-Key", "").strip()
    if not secret:
        raise NoKey
    return secret


def authenticate(secret: str, *, now: datetime) -> Caller:
    """
    Find who calls with this secret, as things stand now.

    One query. The use is noted at most once a minute, a refusal recorded at most once an hour for each key; text that
    cannot be a key costs no query.

    :raises NotAuthenticated: with a code and a sentence.
    """
    digest = _digest_of(secret)
    return _caller_of(_let_in(find_key(digest), digest, now=now))


@dataclass(frozen=True, slots=True)
class Found:
    """A caller's key as it was read, and the model that came with it; None where the caller may call none such."""

    caller: Caller
    key: ApiKey
    model: LanguageModel | None


def authenticate_for(model: str, secret: str, *, now: datetime) -> Found:
    """
    Do as `authenticate`, and find the model of this id or label among those that the caller may call. Still one query.

    :raises NotAuthenticated: with a code and a sentence.
    """
    digest = _digest_of(secret)
    key, found = find_key_and_model(digest, model, now=now)
    key = _let_in(key, digest, now=now)
    return Found(_caller_of(key), key, found)


def recall(model: str, secret: str, scope: Scope, *, now: datetime) -> tuple[Caller, Known] | None:
    """
    Give who calls with this secret, as far as that is remembered; no query. `apps.api.known` says what that is worth.

    None for everybody who would be refused, and once a minute, when the use of a key is noted.
    """
    if not key_texts.is_well_formed(secret):
        return None
    digest = key_texts.digest_of(secret)
    remembered = known.recall(digest, model)
    if remembered is None:
        return None
    key = remembered.key
    is_recalled = key.state(now) == ApiKey.State.ACTIVE and scope.value in key.scopes and not _is_use_due(key, now)
    return (_caller_of(key), remembered) if is_recalled else None


def _digest_of(secret: str) -> bytes:
    if not key_texts.is_well_formed(secret):
        raise UnknownKey
    return key_texts.digest_of(secret)


def _let_in(key: ApiKey | None, digest: bytes, *, now: datetime) -> ApiKey:
    if key is None or not hmac.compare_digest(bytes(key.digest), digest):
        raise UnknownKey
    if refusal := _REFUSALS.get(key.state(now)):
        _record_refusal(key, refusal, now=now)
        raise refusal
    if _is_use_due(key, now):
        _note_use(key, now=now)
    return key


def _caller_of(key: ApiKey) -> Caller:
    return Caller(
        key_id=key.pk,
        key_name=key.name,
        is_service=key.kind == ApiKey.Kind.SERVICE,
        person=key.person,
        team=key.team,
        scopes=frozenset(key.scopes),
        model_ids=None if key.model_ids is None else frozenset(key.model_ids),
        expires_at=key.expires_at,
    )


_REFUSALS: Final[Mapping[str, type[NotAuthenticated]]] = {
    ApiKey.State.REVOKED: RevokedKey,
    ApiKey.State.EXPIRED: ExpiredKey,
    ApiKey.State.STOPPED: StoppedKey,
}


def _is_use_due(key: ApiKey, now: datetime) -> bool:
    return key.last_used_at is None or key.last_used_at <= now - USE_NOTED_EVERY


def _note_use(key: ApiKey, *, now: datetime) -> None:
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    key.last_used_at = now


@transaction.atomic
def _record_refusal(key: ApiKey, refusal: type[NotAuthenticated], *, now: datetime) -> None:
    """Record that a key was used that no longer works: once an hour, however often a forgotten script tries."""
    long_ago = Q(last_refused_at=None) | Q(last_refused_at__lte=now - REFUSAL_RECORDED_EVERY)
    if ApiKey.objects.filter(long_ago, pk=key.pk).update(last_refused_at=now):
        record_event(
            Action.API_KEY_REFUSED,
            who=None,
            subject_kind="api key",
            subject_id=str(key.pk),
            subject_label=key.name,
            details={"reason": refusal.code, "kind": key.kind, "person": key.person.name},
            now=now,
        )
