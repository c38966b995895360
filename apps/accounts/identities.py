"""Who an identity provider says somebody is, and which person that makes them here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from apps.accounts import groups
from apps.accounts.actors import who
from apps.accounts.models import User
from apps.ledger.ids import new_id
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

NAME_LIMIT = 200
LAST_SECOND = 2**33


@dataclass(frozen=True, slots=True)
class Identity:
    """Issuer and subject name a person for ever; name and e-mail only describe them today."""

    issuer: str
    subject: str
    name: str
    email: str
    groups: frozenset[str] = frozenset()
    proved_at: datetime | None = None


def identity_from_claims(claims: Mapping[str, Any]) -> Identity:
    """Read verified claims; descriptions that are missing or unusable become empty or a stand-in."""
    email = _email(claims.get("email"))
    name = _words(claims.get("name")) or _words(f"{claims.get('given_name', '')} {claims.get('family_name', '')}")
    return Identity(
        issuer=str(claims["iss"]), subject=str(claims["sub"]), name=name or email or "Unnamed person", email=email,
        groups=groups.groups_in(claims), proved_at=_moment(claims.get("auth_time")),
    )  # fmt: skip


def person_of(identity: Identity, *, now: datetime) -> User:
    """
    Find the person with this issuer and subject, or create them with the default roles and no team.

    An e-mail address finds nobody: it changes hands. A new description (name, e-mail) is taken over from the provider.
    Must run inside a transaction; two or three queries when the person is known.
    """
    person = _find(identity)
    if person is None:
        try:
            with transaction.atomic():
                return _create(identity, now=now)
        except IntegrityError:  # the same person arrived twice at the same time
            person = _find(identity)
            if person is None:
                raise
    _describe(person, identity, now=now)
    return person


def _find(identity: Identity) -> User | None:
    account = (
        SocialAccount.objects.select_related("user").filter(provider=identity.issuer, uid=identity.subject).first()
    )
    return account.user if account else None


def _create(identity: Identity, *, now: datetime) -> User:
    person = User.objects.create_person(
        f"sso-{new_id().hex}", name=identity.name, email=identity.email, roles=settings.SSO_DEFAULT_ROLES
    )
    SocialAccount.objects.create(user=person, provider=identity.issuer, uid=identity.subject)
    record_event(
        Action.PERSON_CREATED,
        who=who(person),
        subject_kind="person",
        subject_id=str(person.pk),
        subject_label=person.name,
        details={"issuer": identity.issuer, "roles": list(settings.SSO_DEFAULT_ROLES)},
        now=now,
    )
    return person


def _describe(person: User, identity: Identity, *, now: datetime) -> None:
    changed = [field for field in ("name", "email") if getattr(person, field) != getattr(identity, field)]
    if not changed:
        return
    person.name, person.email = identity.name, identity.email
    person.save(update_fields=changed)
    record_event(
        Action.PERSON_CHANGED,
        who=who(person),
        subject_kind="person",
        subject_id=str(person.pk),
        subject_label=person.name,
        details={"changed": changed, "by": "company sign-in"},
        now=now,
    )


def _moment(seconds: object) -> datetime | None:
    """Read `auth_time`; anything but a sensible number of seconds says nothing."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < LAST_SECOND:
        return None
    return datetime.fromtimestamp(seconds, tz=UTC)


def _words(value: object) -> str:
    if not isinstance(value, str):
        return ""
    visible = "".join(character if character.isprintable() else " " for character in value)
    return " ".join(visible.split())[:NAME_LIMIT]


def _email(value: object) -> str:
    if not isinstance(value, str) or len(value) > 254:
        return ""
    try:
        validate_email(value)
    except ValidationError:
        return ""
    return value
