"""Doors to exports: asked for, begun, watched, downloaded, deleted, each by whoever asked for it alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, cast
from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.core.handlers.asgi import ASGIRequest
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from apps.accounts.access import person_of
from apps.audit.approvals import asking
from apps.audit.approvals.asking import NotApproved
from apps.audit.approvals.deeds import Deed
from apps.audit.cases import choosing, exporting, searches, tasks
from apps.audit.cases.exporting import NotToBeHad
from apps.audit.cases.forms import ExportForm
from apps.audit.cases.models import Case, Export, Run
from apps.audit.cases.recording import listed
from apps.audit.cases.searches import NotASearch
from apps.audit.doors import officers_only, officers_read
from apps.audit.reads import TookTooLong
from apps.audit.telling import written
from apps.ledger.vocabulary import Action

SHOWN = 100


@officers_read
def exports(request: HttpRequest) -> HttpResponse:
    """List the exports that the officer asked for."""
    officer = person_of(request)
    rows = list(_mine(request).order_by("-asked_at")[:SHOWN])
    listed(Action.EXPORTS_LISTED, by=officer, shown=len(rows), now=timezone.now())
    return render(request, "audit/cases/exports.html", {"rows": [(row, choosing.label_of(row)) for row in rows]})


@officers_read
def new(request: HttpRequest) -> HttpResponse:
    """Offer the form of an export, of the case or the search that the address names."""
    return _form_page(request, request.GET, ExportForm())


@officers_only
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for an export."""
    given = QueryDict(request.POST.get("of", "")[: searches.LONGEST_QUERY])
    form = written(ExportForm(request.POST), by=person_of(request))
    if not form.is_valid():
        return _form_page(request, given, form, status=422)
    case = _case(request, given)
    try:
        query = "" if case else searches.tidied(given)
        made = exporting.ask(case=case, query=query, **form.cleaned_data, by=person_of(request), now=timezone.now())
    except (NotASearch, TookTooLong, choosing.TooMany) as refused:
        form.add_error(None, refused.sentence)
    except choosing.NotAStretch as refused:
        form.add_error("is_whole", refused.sentence)
    else:
        _queue(made)
        return redirect("cases:export", export_id=made.pk)
    return _form_page(request, given, form, status=422)


@officers_read
def export(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Show how an export stands and what can be done with it."""
    return _page(request, _own(request, export_id))


@officers_read
def progress(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Give the part of the page that changes."""
    return render(request, "audit/cases/_progress.html", {"run": _own(request, export_id)})


@officers_only
def start(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Begin an export that a second officer consented to."""
    found, officer = _own(request, export_id), person_of(request)
    try:
        if exporting.start(found, by=officer, now=timezone.now()):
            found.refresh_from_db()
            _queue(found)
    except NotApproved as refused:
        messages.error(request, refused.sentence)
    return redirect("cases:export", export_id=export_id)


@officers_only
def cancel(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Stop an export."""
    if exporting.cancel(_own(request, export_id), by=person_of(request), now=timezone.now()):
        messages.success(request, "It is stopped. Nothing of it is kept.")
    return redirect("cases:export", export_id=export_id)


@officers_only
def delete(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Delete a finished export before its days are over."""
    if exporting.delete(_own(request, export_id), by=person_of(request), now=timezone.now()):
        messages.success(request, "The export is deleted.")
    return redirect("cases:export", export_id=export_id)


@officers_read
def download(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Send the bundle to whoever asked for it; that it was taken is on the record by then."""
    found = _own(request, export_id)
    try:
        chunks = exporting.downloaded(found, by=person_of(request), now=timezone.now())
    except NotToBeHad:
        raise Http404 from None
    return as_download(request, chunks, name=f"portcullis-{found.pk}.zip")


def as_download(request: HttpRequest, chunks: Iterator[bytes], *, name: str) -> HttpResponse:
    """Send a bundle as a file that no browser shows."""
    streamed = _by_and_by(chunks) if isinstance(request, ASGIRequest) else chunks
    response = StreamingHttpResponse(streamed, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return cast(HttpResponse, response)  # it streams, and is a response in every other way


async def _by_and_by(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Read each chunk beside the event loop, so that a large bundle holds nobody up."""
    read = sync_to_async(lambda: next(chunks, None), thread_sensitive=False)
    while (chunk := await read()) is not None:
        yield chunk


def _mine(request: HttpRequest) -> Any:
    return Export.objects.visible_to(person_of(request)).select_related("case", "by")


def _own(request: HttpRequest, export_id: UUID) -> Export:
    found: Export = get_object_or_404(_mine(request), pk=export_id)
    if found.case is not None:
        get_object_or_404(Case.objects.visible_to(person_of(request)), pk=found.case_id)
    return found


def _case(request: HttpRequest, given: QueryDict) -> Case | None:
    """Find the case that an address names, among those that the officer works on."""
    if "case" not in given:
        return None
    try:
        wanted = UUID(str(given["case"]))
    except ValueError:
        raise Http404 from None
    officer = person_of(request)
    return get_object_or_404(Case.objects.visible_to(officer).worked_on_by(officer), pk=wanted)


def _form_page(request: HttpRequest, given: QueryDict, form: ExportForm, *, status: int = 200) -> HttpResponse:
    page: dict[str, Any] = {"form": form, "of": given.urlencode(), "needs_two": asking.is_needed(Deed.EXPORT)}
    case = _case(request, given)
    if case is not None:
        if case.is_confidential:
            form.warn_of_the_desk()
        return render(request, "audit/cases/export_form.html", page | {"case": case}, status=status)
    try:
        page["chips"] = searches.chips_of(searches.tidied(given))
    except NotASearch as refused:
        return render(request, "audit/cases/export_form.html", page | {"trouble": refused.sentence}, status=400)
    return render(request, "audit/cases/export_form.html", page, status=status)


def _page(request: HttpRequest, found: Export) -> HttpResponse:
    officer, now = person_of(request), timezone.now()
    subject, terms = exporting.subject_of(found), exporting.terms_of(found)
    granted = None
    if found.state == Run.State.ASKED:
        granted = asking.granted(Deed.EXPORT, subject=subject, terms=terms, by=officer, now=now)
    page = {
        "run": found, "export": found, "label": choosing.label_of(found), "terms": terms, "granted": granted,
        "filters": choosing.filters(found), "needs_two": asking.is_needed(Deed.EXPORT),
    }  # fmt: skip
    return render(request, "audit/cases/export.html", page)


def _queue(export: Export) -> None:
    if export.state == Run.State.QUEUED:
        transaction.on_commit(lambda: tasks.build_export.delay(str(export.pk)))
