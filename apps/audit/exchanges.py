"""The list of exchanges: read from the append-only intents themselves, so that nothing can drop out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum, Value
from django.db.models.functions import Greatest, Length, Right, StrIndex, Substr, Upper
from django.utils import timezone

from apps.accounts.models import User
from apps.audit import reads
from apps.audit.filters import IN_PROGRESS, ExchangeFilter
from apps.audit.paging import Cursor, Rows, beyond, page_of
from apps.audit.pseudonyms import pseudonyms
from apps.audit.scope import exchanges_for, own_exchanges
from apps.ledger.models import Intent, Outcome
from apps.ledger.text import storable
from apps.ledger.vocabulary import OutcomeKind

SNIPPET_CHARACTERS = 240
COUNTED_AT_MOST = 10_000
COUNT_MILLISECONDS = 60
BEFORE_THE_MATCH = 40
COLUMNS = (
    "id", "started_at", "door", "purpose", "person_id", "person_label", "team_label", "model_label", "egress_class",
    "masked_count", "masked_types", "outcome__started_at", "outcome__kind", "outcome__input_tokens",
    "outcome__output_tokens", "outcome__cost", "outcome__currency", "search__intent_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ExchangeRow:
    """One line of the list. ``kind`` is empty while the exchange is in progress."""

    id: UUID
    started_at: datetime
    door: str
    purpose: str
    person_id: UUID
    person_label: str
    team_label: str
    model_label: str
    egress_class: str
    masked_count: int
    masked_types: list[str]
    kind: str
    tokens: int
    cost: Decimal
    currency: str
    is_erased: bool
    pseudonym: str
    snippet: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ExchangeList:
    """A page of exchanges and the places of its neighbours."""

    rows: list[ExchangeRow]
    newer: str
    older: str


@dataclass(frozen=True, slots=True)
class Place:
    """An exchange where only its place in the list and its person matter."""

    id: UUID
    person_id: UUID
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Estimate:
    """How many exchanges match, counted to 10,000 and no further."""

    count: int
    is_more: bool


@dataclass(frozen=True, slots=True)
class Today:
    """The figures of the day so far, over all exchanges but the reader's own."""

    exchanges: int
    refused: int
    masked: int
    costs: list[tuple[Decimal, str]]


def listed(actor: User, form: ExchangeFilter, cursor: Cursor | None) -> ExchangeList:
    """
    Read one page of what `form` asks for, without `actor`'s own. Three queries, one more for people new to the desk.

    :raises reads.TookTooLong: if the database did not finish in time.
    """
    with reads.bounded():
        page = page_of(_as_listed(actor, form), cursor, at=_time_column(form))
    is_match = bool(form.cleaned_data["q"])
    people = pseudonyms(row["person_id"] for row in page.rows)
    return ExchangeList([_row(row, people, is_match=is_match) for row in page.rows], page.newer, page.older)


def today(actor: User, now: datetime) -> Today:
    """
    Sum up the day so far, in the portal's time zone, without `actor`'s own exchanges.

    Two queries over the day's index entries, and two over the few exchanges of `actor`, whose figures are taken off:
    asking each entry whose it is would read every row of the day.
    """
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    with reads.bounded():
        own = own_exchanges(actor).filter(started_at__gte=midnight)
        everybody = _figures(Intent.objects.filter(started_at__gte=midnight), _outcomes(midnight))
        theirs = _figures(own, _outcomes(midnight).filter(intent__in=own.values("pk")))
    return _less(everybody, theirs)


def _outcomes(midnight: datetime) -> QuerySet[Outcome]:
    return Outcome.objects.filter(started_at__gte=midnight)


def _figures(intents: QuerySet[Intent], outcomes: QuerySet[Outcome]) -> Today:
    of_intents = intents.aggregate(exchanges=Count("started_at"), masked=Sum("masked_count"))
    refused = Count("kind", filter=Q(kind=OutcomeKind.REFUSED))
    by_currency = list(outcomes.values("currency").annotate(total=Sum("cost"), refused=refused).order_by("currency"))
    return Today(
        exchanges=of_intents["exchanges"],
        refused=sum(row["refused"] for row in by_currency),
        masked=of_intents["masked"] or 0,
        costs=[(row["total"], row["currency"]) for row in by_currency if row["currency"]],
    )


def _less(everybody: Today, own: Today) -> Today:
    taken_off = {currency: amount for amount, currency in own.costs}
    return Today(
        exchanges=everybody.exchanges - own.exchanges,
        refused=everybody.refused - own.refused,
        masked=everybody.masked - own.masked,
        costs=[(amount - taken_off.get(currency, Decimal(0)), currency) for amount, currency in everybody.costs],
    )


def asked(actor: User, form: ExchangeFilter) -> QuerySet[Intent]:
    """Give the exchanges that a valid `form` asks for, without `actor`'s own, in no order."""
    return narrowed(exchanges_for(actor), form)


def narrowed(rows: QuerySet[Intent], form: ExchangeFilter) -> QuerySet[Intent]:
    """Keep those of some exchanges that a valid `form` asks for. Whoever shows them to somebody begins at `asked`."""
    rows = rows.filter(form.condition())
    outcome = form.cleaned_data["outcome"]
    if outcome == IN_PROGRESS:
        rows = rows.filter(open_row__isnull=False, outcome__isnull=True)
    elif outcome:
        rows = rows.filter(outcome__kind=outcome)
    text = storable(form.cleaned_data["q"])
    if text:
        rows = rows.filter(search__left_text__icontains=text)
    return rows


def estimated(actor: User, form: ExchangeFilter) -> Estimate | None:
    """
    Count what `form` asks for up to 10,000, or say nothing where that takes longer than 60 milliseconds.

    The count is of the moment: nobody should have to wait for it, and none is kept.
    """
    try:
        with reads.bounded(milliseconds=COUNT_MILLISECONDS):
            count = asked(actor, form).order_by()[: COUNTED_AT_MOST + 1].count()
    except reads.TookTooLong:
        return None
    return Estimate(min(count, COUNTED_AT_MOST), is_more=count > COUNTED_AT_MOST)


def in_steps(
    actor: User, form: ExchangeFilter, cursor: Cursor | None, *, before: datetime, at_most: int
) -> list[Place]:
    """
    Read the next of what `form` asks for, newest first, of what began up to `before`; after the last step, none.

    Where work takes long, steps keep each query short and say how far it is. One query.

    :raises reads.TookTooLong: if the database did not finish in time.
    """
    at = _time_column(form)
    rows = asked(actor, form).filter(started_at__lte=before)
    if cursor is not None:
        rows = rows.filter(beyond(cursor, at))
    with reads.bounded():
        found = rows.order_by(f"-{at}", "-id").values_list("id", "person_id", "started_at")[:at_most]
        return [Place(*row) for row in found]


def counted(actor: User, form: ExchangeFilter, *, before: datetime, at_most: int) -> int:
    """
    Count what `form` asks for, of what began up to `before`, to one more than `at_most` and no further.

    :raises reads.TookTooLong: if the database did not finish in time.
    """
    with reads.bounded():
        return asked(actor, form).filter(started_at__lte=before).order_by()[: at_most + 1].count()


def _as_listed(actor: User, form: ExchangeFilter) -> Rows:
    text = storable(form.cleaned_data["q"])
    cut = {"snippet": _snippet(text), "length": Length("search__left_text")}
    listed: Rows = asked(actor, form).annotate(**cut).values(*COLUMNS, *cut)
    return listed


def _time_column(form: ExchangeFilter) -> str:
    """The time to page by: where one outcome is asked for, the outcome's own copy of it, which has an index."""
    return "started_at" if form.cleaned_data["outcome"] in ("", IN_PROGRESS) else "outcome__started_at"


def _snippet(text: str) -> Substr | Right:
    """Cut a few words out of what left: around the text looked for, else from the end, where the question stands."""
    if not text:
        return Right("search__left_text", SNIPPET_CHARACTERS)
    found_at = StrIndex(Upper("search__left_text"), Upper(Value(text)))
    return Substr("search__left_text", Greatest(found_at - BEFORE_THE_MATCH, Value(1)), SNIPPET_CHARACTERS)


def _trimmed(cut: str, length: int, *, is_match: bool) -> str:
    """Begin a cut-out with a whole word; where nothing was looked for, with the last paragraph: the question."""
    if len(cut) < length:
        first_word, blank, rest = cut.partition(" ")
        cut = rest if blank and len(first_word) < BEFORE_THE_MATCH else cut
    if not is_match:
        cut = cut.rstrip().rpartition("\n\n")[2]
    return cut if len(cut.strip()) >= length else f"… {cut}"


def _row(row: Mapping[str, Any], people: Mapping[UUID, str], *, is_match: bool) -> ExchangeRow:
    kept = {name: row[name] for name in COLUMNS if "__" not in name}
    return ExchangeRow(
        **kept,
        kind=row["outcome__kind"] or "",
        tokens=(row["outcome__input_tokens"] or 0) + (row["outcome__output_tokens"] or 0),
        cost=row["outcome__cost"] or Decimal(0),
        currency=row["outcome__currency"] or "",
        is_erased=row["search__intent_id"] is None,
        pseudonym=people[row["person_id"]],
        snippet=_trimmed(row["snippet"] or "", row["length"] or 0, is_match=is_match),
    )
