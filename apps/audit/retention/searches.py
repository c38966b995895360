"""What a hold by search covers: the desk's own filters, asked about keys of everybody, officers included."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.http import QueryDict

from apps.audit import reads
from apps.audit.exchanges import narrowed
from apps.audit.filters import ExchangeFilter
from apps.ledger.models import Intent

MOST_REMEMBERED = 50_000


class NotASearch(Exception):
    """The words are no search of the desk's list of exchanges, or one that finds everything."""

    sentence = (
        "This is no search of the list of exchanges. Search there until it shows what must be kept, then copy what "
        "stands in the address after the question mark."
    )


class FindsTooMuch(Exception):
    """The search finds more than one hold can remember."""

    sentence = (
        f"This search finds more than {MOST_REMEMBERED:,} conversations. Hold a team or a person instead, or choose a "
        "shorter span of time and place several holds."
    )


def cleaned(text: str) -> str:
    """
    Take the search out of an address or a part of one, without places in the list.

    :raises NotASearch: if it is not one, or asks for nothing.
    """
    query = QueryDict(text.strip().rpartition("?")[2], mutable=True)
    for place in ("older", "newer"):
        query.pop(place, None)
    form = ExchangeFilter(query)
    if not form.is_valid() or not form.in_force():
        raise NotASearch
    return query.urlencode()


def in_words(query: str) -> str:
    """Say a search in words, for the record and the page."""
    form = ExchangeFilter(QueryDict(query))
    return "; ".join(chip.label for chip in form.chips())[:300] if form.is_valid() else query[:300]


def found(query: str) -> set[UUID]:
    """
    Give the keys of all that a search finds now.

    :raises FindsTooMuch: if they are too many.
    :raises apps.audit.reads.TookTooLong: if the database did not finish in time.
    """
    with reads.bounded():
        keys = set(_keys_of(_rows(query)).distinct()[: MOST_REMEMBERED + 1])
    if len(keys) > MOST_REMEMBERED:
        raise FindsTooMuch
    return keys


def matched(query: str, key_ids: Collection[UUID]) -> set[UUID]:
    """Say which of these keys a search finds. A search that can no longer be read finds all: nothing is destroyed."""
    form = ExchangeFilter(QueryDict(query))
    if not form.is_valid():
        return set(key_ids)
    return set(_keys_of(_rows(query).filter(conversation_id__in=key_ids)))


def _rows(query: str) -> QuerySet[Intent]:
    form = ExchangeFilter(QueryDict(query))
    if not form.is_valid():
        raise NotASearch
    return narrowed(Intent.objects.all(), form)


def _keys_of(rows: QuerySet[Intent]) -> QuerySet[Intent, UUID]:
    return rows.annotate(key=Coalesce("conversation_id", "id")).order_by().values_list("key", flat=True)
