"""The exchanges of a case: put in, taken out, and listed; nobody is ever shown their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from apps.accounts.models import User
from apps.audit.cases import confidence
from apps.audit.cases.models import Case, CaseExchange
from apps.audit.cases.recording import about_case
from apps.audit.cases.work import NotNow
from apps.audit.scope import exchanges_for
from apps.ledger.models import Intent
from apps.ledger.vocabulary import Action

MOST_IN_A_CASE = 50_000


class CaseIsFull(Exception):
    """A case holds no more than 50,000 exchanges."""

    sentence = f"A case holds {MOST_IN_A_CASE:,} exchanges at most. Narrow the search, or open another case."


@dataclass(frozen=True, slots=True)
class Chosen:
    """An exchange to be put into a case."""

    id: UUID
    person_id: UUID
    started_at: datetime


def seen_in(case: Case, actor: User) -> QuerySet[CaseExchange]:
    """Give the exchanges of a case that `actor` may see: all but their own."""
    return CaseExchange.objects.filter(case=case).exclude(person_id=actor.pk)


def chosen(exchange_id: UUID, *, by: User) -> Chosen | None:
    """Find one exchange that `by` may read. Two queries."""
    row = exchanges_for(by).filter(pk=exchange_id).values_list("id", "person_id", "started_at").first()
    return Chosen(*row) if row else None


@transaction.atomic
def add(case: Case, exchanges: Sequence[Chosen], *, by: User, how: str, now: datetime) -> int:
    """
    Put exchanges into an open case, and name each on the record; return how many were new. Four statements.

    :raises NotNow: if the case was closed meanwhile.
    :raises CaseIsFull: if it would hold too many.
    """
    held = Case.objects.select_for_update().filter(pk=case.pk, state=Case.State.OPEN).first()
    if held is None:
        raise NotNow
    there = set(
        case.exchanges.filter(exchange_id__in=[one.id for one in exchanges]).values_list("exchange_id", flat=True)
    )
    fresh = [one for one in exchanges if one.id not in there]
    if not fresh:
        return 0
    if case.exchanges.count() + len(fresh) > MOST_IN_A_CASE:
        raise CaseIsFull
    CaseExchange.objects.bulk_create(
        CaseExchange(
            case=case, exchange_id=one.id, person_id=one.person_id, started_at=one.started_at, added_at=now,
            added_by_id=by.pk, added_by_label=by.name,
        )
        for one in fresh
    )  # fmt: skip
    about_case(
        Action.CASE_EXCHANGES_ADDED, case, by=by, now=now, how=how, count=len(fresh),
        exchanges=[str(one.id) for one in fresh],
    )  # fmt: skip
    confidence.put_in(held, [one.id for one in fresh], by=by, now=now)
    return len(fresh)


@transaction.atomic
def remove(case: Case, exchange_id: UUID, *, reason: str, by: User, now: datetime) -> None:
    """
    Take an exchange out of an open case; that it was in it, and why it is not any more, stays on the record.

    :raises NotNow: if it is not in it, or the case was closed meanwhile.
    """
    if Case.objects.select_for_update().filter(pk=case.pk, state=Case.State.OPEN).first() is None:
        raise NotNow
    if not seen_in(case, by).filter(exchange_id=exchange_id).delete()[0]:
        raise NotNow
    confidence.taken_out(case, exchange_id, by=by, now=now)
    about_case(Action.CASE_EXCHANGE_REMOVED, case, by=by, now=now, exchange=str(exchange_id), reason=reason)


def rows_of(links: Sequence[CaseExchange], *, actor: User) -> list[Intent]:
    """Read the exchanges of one page of a case, in its order. One query."""
    found = exchanges_for(actor).select_related("outcome").defer("sealed_payload", "outcome__sealed_answer")
    by_id = found.in_bulk([link.exchange_id for link in links])
    return [by_id[link.exchange_id] for link in links if link.exchange_id in by_id]
