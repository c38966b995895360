"""Who is allowed or denied a model, beyond the plain switch of a team: denials, people, times, and requests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from apps.accounts.actors import who
from apps.gateway.models import AccessRequest, Grant, LanguageModel
from apps.ledger.facts import Json
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

if TYPE_CHECKING:
    from apps.accounts.models import Team, User

Effect, State = Grant.Effect, AccessRequest.State


class NotRequestable(Exception):
    """The model cannot be asked for; the same answer for one that does not exist."""

    sentence = "This model cannot be asked for. Reload the page to see which can."


class AlreadyDecided(Exception):
    """Somebody decided the request first, or it was withdrawn."""

    sentence = "This request was decided meanwhile. Reload the page to see how."


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a grant is about: a team, a person, a person in a team, or (both None) everybody."""

    team: Team | None = None
    person: User | None = None

    @property
    def label(self) -> str:
        """The subject in words."""
        team = self.team.name if self.team else ""
        if self.person is None:
            return team or "everybody"
        return f"{self.person.name} in {team}" if team else self.person.name


def ends(person: User, team: Team, *, now: datetime) -> dict[UUID, datetime]:
    """Say of each model that `person` is allowed for `team` for a time only, when that ends. One query."""
    found: dict[UUID, list[datetime | None]] = {}
    to_them, for_team = Q(person=None) | Q(person=person), Q(team=None) | Q(team=team)
    for model_id, until_at in Grant.objects.allowing(now).filter(to_them, for_team).values_list("model_id", "until_at"):
        found.setdefault(model_id, []).append(until_at)
    timed = {model_id: [end for end in all_ends if end] for model_id, all_ends in found.items()}
    return {model_id: max(some) for model_id, some in timed.items() if len(some) == len(found[model_id])}


@transaction.atomic
def set_grant(
    model: LanguageModel,
    subject: Subject,
    *,
    effect: str,
    from_at: datetime | None = None,
    until_at: datetime | None = None,
    by: User | None,
    now: datetime,
) -> Grant:
    """
    Allow or deny `model` to a subject, always or for a time, effective on the next message.

    A subject has at most one permission and one denial of a model: set again, its time changes.
    """
    grant, is_new = Grant.objects.select_for_update().get_or_create(
        model=model,
        team=subject.team,
        person=subject.person,
        effect=effect,
        defaults={"from_at": from_at, "until_at": until_at},
    )
    if is_new:
        _record_grant(_given(effect), grant, subject, by, now)
    elif (grant.from_at, grant.until_at) != (from_at, until_at):
        grant.from_at, grant.until_at = from_at, until_at
        grant.save(update_fields=["from_at", "until_at"])
        _record_grant(Action.GRANT_CHANGED, grant, subject, by, now)
    return grant


@transaction.atomic
def remove_grant(grant: Grant, *, by: User, now: datetime) -> bool:
    """Take a permission or a denial away; say whether it was still there."""
    count, _ = Grant.objects.filter(pk=grant.pk).delete()
    if count:
        taken = Action.GRANT_TAKEN if grant.effect == Effect.ALLOW else Action.GRANT_DENIAL_LIFTED
        _record_grant(taken, grant, Subject(grant.team, grant.person), by, now)
    return bool(count)


@transaction.atomic
def request_access(person: User, *, team: Team, model_id: UUID, why: str, now: datetime) -> AccessRequest:
    """
    Ask that `person` may use a model for `team`. Asked twice, there is one request.

    :raises NotRequestable: if there is no such model, it is not offered, or the person may use it already.
    """
    model = LanguageModel.objects.requestable_by(person, team, now=now).filter(pk=model_id).first()
    if model is None:
        raise NotRequestable
    open_one = AccessRequest.objects.open().filter(person=person, team=team, model=model)
    try:
        with transaction.atomic():
            asked = AccessRequest.objects.create(person=person, team=team, model=model, why=why, created_at=now)
    except IntegrityError:
        return open_one.get()
    _record_request(Action.GRANT_REQUESTED, asked, person, now)
    return asked


@transaction.atomic
def withdraw_request(asked: AccessRequest, *, now: datetime) -> None:
    """
    Take one's own request back.

    :raises AlreadyDecided: if it is not open any more.
    """
    _decide(asked, State.WITHDRAWN, answer="", by=asked.person, now=now)
    _record_request(Action.GRANT_REQUEST_WITHDRAWN, asked, asked.person, now)


@transaction.atomic
def approve_request(
    asked: AccessRequest, *, for_team: bool, until_at: datetime | None, answer: str, by: User, now: datetime
) -> Grant:
    """
    Allow what was asked, to the person in that team or to the whole team, effective on the next message.

    :raises AlreadyDecided: if it is not open any more.
    """
    _decide(asked, State.APPROVED, answer=answer, by=by, now=now)
    _record_request(Action.GRANT_REQUEST_APPROVED, asked, by, now)
    subject = Subject(asked.team, None if for_team else asked.person)
    return set_grant(asked.model, subject, effect=Effect.ALLOW, until_at=until_at, by=by, now=now)


@transaction.atomic
def deny_request(asked: AccessRequest, *, answer: str, by: User, now: datetime) -> None:
    """
    Refuse what was asked, with a sentence for the person.

    :raises AlreadyDecided: if it is not open any more.
    """
    _decide(asked, State.DENIED, answer=answer, by=by, now=now)
    _record_request(Action.GRANT_REQUEST_DENIED, asked, by, now)


def _decide(asked: AccessRequest, state: str, *, answer: str, by: User, now: datetime) -> None:
    still_open = AccessRequest.objects.open().filter(pk=asked.pk)
    if not still_open.update(state=state, answer=answer, decided_by=by, decided_at=now):
        raise AlreadyDecided


def _given(effect: str) -> Action:
    return Action.GRANT_GIVEN if effect == Effect.ALLOW else Action.GRANT_DENIED


def _record_grant(action: Action, grant: Grant, subject: Subject, by: User | None, now: datetime) -> None:
    details: dict[str, Json] = {"to": subject.label, "effect": grant.effect}
    for name, moment in (("from", grant.from_at), ("until", grant.until_at)):
        if moment:
            details[name] = moment.isoformat()
    if subject.team:
        details |= {"team_id": str(subject.team.pk), "team": subject.team.name}
    if subject.person:
        details["person_id"] = str(subject.person.pk)
    _record(action, grant.model, details, by, now)


def _record_request(action: Action, asked: AccessRequest, by: User, now: datetime) -> None:
    """The reason and the answer are people's words and stay out of the record."""
    details: dict[str, Json] = {
        "request_id": str(asked.pk),
        "person_id": str(asked.person_id),
        "person": asked.person.name,
        "team_id": str(asked.team_id),
        "team": asked.team.name,
    }
    _record(action, asked.model, details, by, now)


def _record(action: Action, model: LanguageModel, details: dict[str, Json], by: User | None, now: datetime) -> None:
    record_event(
        action,
        who=who(by) if by else None,
        subject_kind="model",
        subject_id=str(model.pk),
        subject_label=model.label,
        details=details,
        now=now,
    )
