"""
What admins do to people and teams. Each deed changes the database and writes its event in one transaction.

`by` is the admin, or None when somebody with access to the server does it from the command line.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.utils.text import slugify

from apps.accounts.actors import who
from apps.accounts.models import LONGEST_AUDIT, Membership, Role, RoleAssignment, Team, User
from apps.ledger.facts import Json
from apps.ledger.ids import new_id
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

USUAL_AUDIT = 30
_ADMINS_LOCK = 0x61_64_6D_69_6E  # any number that no other advisory lock uses: "admin"


class AdministrationRefused(Exception):
    """A deed that would harm; the sentence says why and what to do."""

    sentence = "This change is not possible."

    def __init__(self) -> None:
        super().__init__(self.sentence)


class OwnRoles(AdministrationRefused):
    sentence = "You cannot change your own roles. Ask another admin."


class OwnActivity(AdministrationRefused):
    sentence = "You cannot deactivate yourself. Ask another admin."


class TooLong(AdministrationRefused):
    sentence = (
        f"An auditor reads the record for 1 to {LONGEST_AUDIT.days} days. Give the role again when they are over."
    )


class LastAdmin(AdministrationRefused):
    sentence = "This is the last active admin. Make another person admin first: somebody must be able to give roles."


class TeamNameTaken(AdministrationRefused):
    sentence = "There is a team of this name already. Choose another name."


class TeamNameUnusable(AdministrationRefused):
    sentence = "A team's name needs at least one letter or digit."


@transaction.atomic
def grant_role(person: User, role: Role, *, by: User | None, days: int = USUAL_AUDIT, now: datetime) -> bool:
    """
    Give `person` a role; say whether they lacked it. An auditor is one for so many `days`, other roles have no end.

    :raises OwnRoles: if somebody gives a role to themselves.
    :raises TooLong: if an auditor would be one for less than a day or more than ninety.
    """
    if person == by:
        raise OwnRoles
    if not 1 <= days <= LONGEST_AUDIT.days:
        raise TooLong
    until = now + timedelta(days=days) if role == Role.AUDITOR else None
    RoleAssignment.objects.filter(person=person, role=role, until__lte=now).delete()
    defaults = {"created_at": now, "until": until}
    _, is_new = RoleAssignment.objects.get_or_create(person=person, role=role, defaults=defaults)
    if is_new:
        end: dict[str, Json] = {"until": until.isoformat()} if until else {}
        _record(Action.ROLE_GRANTED, by, person, {"role": role.value, **end}, now)
    return is_new


@transaction.atomic
def revoke_role(person: User, role: Role, *, by: User | None, now: datetime) -> bool:
    """
    Take a role from `person`; say whether they had it. It is gone on their next request.

    :raises OwnRoles: if somebody takes a role from themselves.
    :raises LastAdmin: if nobody active would be left to give roles.
    """
    if person == by:
        raise OwnRoles
    if role == Role.ADMIN:
        _keep_an_admin_besides(person)
    had_it = bool(RoleAssignment.objects.filter(person=person, role=role).delete()[0])
    if had_it:
        _record(Action.ROLE_REVOKED, by, person, {"role": role.value}, now)
    return had_it


@transaction.atomic
def deactivate(person: User, *, by: User | None, now: datetime) -> bool:
    """
    Shut `person` out and end their sessions for good; say whether they were active.

    :raises OwnActivity: if somebody deactivates themselves.
    :raises LastAdmin: if nobody active would be left to give roles.
    """
    if person == by:
        raise OwnActivity
    _keep_an_admin_besides(person)
    locked = User.objects.select_for_update().get(pk=person.pk)
    if not locked.is_active:
        return False
    locked.is_active = False
    locked.end_sessions()
    locked.save(update_fields=["is_active", "password"])
    _record(Action.PERSON_DEACTIVATED, by, person, {}, now)
    return True


@transaction.atomic
def reactivate(person: User, *, by: User | None, now: datetime) -> bool:
    """Let `person` sign in again, with the roles and teams they still have; say whether they were shut out."""
    if not User.objects.filter(pk=person.pk, is_active=False).update(is_active=True):
        return False
    _record(Action.PERSON_REACTIVATED, by, person, {}, now)
    return True


@transaction.atomic
def create_team(name: str, *, by: User | None, now: datetime) -> Team:
    """
    Create a team without people.

    :raises TeamNameTaken: if a team has this name, in whatever case.
    :raises TeamNameUnusable: if nothing of the name fits into an address.
    """
    _check_name(name)
    try:
        with transaction.atomic():
            team = Team.objects.create(name=name, slug=_slug(name))
    except IntegrityError:
        raise TeamNameTaken from None
    _record_team(Action.TEAM_CREATED, by, team, {}, now)
    return team


@transaction.atomic
def rename_team(team: Team, name: str, *, by: User | None, now: datetime) -> bool:
    """
    Rename a team; say whether the name is new. Its short name in addresses stays.

    :raises TeamNameTaken: if another team has this name, in whatever case.
    :raises TeamNameUnusable: if the name has no letter and no digit.
    """
    _check_name(name, besides=team)
    before = Team.objects.select_for_update().get(pk=team.pk).name
    if before == name:
        return False
    try:
        with transaction.atomic():
            Team.objects.filter(pk=team.pk).update(name=name)
    except IntegrityError:
        raise TeamNameTaken from None
    team.name = name
    _record_team(Action.TEAM_RENAMED, by, team, {"before": before}, now)
    return True


@transaction.atomic
def add_member(team: Team, person: User, standing: str, *, by: User | None, now: datetime) -> bool:
    """Put `person` into a team with this standing; say whether they were not in it yet."""
    _, is_new = Membership.objects.get_or_create(person=person, team=team, defaults={"standing": standing})
    if is_new:
        _record(Action.MEMBER_ADDED, by, person, {**_of(team), "standing": standing}, now)
    return is_new


@transaction.atomic
def remove_member(team: Team, person: User, *, by: User | None, now: datetime) -> bool:
    """Take `person` out of a team; say whether they were in it. They lose its models and documents at once."""
    was_in = bool(Membership.objects.filter(team=team, person=person).delete()[0])
    if was_in:
        _record(Action.MEMBER_REMOVED, by, person, _of(team), now)
    return was_in


@transaction.atomic
def set_standing(team: Team, person: User, standing: str, *, by: User | None, now: datetime) -> bool:
    """Make a member lead, or a lead member; say whether that changed anything."""
    members = Membership.objects.filter(team=team, person=person)
    if not members.exclude(standing=standing).update(standing=standing):
        return False
    _record(Action.MEMBER_STANDING_CHANGED, by, person, {**_of(team), "standing": standing}, now)
    return True


def _keep_an_admin_besides(person: User) -> None:
    """Hold a lock until the end of the transaction, so that two admins cannot remove each other at the same time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADMINS_LOCK])
    admins = User.objects.active_admins()
    if admins.filter(pk=person.pk).exists() and not admins.exclude(pk=person.pk).exists():
        raise LastAdmin


def _check_name(name: str, besides: Team | None = None) -> None:
    if not any(character.isalnum() for character in name):
        raise TeamNameUnusable
    others = Team.objects.exclude(pk=besides.pk) if besides else Team.objects.all()
    if others.filter(name__iexact=name).exists():
        raise TeamNameTaken


def _slug(name: str) -> str:
    slug = slugify(name)[:40] or "team"
    return slug if not Team.objects.filter(slug=slug).exists() else f"{slug}-{new_id().hex[-12:]}"


def _of(team: Team) -> dict[str, Json]:
    return {"team": team.name, "team_id": str(team.pk)}


def _record(action: Action, by: User | None, person: User, details: dict[str, Json], now: datetime) -> None:
    record_event(
        action,
        who=who(by) if by else None,
        subject_kind="person",
        subject_id=str(person.pk),
        subject_label=person.name,
        details=details,
        now=now,
    )


def _record_team(action: Action, by: User | None, team: Team, details: dict[str, Json], now: datetime) -> None:
    record_event(
        action,
        who=who(by) if by else None,
        subject_kind="team",
        subject_id=str(team.pk),
        subject_label=team.name,
        details=details,
        now=now,
    )
