"""Searches under a name: saved, shared with the desk, opened again; and what a search asks for, from its address."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.http import QueryDict

from apps.accounts.models import User
from apps.audit.cases.models import SavedSearch
from apps.audit.cases.recording import about_search
from apps.audit.filters import ExchangeFilter
from apps.ledger.vocabulary import Action

PLACES: Final = ("older", "newer")
LONGEST_QUERY: Final = 4_000


class NameTaken(Exception):
    """This officer has a search of that name."""

    sentence = "You have a saved search with this name. Choose another name, or delete that one first."


class NotASearch(Exception):
    """These filters are none that the list of exchanges takes."""

    sentence = "These filters cannot be read any more. Set them again on the list of exchanges, then save them."


def form_of(query: str) -> ExchangeFilter:
    """
    Read the filters that an address's query asks for.

    :raises NotASearch: if one of them is not valid.
    """
    form = ExchangeFilter(QueryDict(query))
    if not form.is_valid():
        raise NotASearch
    return form


def tidied(asked: QueryDict) -> str:
    """
    Keep of a query the filters that are in force, in one order, without a place in the list.

    :raises NotASearch: if one of them is not valid, or they are too long to keep.
    """
    kept = QueryDict(mutable=True)
    for name in sorted(set(ExchangeFilter(asked).fields) & set(asked)):
        kept.setlist(name, [value for value in asked.getlist(name) if value.strip()])
    query = kept.urlencode()
    if len(query) > LONGEST_QUERY:
        raise NotASearch
    form_of(query)
    return query


@transaction.atomic
def save(*, name: str, query: str, is_shared: bool, by: User, now: datetime) -> SavedSearch:
    """
    Save a search under a name of the officer's own.

    :raises NameTaken: if they have one of that name.
    """
    try:
        with transaction.atomic():
            saved = SavedSearch.objects.create(owner=by, name=name, query=query, is_shared=is_shared, saved_at=now)
    except IntegrityError:
        raise NameTaken from None
    about_search(Action.SEARCH_SAVED, saved, by=by, now=now, query=query, shared=is_shared)
    return saved


@transaction.atomic
def share(saved: SavedSearch, *, is_shared: bool, by: User, now: datetime) -> None:
    """Let the whole desk open a search, or its owner alone."""
    if SavedSearch.objects.filter(pk=saved.pk, is_shared=not is_shared).update(is_shared=is_shared):
        about_search(Action.SEARCH_SHARED if is_shared else Action.SEARCH_UNSHARED, saved, by=by, now=now)


@transaction.atomic
def delete(saved: SavedSearch, *, by: User, now: datetime) -> None:
    """Delete a search; what it asked for stays on the record."""
    about_search(Action.SEARCH_DELETED, saved, by=by, now=now, query=saved.query)
    saved.delete()


def opened(saved: SavedSearch, *, by: User, now: datetime) -> None:
    """Record that a saved search was opened."""
    about_search(Action.SEARCH_OPENED, saved, by=by, now=now, query=saved.query)


def chips_of(query: str) -> list[str]:
    """Say the filters of a search in words; none where they cannot be read any more."""
    try:
        return [chip.label for chip in form_of(query).chips()]
    except NotASearch:
        return []
