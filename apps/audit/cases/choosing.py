"""Which exchanges an export holds: those of its case, or those its search asks for, as of the moment it was asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django import forms
from django.db.models import Q

from apps.audit import exchanges, reads
from apps.audit.cases import contents, searches
from apps.audit.cases.lines import moment
from apps.audit.cases.models import Case, CaseExchange, Export
from apps.audit.filters import PERSON, ExchangeFilter
from apps.audit.paging import Cursor
from apps.audit.scope import events_for, exchanges_for, own_exchanges
from apps.ledger.facts import Json
from apps.ledger.models import Entry, Intent, Outcome, RowKind

MOST: Final = 100_000
LONGEST_STRETCH: Final = 1_000_000
SPAN_ALONE: Final = {"since", "until"}
LEFT_OUT: Final = "left out of the redacted variant"


class TooMany(Exception):
    """More exchanges match than an export may hold."""

    sentence = f"An export holds {MOST:,} exchanges at most. Narrow the search, for instance to a shorter span of time."


class NotAStretch(Exception):
    """Only all exchanges of a span of time can be proved to be complete."""

    sentence = "That none is left out can be proved for a span of time alone: set From and To, and no other filter."


def steps(export: Export, *, at_most: int) -> Iterator[list[Intent]]:
    """
    Read the exchanges of an export, newest first, a few at a time, with their outcomes. Two queries a step.

    :raises TooMany: at the first that is too many.
    :raises apps.audit.reads.TookTooLong: if the database did not finish a step in time.
    """
    found = 0
    for ids in _ids_of_case(export, export.case, at_most) if export.case else _ids_of_search(export, at_most):
        found += len(ids)
        if found > MOST:
            raise TooMany
        rows = exchanges_for(export.by).select_related("outcome").in_bulk(ids)
        yield [rows[each] for each in ids if each in rows]


def expected(export: Export) -> int:
    """
    Count the exchanges of an export, up to one more than it may hold. One query.

    :raises apps.audit.reads.TookTooLong: if that takes too long.
    """
    if export.case is not None:
        return contents.seen_in(export.case, export.by).count()
    form = searches.form_of(export.query)
    return exchanges.counted(export.by, form, before=export.asked_at, at_most=MOST)


def is_a_span(form: ExchangeFilter) -> bool:
    """Say whether a search asks for a span of time and nothing else."""
    return set(form.in_force()) == SPAN_ALONE


def stretch(export: Export, questions: list[int]) -> tuple[int, int] | None:
    """
    Give the stretch of the tree from the first to beyond the last exchange, where the export is to be whole.

    :raises TooMany: if it is too long to be given record by record.
    """
    if not export.is_whole or not questions:
        return None
    first, beyond = min(questions), max(questions) + 1
    if beyond - first > LONGEST_STRETCH:
        raise TooMany
    return first, beyond


def own_left_out(export: Export) -> int:
    """
    Count the exchanges of whoever asked that match too, and are in no export of theirs. One query.

    :raises apps.audit.reads.TookTooLong: if that takes too long.
    """
    if export.case is not None:
        own = CaseExchange.objects.filter(case=export.case, person_id=export.by_id, added_at__lte=export.asked_at)
        return own.count()
    mine = exchanges.narrowed(own_exchanges(export.by), searches.form_of(export.query))
    with reads.bounded():
        return mine.filter(started_at__lte=export.asked_at).count()


def kept_back(export: Export, whole: tuple[int, int] | None) -> frozenset[int]:
    """Give the places in a stretch whose records whoever asked may not read: they go along by their hash alone."""
    if whole is None:
        return frozenset()
    within = Entry.objects.filter(index__gte=whole[0], index__lt=whole[1])
    events = within.filter(kind=RowKind.EVENT).values("row_id")
    readable = events_for(export.by).filter(pk__in=events).values("pk")
    own = own_exchanges(export.by)
    hidden = Q(row_id__in=own.values("pk")) | Q(row_id__in=Outcome.objects.filter(intent__in=own).values("pk"))
    hidden |= Q(kind=RowKind.EVENT) & ~Q(row_id__in=readable)
    return frozenset(within.filter(hidden).values_list("index", flat=True))


def claim_of(export: Export, whole: tuple[int, int] | None, *, kept_back: int) -> Json:
    """Write what the manifest claims: the stretch, and how many of its records are given by their hash alone."""
    if whole is None:
        return None
    since, until = _span(export)
    return {
        "first": whole[0], "beyond": whole[1], "since": moment(since), "until": moment(until),
        "without_person": str(export.by_id), "kept_back": kept_back,
    }  # fmt: skip


def form_of(export: Export) -> ExchangeFilter:
    """Read the filters of an export of a search."""
    return searches.form_of(export.query)


def filters(export: Export) -> dict[str, Any]:
    """Say which filters an export has, as they were typed; none where it is of a case."""
    return {} if export.case_id else form_of(export).in_force()


def asked(export: Export) -> Json:
    """Say in the manifest what was asked for; words that were looked for stand in the full variant alone."""
    if export.case is not None:
        return {"case": export.case.number, "search": None}
    told = filters(export)
    if export.variant == Export.Variant.REDACTED:
        fields = form_of(export).fields
        told |= {name: LEFT_OUT for name in told if name != PERSON and type(fields[name]) is forms.CharField}
    return {"case": None, "search": told}


def label_of(export: Export) -> str:
    """Name an export in a few words, for whoever asked for it."""
    return export.case.number if export.case else f"Search of {export.asked_at:%Y-%m-%d}"


def _span(export: Export) -> tuple[datetime, datetime]:
    cleaned = searches.form_of(export.query).cleaned_data
    return cleaned["since"], min(cleaned["until"], export.asked_at)


def _ids_of_search(export: Export, at_most: int) -> Iterator[list[UUID]]:
    form, cursor = searches.form_of(export.query), None
    while True:
        places = exchanges.in_steps(export.by, form, cursor, before=export.asked_at, at_most=at_most)
        if not places:
            return
        yield [place.id for place in places]
        cursor = Cursor("older", places[-1].started_at, places[-1].id)


def _ids_of_case(export: Export, case: Case, at_most: int) -> Iterator[list[UUID]]:
    mine = contents.seen_in(case, export.by).filter(added_at__lte=export.asked_at)
    last: CaseExchange | None = None
    while True:
        rows = list((mine.filter(_after(last)) if last else mine).order_by("-started_at", "-exchange_id")[:at_most])
        if not rows:
            return
        yield [row.exchange_id for row in rows]
        last = rows[-1]


def _after(last: CaseExchange) -> Q:
    same = Q(started_at=last.started_at, exchange_id__lt=last.exchange_id)
    return Q(started_at__lte=last.started_at) & (Q(started_at__lt=last.started_at) | same)
