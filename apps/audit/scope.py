"""
Which records somebody at the desk may read: everybody's but their own.

Every read of the desk starts here, so that nobody sees, opens, decides, unmasks or exports an exchange that they wrote
themselves. Their own they see in the chat, like everybody.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, UUIDField, When
from django.db.models.functions import Cast

from apps.accounts.models import User
from apps.audit.looks import EXCHANGE
from apps.ledger.models import Event, Intent, Outcome

AN_ID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


PERSON = "person"
ABOUT_PEOPLE = "^(IDENTITY|APPROVAL|PACKAGE|ERASURE)_"

KeptBack = Callable[[User], Q | None]
_kept_back: list[KeptBack] = []


def keep_back(events: KeptBack) -> None:
    """Have a room say which events `actor` may not read, such as those of what it does not show them; None for none."""
    if events not in _kept_back:
        _kept_back.append(events)


def exchanges_for(actor: User) -> QuerySet[Intent]:
    """Give the exchanges that `actor` may read at the desk: none without the role, never their own. One query."""
    if not actor.may_read_records():
        return Intent.objects.none()
    return Intent.objects.exclude(person_id=actor.pk)


def own_exchanges(actor: User) -> QuerySet[Intent]:
    """Give the exchanges of `actor`, for figures that leave them out; nothing else may be made of them here."""
    return Intent.objects.filter(person_id=actor.pk)


def outcomes_for(actor: User) -> QuerySet[Outcome]:
    """Give the outcomes of the exchanges that `actor` may read at the desk. One query."""
    if not actor.may_read_records():
        return Outcome.objects.none()
    return Outcome.objects.exclude(intent__person_id=actor.pk)


def events_for(actor: User) -> QuerySet[Event]:
    """
    Give the events that `actor` may read at the desk: all but those about exchanges of their own, what others at the
    desk did about them as a person, and those that a room keeps back. One query, and one for each such room.
    """
    if not actor.may_read_records():
        return Event.objects.none()
    their_own = Intent.objects.filter(pk=OuterRef("about_exchange"), person_id=actor.pk)
    about_them = Q(subject_kind=PERSON, subject_id=str(actor.pk), action__regex=ABOUT_PEOPLE) & ~Q(actor_id=actor.pk)
    events = Event.objects.alias(about_exchange=_exchange_in_question())
    readable = events.filter(~Exists(their_own)).exclude(about_them)
    for kept_back in (room(actor) for room in _kept_back):
        readable = readable.exclude(kept_back) if kept_back is not None else readable
    return readable


def _exchange_in_question() -> Case:
    """The id of the exchange that an event is about, NULL for other subjects, which need not have such an id."""
    is_one = Q(subject_kind=EXCHANGE, subject_id__regex=AN_ID)
    return Case(When(is_one, then=Cast("subject_id", UUIDField())), default=None, output_field=UUIDField(null=True))
