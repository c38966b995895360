"""
Who is behind a pseudonym: an officer learns it with a reason, on the record, for this session and eight hours at most.

What is shown is remembered in the officer's session and nowhere else; the session's end hides every name again.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied

from apps.accounts.actors import who
from apps.accounts.models import Role, User
from apps.audit.filters import PERSON
from apps.audit.pseudonyms import pseudonym, pseudonyms
from apps.ledger.facts import Json
from apps.ledger.models import Intent
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

SHOWN_FOR = timedelta(hours=8)
MATCHES_AT_MOST = 10
_IN_SESSION = "names_shown"

Session = MutableMapping[str, Any]


class NobodyCalledSo(Exception):
    """No person has these words in their name."""

    sentence = "Nobody has this in their name or username. Check the spelling; that you looked is recorded."


class TooManyCalledSo(Exception):
    """The words fit so many people that finding them all would be a list of names, not a look for somebody."""

    sentence = f"More than {MATCHES_AT_MOST} people have this in their name. Write more of it."


@dataclass(frozen=True, slots=True)
class Shown:
    """A name that an officer sees at the moment, until when and why."""

    person_id: UUID
    pseudonym: str
    until: datetime
    because: str
    name: str = field(repr=False)


def reveal(officer: User, person_id: UUID, *, reason: str, session: Session, now: datetime) -> Shown:
    """
    Show an officer who is behind a pseudonym, for the rest of the session; that and why is on the record by then.

    :raises PermissionDenied: if `officer` is no active compliance officer now.
    :raises apps.ledger.records.LedgerUnavailable: if it cannot be recorded; then no name may be shown.
    """
    if not officer.has_role(Role.COMPLIANCE_OFFICER):
        raise PermissionDenied
    until = now + SHOWN_FOR
    _record(Action.IDENTITY_REVEALED, officer, person_id, {"reason": reason, "until": until.isoformat()}, now=now)
    session[_IN_SESSION] = _kept(session) | {str(person_id): [until.isoformat(), reason]}
    return Shown(person_id, pseudonym(person_id), until, reason, name_of(person_id))


def find(officer: User, words: str, *, reason: str, session: Session, now: datetime) -> list[Shown]:
    """
    Look people up by name and show who they are: each is revealed as by `reveal`. The words are not recorded.

    :raises NobodyCalledSo: if nobody fits; that somebody looked is recorded all the same.
    :raises TooManyCalledSo: if more than ten people fit.
    :raises PermissionDenied: if `officer` is no active compliance officer now.
    :raises apps.ledger.records.LedgerUnavailable: if it cannot be recorded; then no name may be shown.
    """
    if not officer.has_role(Role.COMPLIANCE_OFFICER):
        raise PermissionDenied
    fits = User.objects.filter(name__icontains=words) | User.objects.filter(username__iexact=words)
    found = list(fits.exclude(pk=officer.pk).order_by("name", "pk").values_list("pk", flat=True)[: MATCHES_AT_MOST + 1])
    details: dict[str, Json] = {"reason": reason, "found": min(len(found), MATCHES_AT_MOST)}
    record_event(Action.IDENTITY_LOOKED_UP, who=who(officer), details=details, now=now)
    if not found:
        raise NobodyCalledSo
    if len(found) > MATCHES_AT_MOST:
        raise TooManyCalledSo
    return [reveal(officer, person_id, reason=reason, session=session, now=now) for person_id in found]


def hide(officer: User, person_id: UUID, *, session: Session, now: datetime) -> None:
    """Show a person by pseudonym again. Hiding what is not shown changes nothing and is not recorded."""
    kept = _kept(session)
    if kept.pop(str(person_id), None) is None:
        return
    _record(Action.IDENTITY_HIDDEN, officer, person_id, {}, now=now)
    session[_IN_SESSION] = kept


def is_shown(person_id: UUID, *, session: Session, now: datetime) -> bool:
    """Say whether the name behind a pseudonym is shown in this session now. No query."""
    until, _ = _kept(session).get(str(person_id), ("", ""))
    return bool(until) and now < datetime.fromisoformat(until)


def shown(session: Session, *, now: datetime) -> list[Shown]:
    """List the names that are shown in this session now, newest last. One query for each, and one for the words."""
    lasting = {UUID(key): (datetime.fromisoformat(until), why) for key, (until, why) in _kept(session).items()}
    lasting = {person_id: (until, why) for person_id, (until, why) in lasting.items() if now < until}
    words = pseudonyms(lasting)
    return [Shown(each, words[each], until, why, name_of(each)) for each, (until, why) in lasting.items()]


def name_of(person_id: UUID) -> str:
    """Say what a person is called now; one who is gone is called as in their newest exchange. One or two queries."""
    name = User.objects.filter(pk=person_id).values_list("name", flat=True).first()
    if name:
        return name
    last = Intent.objects.filter(person_id=person_id).order_by("-started_at", "-id")
    return last.values_list("person_label", flat=True).first() or "Name not known"


def _kept(session: Session) -> dict[str, list[str]]:
    return dict(session.get(_IN_SESSION, {}))


def _record(action: Action, officer: User, person_id: UUID, details: dict[str, str], *, now: datetime) -> None:
    record_event(
        action,
        who=who(officer),
        subject_kind=PERSON,
        subject_id=str(person_id),
        subject_label=pseudonym(person_id),
        details=details,
        now=now,
    )
