"""How long records are kept: the schedule in force for each team, and changing it under four eyes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max

from apps.accounts.actors import who
from apps.accounts.models import Team, User
from apps.audit.approvals import asking
from apps.audit.approvals.asking import Subject
from apps.audit.approvals.deeds import CannotBeCarriedOut, Deed
from apps.audit.approvals.models import Approval
from apps.audit.retention.models import Position, ScheduleVersion
from apps.ledger.facts import Json
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

_LOCK = 7_305_522_902
KIND = "schedule"
COMPANY = "company"
FOLLOWS, EVERYTHING = "as the company", "for good"


class NothingNew(Exception):
    """The schedule is already so."""

    sentence = "That is how it is already. Nothing was changed."


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long the exchanges of a team, or of every team without a schedule of its own, are kept."""

    team_id: UUID | None
    label: str
    days: int | None
    number: int

    def cutoff(self, now: datetime) -> datetime | None:
        """The moment before which exchanges are past their time; None where everything is kept."""
        return now - timedelta(days=self.days) if self.days else None


def in_force() -> list[Schedule]:
    """List the company's schedule, then those of teams with one of their own. One query."""
    newest: dict[UUID | None, ScheduleVersion] = {}
    for version in ScheduleVersion.objects.order_by("number"):
        newest[version.team_id] = version
    company = newest.pop(None, None)
    first = Schedule(None, "The company", company.days if company else None, company.number if company else 0)
    own = [Schedule(one.team_id, one.team_label, one.days, one.number) for one in newest.values() if one.days]
    return [first, *sorted(own, key=lambda schedule: schedule.label)]


def of_team(team_id: UUID | None, schedules: list[Schedule]) -> Schedule:
    """Find the schedule that counts for a team."""
    return next((one for one in schedules if one.team_id == team_id), schedules[0])


def ask(team: Team | None, *, days: int | None, why: str, by: User, now: datetime) -> Approval | None:
    """
    Ask a second officer for another schedule; where no rule asks for one, put it in force at once and return None.

    :raises NothingNew: if it is so already.
    :raises apps.audit.approvals.asking.ReasonTooShort: if `why` says too little.
    """
    _must_be_new(team.pk if team else None, days)
    label = team.name if team else "The company"
    subject = Subject(KIND, str(team.pk) if team else COMPANY, label)
    if not asking.is_needed(Deed.RETENTION_CHANGE):
        put_in_force(team, days=days, why=why, by=by, consent="", now=now)
        return None
    terms: Mapping[str, Json] = {"kept": in_words(days, is_team=team is not None), "days": days}
    return asking.ask(Deed.RETENTION_CHANGE, subject=subject, terms=terms, why=why, by=by, now=now)


def carry_out(approval: Approval, by: User, now: datetime) -> None:
    """Put in force what two officers agreed on, in the transaction of the consent."""
    team = None
    if approval.subject_id != COMPANY:
        team = Team.objects.filter(pk=approval.subject_id).first()
        if team is None:
            raise CannotBeCarriedOut("The team is gone, so its schedule cannot be changed. Refuse this request.")
    days = approval.terms.get("days")
    try:
        _must_be_new(team.pk if team else None, days)
    except NothingNew as reason:
        raise CannotBeCarriedOut(reason.sentence) from reason
    put_in_force(team, days=days, why=approval.why, by=approval.asked_by, consent=by.name, now=now)


@transaction.atomic
def put_in_force(
    team: Team | None, *, days: int | None, why: str, by: User, consent: str, now: datetime
) -> ScheduleVersion:
    """
    Make a new version, on the record. Purging looks at everything of the company and the team from the start again.

    The database refuses fewer than 183 days.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    number = (ScheduleVersion.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    version = ScheduleVersion.objects.create(
        number=number, made_at=now, made_by_id=by.pk, made_by_label=by.name, team_id=team.pk if team else None,
        team_label=team.name if team else "", days=days, reason=why,
    )  # fmt: skip
    Position.objects.filter(team_id=None).delete()
    Position.objects.filter(team_id=version.team_id).delete()
    details: dict[str, Json] = {"version": number, "days": days, "reason": why, "consent": consent}
    record_event(
        Action.SCHEDULE_CHANGED, who=who(by), subject_kind=KIND, subject_id=str(version.team_id or COMPANY),
        subject_label=version.team_label or "The company", details=details, now=now,
    )  # fmt: skip
    return version


def in_words(days: int | None, *, is_team: bool) -> str:
    """Say how long records are kept."""
    if days is None:
        return FOLLOWS if is_team else EVERYTHING
    return f"{days:,} days"


def _must_be_new(team_id: UUID | None, days: int | None) -> None:
    newest = ScheduleVersion.objects.filter(team_id=team_id).first()
    if (newest.days if newest else None) == days:
        raise NothingNew
