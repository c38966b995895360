"""Doors for people: their batches, a new one, what it does, and its results."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import person_of, roles_required, signed_in
from apps.accounts.models import Role, Team
from apps.batch import parsing, preparing, progress, results, steering, tasks
from apps.batch.forms import ColumnsForm, UploadForm
from apps.batch.models import Batch, Line
from apps.batch.parsing import BadFile, Prompts
from apps.batch.preparing import Columns, NotStartable
from apps.batch.sealing import Sealer
from apps.privacy.keys import KeyDestroyed

SHOWN = 50
NOT_LIVE = "This batch has ended or is not started; reload the page to see how it stands."


@roles_required(Role.EMPLOYEE)
@require_http_methods(["GET", "HEAD", "POST"])
def batches(request: HttpRequest) -> HttpResponse:
    """List a person's batches, and take the file of a new one."""
    person, now = person_of(request), timezone.now()
    teams = list(Team.objects.filter(memberships__person=person))
    team = _chosen(request, teams)
    models = preparing.models_for(person, team, now=now) if team else None
    form = UploadForm(request.POST or None, request.FILES or None, models=models) if team and models else None
    if request.method == "POST":
        if form is None or team is None:
            raise BadRequest
        if form.is_valid():
            file = form.cleaned_data["file"]
            raw = file.read(parsing.MOST_BYTES + 1)
            model = form.cleaned_data["model"]
            try:
                draft = preparing.keep_draft(person, team=team, model=model, name=file.name, raw=raw, now=now)
            except BadFile as bad:
                form.add_error("file", bad.sentence)
            else:
                return redirect("batch:batch", batch_id=draft.pk)
    context = {
        "form": form,
        "teams": teams,
        "team": team,
        "rows": _rows(request),
        "is_admin": person.has_role(Role.ADMIN),
    }
    return render(request, "batch/batches.html", context, status=422 if form and form.errors else 200)


@signed_in
@require_safe
def batch(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Show one batch: what is in the file before it starts, how far it is afterwards."""
    shown = _find(request, batch_id)
    return _draft_page(request, shown) if shown.state == Batch.State.DRAFT else _page(request, shown)


@roles_required(Role.EMPLOYEE)
@require_POST
def start(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Let a draft run."""
    draft = _find(request, batch_id)
    if draft.state != Batch.State.DRAFT:
        return redirect("batch:batch", batch_id=draft.pk)
    form = _columns_form(draft, request.POST)
    if form is not None and not form.is_valid():
        return _draft_page(request, draft, form=form, status=422)
    columns = form.columns() if form else None
    try:
        preparing.start(draft.pk, by=person_of(request), columns=columns, now=timezone.now())
    except (NotStartable, BadFile) as refused:
        messages.error(request, refused.sentence)
        return _draft_page(request, draft, form=form, columns=columns, status=422)
    transaction.on_commit(tasks.work.delay)
    return redirect("batch:batch", batch_id=draft.pk)


@signed_in
@require_POST
def discard(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Throw a draft away."""
    if preparing.discard(_find(request, batch_id), by=person_of(request), now=timezone.now()):
        messages.success(request, "The file is thrown away. Nothing was sent.")
    return redirect("batch:batches")


@signed_in
@require_POST
def pause(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Send no further line."""
    paused = steering.pause(_find(request, batch_id), by=person_of(request), now=timezone.now())
    return _done(request, batch_id, paused, "Paused. Lines under way are finished.")


@roles_required(Role.EMPLOYEE)
@require_POST
def resume(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Go on with a paused batch."""
    resumed = steering.resume(_find(request, batch_id), by=person_of(request), now=timezone.now())
    if resumed:
        transaction.on_commit(tasks.work.delay)
    return _done(request, batch_id, resumed, "It goes on.")


@signed_in
@require_POST
def cancel(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Give up what waits; keep what was answered."""
    cancelled = steering.cancel(_find(request, batch_id), by=person_of(request), now=timezone.now())
    return _done(request, batch_id, cancelled, "Cancelled. What was answered is kept.")


@roles_required(Role.EMPLOYEE)
@require_POST
def run_again(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Let lines without an answer wait again; those whose result is not known only where they are asked for alone."""
    states = {Line.State.UNKNOWN} if request.POST.get("which") == "unknown" else steering.AGAIN - {Line.State.UNKNOWN}
    count = steering.run_again(_find(request, batch_id), states=states, by=person_of(request), now=timezone.now())
    if count:
        transaction.on_commit(tasks.work.delay)
    return _done(request, batch_id, bool(count), f"{count:,} line{'s' if count != 1 else ''} will be sent again.")


@signed_in
@require_POST
def erase(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Destroy the texts of a batch that has ended."""
    erased = steering.erase(_find(request, batch_id), by=person_of(request), now=timezone.now())
    return _done(request, batch_id, erased, "Its file, prompts and answers are erased for good.")


@signed_in
@require_safe
def download(request: HttpRequest, batch_id: UUID, form: results.Format) -> HttpResponse:
    """Give the results as a file. Recorded."""
    wanted = _find(request, batch_id)
    if wanted.state == Batch.State.DRAFT:
        raise Http404
    try:
        file = results.download(wanted, form=form, by=person_of(request), now=timezone.now())
    except KeyDestroyed:
        raise Http404 from None
    response = FileResponse(file, as_attachment=True, filename=f"batch-{wanted.created_at:%Y-%m-%d-%H%M}.{form}")
    response["Content-Type"] = "text/csv; charset=utf-8" if form == "csv" else "application/jsonl; charset=utf-8"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return cast(HttpResponse, response)  # it streams, and is a response in every other way


def _find(request: HttpRequest, batch_id: UUID) -> Batch:
    visible = Batch.objects.visible_to(person_of(request)).select_related("team", "model")
    return get_object_or_404(visible, pk=batch_id)


def _done(request: HttpRequest, batch_id: UUID, has_changed: bool, sentence: str) -> HttpResponse:
    if has_changed:
        messages.success(request, sentence)
    else:
        messages.info(request, "Nothing changed: the batch stands otherwise by now, as this page shows.")
    return redirect("batch:batch", batch_id=batch_id)


def _chosen(request: HttpRequest, teams: list[Team]) -> Team | None:
    """Give the team that the address names, else the first one with a model for batches, else the first."""
    slug = request.GET.get("team", "")
    if slug:
        found = next((team for team in teams if team.slug == slug), None)
        if found is None:
            raise BadRequest
        return found
    person, now = person_of(request), timezone.now()
    able = (team for team in teams if preparing.models_for(person, team, now=now).exists())
    return next(able, teams[0] if teams else None)


def _rows(request: HttpRequest) -> list[dict[str, Any]]:
    """Give the newest batches with their names and how far they are. Three queries for each that is shown."""
    mine = Batch.objects.visible_to(person_of(request)).select_related("team").defer("sealed_source")
    now = timezone.now()
    return [
        {"batch": row, "name": preparing.name_of(row, _sealer(row)), "progress": progress.progress_of(row, now=now)}
        for row in mine.order_by("-created_at")[:SHOWN]
    ]


def _sealer(shown: Batch) -> Sealer | None:
    return None if shown.erased_at else Sealer(shown.pk)


def _columns_form(draft: Batch, given: Any = None) -> ColumnsForm | None:
    table = preparing.table_of(draft, Sealer(draft.pk))
    return ColumnsForm(given, table=table) if table else None


def _draft_page(
    request: HttpRequest,
    draft: Batch,
    *,
    form: ColumnsForm | None = None,
    columns: Columns | None = None,
    status: int = 200,
) -> HttpResponse:
    sealer = Sealer(draft.pk)
    table = preparing.table_of(draft, sealer)
    found: Prompts | None = None
    if table is None or columns is not None:
        try:
            found = preparing.prompts_of(draft, sealer, columns)
        except BadFile as bad:
            messages.error(request, bad.sentence)
    context = {
        "batch": draft,
        "name": preparing.name_of(draft, sealer),
        "table": table,
        "form": form or (ColumnsForm(table=table) if table else None),
        "found": found,
        "sample": found.prompts[: parsing.SAMPLED] if found else (),
    }
    return render(request, "batch/draft.html", context, status=status)


def _page(request: HttpRequest, shown: Batch) -> HttpResponse:
    told = progress.progress_of(shown, now=timezone.now())
    context = {
        "batch": shown,
        "name": preparing.name_of(shown, _sealer(shown)),
        "progress": told,
        "may_run_again": not shown.erased_at and shown.state != Batch.State.CANCELLED,
        "failed": sum(trouble.count for trouble in told.troubles if trouble.state != Line.State.UNKNOWN),
    }
    return render(request, "batch/batch.html", context)
