"""Doors to saved searches, and to a search that is put into a case."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from apps.accounts.access import person_of
from apps.audit.cases import searches, snapshots, tasks
from apps.audit.cases.forms import ChooseCaseForm, SearchForm
from apps.audit.cases.models import SavedSearch, Snapshot
from apps.audit.cases.recording import listed
from apps.audit.cases.searches import NameTaken, NotASearch
from apps.audit.cases.work import NotNow
from apps.audit.doors import desk, officers_only, officers_read
from apps.ledger.vocabulary import Action

SHOWN = 200


@desk
def saved(request: HttpRequest) -> HttpResponse:
    """List the searches that the person may open."""
    actor = person_of(request)
    rows = list(SavedSearch.objects.visible_to(actor).select_related("owner").order_by("name", "id")[:SHOWN])
    listed(Action.SEARCHES_LISTED, by=actor, shown=len(rows), now=timezone.now())
    shown = [(row, searches.chips_of(row.query), row.owner_id == actor.pk) for row in rows]
    return render(request, "audit/cases/searches.html", {"rows": shown})


@desk
def open_search(request: HttpRequest, search_id: UUID) -> HttpResponse:
    """Open a saved search: the list of exchanges with its filters."""
    actor = person_of(request)
    found = get_object_or_404(SavedSearch.objects.visible_to(actor), pk=search_id)
    searches.opened(found, by=actor, now=timezone.now())
    return redirect(f"{reverse('audit:exchanges')}?{found.query}")


@officers_only
def save(request: HttpRequest) -> HttpResponse:
    """Save the filters of a list under a name."""
    form = SearchForm(request.POST)
    asked = QueryDict(request.POST.get("query", "")[: searches.LONGEST_QUERY])
    if form.is_valid():
        try:
            query = searches.tidied(asked)
            searches.save(**form.cleaned_data, query=query, by=person_of(request), now=timezone.now())
        except NameTaken as taken:
            form.add_error("name", taken.sentence)
        except NotASearch as refused:
            form.add_error(None, refused.sentence)
        else:
            messages.success(request, f"The search is saved as {form.cleaned_data['name']}.")
            return redirect("cases:searches")
    return render(request, "audit/cases/search_form.html", {"form": form, "query": asked.urlencode()}, status=422)


@officers_only
def share(request: HttpRequest, search_id: UUID) -> HttpResponse:
    """Share a search with the desk, or keep it to oneself."""
    is_shared = request.POST.get("is_shared") == "yes"
    searches.share(_own(request, search_id), is_shared=is_shared, by=person_of(request), now=timezone.now())
    messages.success(request, "The desk sees it now." if is_shared else "Only you see it now.")
    return redirect("cases:searches")


@officers_only
def delete(request: HttpRequest, search_id: UUID) -> HttpResponse:
    """Delete a search."""
    searches.delete(_own(request, search_id), by=person_of(request), now=timezone.now())
    messages.success(request, "The search is deleted. What it asked for stays on the record.")
    return redirect("cases:searches")


@officers_read
def choose(request: HttpRequest) -> HttpResponse:
    """Offer to put what a search finds into a case."""
    return _choose_page(request, request.GET, ChooseCaseForm(officer=person_of(request)))


@officers_only
def snapshot(request: HttpRequest) -> HttpResponse:
    """Begin to put what a search finds into a case."""
    officer = person_of(request)
    asked = QueryDict(request.POST.get("query", "")[: searches.LONGEST_QUERY])
    form = ChooseCaseForm(request.POST, officer=officer)
    if not form.is_valid():
        return _choose_page(request, asked, form, status=422)
    try:
        begun = snapshots.begin(form.cleaned_data["case"], query=searches.tidied(asked), by=officer, now=timezone.now())
    except (NotASearch, NotNow) as refused:
        form.add_error("case", refused.sentence)
        return _choose_page(request, asked, form, status=422)
    transaction.on_commit(lambda: tasks.add_search.delay(str(begun.pk)))
    return redirect("cases:snapshot_page", snapshot_id=begun.pk)


@officers_read
def snapshot_page(request: HttpRequest, snapshot_id: UUID) -> HttpResponse:
    """Show how far a search is put into its case."""
    return render(request, "audit/cases/snapshot.html", {"run": _own_snapshot(request, snapshot_id)})


@officers_read
def snapshot_progress(request: HttpRequest, snapshot_id: UUID) -> HttpResponse:
    """Give the part of the page that changes."""
    return render(request, "audit/cases/_progress.html", {"run": _own_snapshot(request, snapshot_id)})


@officers_only
def cancel_snapshot(request: HttpRequest, snapshot_id: UUID) -> HttpResponse:
    """Stop putting a search into its case."""
    snapshots.cancel(_own_snapshot(request, snapshot_id), by=person_of(request), now=timezone.now())
    return redirect("cases:snapshot_page", snapshot_id=snapshot_id)


def _own(request: HttpRequest, search_id: UUID) -> SavedSearch:
    return get_object_or_404(SavedSearch.objects.changeable_by(person_of(request)), pk=search_id)


def _own_snapshot(request: HttpRequest, snapshot_id: UUID) -> Snapshot:
    mine = Snapshot.objects.visible_to(person_of(request)).select_related("case")
    found: Snapshot = get_object_or_404(mine, pk=snapshot_id)
    return found


def _choose_page(request: HttpRequest, asked: QueryDict, form: ChooseCaseForm, *, status: int = 200) -> HttpResponse:
    page = {"form": form, "most": snapshots.MOST_AT_ONCE}
    try:
        query = searches.tidied(asked)
    except NotASearch as refused:
        return render(request, "audit/cases/choose.html", page | {"trouble": refused.sentence}, status=400)
    return render(
        request, "audit/cases/choose.html", page | {"query": query, "chips": searches.chips_of(query)}, status=status
    )
