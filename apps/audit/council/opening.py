"""What is closed is opened for a time: one exchange or one person, with a reason, by two officers."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from apps.accounts.actors import who
from apps.accounts.models import User
from apps.audit import scope
from apps.audit.approvals import asking
from apps.audit.approvals.asking import Subject
from apps.audit.approvals.deeds import CannotBeCarriedOut, Deed
from apps.audit.approvals.models import Approval
from apps.audit.looks import EXCHANGE
from apps.audit.models import Opening
from apps.audit.pseudonyms import pseudonym
from apps.audit.review.models import Item
from apps.audit.review.vocabulary import Severity
from apps.ledger.models import Intent
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

LONGEST_DAYS = 14
FLAGS_SHOWN = 50


class NothingClosed(Exception):
    """There is nothing of this number or pseudonym that is closed."""

    sentence = "Nothing closed has this number or pseudonym: check it, or look whether it is open already."


def ask_for_exchange(exchange_id: UUID, *, days: int, why: str, by: User, now: datetime) -> Approval:
    """
    Ask a second officer to open one exchange of a closed team.

    :raises NothingClosed: if no closed exchange but one's own has this id.
    :raises apps.audit.approvals.asking.ReasonTooShort: if `why` says too little.
    """
    intent = _closed(by).filter(pk=exchange_id).first()
    if intent is None:
        raise NothingClosed
    about = Subject(EXCHANGE, str(exchange_id), f"An exchange of {intent.team_label}", intent.person_id)
    return asking.ask(Deed.CLOSED_OPENED, subject=about, terms={"days": days}, why=why, by=by, now=now)


def ask_for_person(person_id: UUID, *, days: int, why: str, by: User, now: datetime) -> Approval:
    """Ask a second officer to open all that one person wrote in closed teams. Raises as `ask_for_exchange`."""
    if not _closed(by).filter(person_id=person_id).exists():
        raise NothingClosed
    about = Subject(scope.PERSON, str(person_id), pseudonym(person_id), person_id)
    return asking.ask(Deed.CLOSED_OPENED, subject=about, terms={"days": days}, why=why, by=by, now=now)


def carry_out(approval: Approval, by: User, now: datetime) -> None:
    """Open it from the moment of the consent on, in its transaction."""
    days = approval.terms["days"]
    if not 1 <= days <= LONGEST_DAYS:
        raise CannotBeCarriedOut(f"It cannot be opened for longer than {LONGEST_DAYS} days. Refuse this request.")
    until = now + timedelta(days=days)
    event_id = record_event(
        Action.COUNCIL_OPENED, who=who(approval.asked_by), subject_kind=approval.subject_kind,
        subject_id=approval.subject_id, subject_label=approval.subject_label, now=now,
        details={"until": until.isoformat(), "reason": approval.why, "consent": by.name},
    )  # fmt: skip
    field = "exchange_id" if approval.subject_kind == EXCHANGE else "person_id"
    Opening.objects.create(**{field: UUID(approval.subject_id)}, until=until, event_id=event_id)


def flags(actor: User) -> QuerySet[Item]:
    """Give what waits in queues of high severity and is closed to the desk: which queue and why, nobody's name."""
    closed = _closed(actor).values("pk")
    high = Item.objects.open().filter(severity=Severity.HIGH).exclude(person_id=actor.pk)
    return high.filter(exchange_id__in=closed).select_related("queue").order_by("due_at", "id")


def _closed(actor: User) -> QuerySet[Intent]:
    """The exchanges of closed teams that `actor` does not see, but for their own."""
    closed = Intent.objects.filter(team_id__in=scope.closed_teams()).exclude(person_id=actor.pk)
    return closed.exclude(pk__in=scope.exchanges_for(actor).filter(team_id__in=scope.closed_teams()).values("pk"))
