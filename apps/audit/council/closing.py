"""A team is closed to the desk, and no longer: each takes two officers."""

from __future__ import annotations

from datetime import datetime

from apps.accounts.actors import who
from apps.accounts.models import Team, User
from apps.audit.approvals import asking
from apps.audit.approvals.asking import Subject
from apps.audit.approvals.deeds import CannotBeCarriedOut, Deed
from apps.audit.approvals.models import Approval
from apps.audit.models import ClosedTeam
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

TEAM = "team"


class NothingNew(Exception):
    """It is so already."""

    sentence = "Nothing would change: the team stands so already."


def ask(team: Team, *, close: bool, why: str, by: User, now: datetime) -> Approval:
    """
    Ask a second officer to close a team's exchanges to the desk, or to end that.

    :raises NothingNew: if it is so already.
    :raises apps.audit.approvals.asking.ReasonTooShort: if `why` says too little.
    """
    if ClosedTeam.objects.filter(pk=team.pk).exists() == close:
        raise NothingNew
    subject = Subject(TEAM, str(team.pk), team.name)
    return asking.ask(Deed.TEAM_CLOSED, subject=subject, terms={"closed": close}, why=why, by=by, now=now)


def carry_out(approval: Approval, by: User, now: datetime) -> None:
    """Close or reopen the team, in the transaction of the consent."""
    team = Team.objects.filter(pk=approval.subject_id).first()
    close = bool(approval.terms["closed"])
    if team is None or ClosedTeam.objects.filter(pk=approval.subject_id).exists() == close:
        raise CannotBeCarriedOut("The team is gone or stands so already. Refuse this request.")
    action = Action.COUNCIL_TEAM_CLOSED if close else Action.COUNCIL_TEAM_REOPENED
    event_id = record_event(
        action, who=who(approval.asked_by), subject_kind=TEAM, subject_id=str(team.pk), subject_label=team.name,
        details={"reason": approval.why, "consent": by.name}, now=now,
    )  # fmt: skip
    if close:
        ClosedTeam.objects.create(team_id=team.pk, team_label=team.name, closed_at=now, event_id=event_id)
    else:
        ClosedTeam.objects.filter(pk=team.pk).delete()
