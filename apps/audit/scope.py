"""
Which records somebody at the desk may read: everybody's but their own, and of closed teams what was opened.

Every read of the desk starts here, so that nobody sees, opens, decides, unmasks or exports an exchange that they wrote
themselves. Their own they see in the chat, like everybody. Of a closed team (`apps.audit.council`) they read figures,
and single exchanges only while an opening lasts; both are asked on every read.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, UUIDField, When
from django.db.models.functions import Cast, Now

from apps.accounts.models import Membership, User
from apps.audit.looks import EXCHANGE
from apps.audit.models import ClosedTeam, Opening
from apps.ledger.models import Event, Intent, Outcome

AN_ID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


PERSON = "person"
SMALLEST_COUNTED = 5
ABOUT_PEOPLE = "^(IDENTITY|APPROVAL|PACKAGE|ERASURE|COUNCIL)_"
HOW_IT_WAS_OPENED = "^(APPROVAL|COUNCIL)_"

KeptBack = Callable[[User], Q | None]
_kept_back: list[KeptBack] = []


def keep_back(events: KeptBack) -> None:
    """Have a room say which events `actor` may not read, such as those of what it does not show them; None for none."""
    if events not in _kept_back:
        _kept_back.append(events)


def exchanges_for(actor: User) -> QuerySet[Intent]:
    """Give the exchanges that `actor` may read at the desk: none without the role, never their own. Two queries."""
    if not actor.may_read_records():
        return Intent.objects.none()
    others = Intent.objects.exclude(person_id=actor.pk)
    closed = closed_teams()
    return others.filter(~Q(team_id__in=closed) | Exists(_openings("pk", "person_id"))) if closed else others


def closed_teams() -> list[UUID]:
    """Give the teams whose exchanges are closed to the desk. One query."""
    return list(ClosedTeam.objects.values_list("team_id", flat=True))


def uncounted_teams() -> set[UUID]:
    """Give the closed teams of fewer than five people: their figures would be somebody's. Two queries at most."""
    closed = closed_teams()
    if not closed:
        return set()
    working = Membership.objects.filter(team_id__in=closed, person__is_active=True)
    people = dict(working.values_list("team_id").annotate(Count("person_id")))
    return {team_id for team_id in closed if people.get(team_id, 0) < SMALLEST_COUNTED}


def is_open(exchange: str) -> Q:
    """
    Ask of a row whose field `exchange` names an exchange that this is not closed to the desk. One query.

    A row that names none is open.
    """
    closed = closed_teams()
    return Q(~Exists(_closed_off(closed, exchange))) if closed else Q()


def own_exchanges(actor: User) -> QuerySet[Intent]:
    """Give the exchanges of `actor`, for figures that leave them out; nothing else may be made of them here."""
    return Intent.objects.filter(person_id=actor.pk)


def outcomes_for(actor: User) -> QuerySet[Outcome]:
    """Give the outcomes of the exchanges that `actor` may read at the desk. One query."""
    if not actor.may_read_records():
        return Outcome.objects.none()
    return Outcome.objects.exclude(intent__person_id=actor.pk).filter(is_open("intent_id"))


def events_for(actor: User) -> QuerySet[Event]:
    """
    Give the events that `actor` may read at the desk: all but those about exchanges of their own, what others at the
    desk did about them as a person, what is closed, and what a room keeps back.

    Two queries, and one more for each such room.
    """
    if not actor.may_read_records():
        return Event.objects.none()
    their_own = Intent.objects.filter(pk=OuterRef("about_exchange"), person_id=actor.pk)
    about_them = Q(subject_kind=PERSON, subject_id=str(actor.pk), action__regex=ABOUT_PEOPLE) & ~Q(actor_id=actor.pk)
    events = Event.objects.alias(about_exchange=_exchange_in_question())
    readable = events.filter(~Exists(their_own)).exclude(about_them)
    closed = closed_teams()
    if closed:
        of_closed = Q(team_id__in=closed) & ~Exists(_openings("pk", "actor_id"))
        about_closed = Exists(_closed_off(closed, "about_exchange")) & ~Q(action__regex=HOW_IT_WAS_OPENED)
        readable = readable.exclude(of_closed).filter(~about_closed)
    for kept_back in (room(actor) for room in _kept_back):
        readable = readable.exclude(kept_back) if kept_back is not None else readable
    return readable


def _closed_off(closed: list[UUID], exchange: str) -> QuerySet[Intent]:
    """The exchange that a row names, if its team is closed and nothing opens it."""
    named = Intent.objects.filter(pk=OuterRef(exchange), team_id__in=closed)
    return named.exclude(Exists(_openings("pk", "person_id")))


def _openings(exchange: str, person: str) -> QuerySet[Opening]:
    lasting = Opening.objects.filter(until__gt=Now())
    return lasting.filter(Q(exchange_id=OuterRef(exchange)) | Q(person_id=OuterRef(person)))


def _exchange_in_question() -> Case:
    """The id of the exchange that an event is about, NULL for other subjects, which need not have such an id."""
    is_one = Q(subject_kind=EXCHANGE, subject_id__regex=AN_ID)
    return Case(When(is_one, then=Cast("subject_id", UUIDField())), default=None, output_field=UUIDField(null=True))
