"""Doors for admins: bringing many terms into the dictionary. What was given is kept until somebody decides on it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import person_of, roles_required
from apps.accounts.models import Role
from apps.console.dictionary_forms import ImportForm, LinesForm
from apps.ledger.vocabulary import Action
from apps.privacy import dictionary_lines, dictionary_terms
from apps.privacy.dictionary import is_everyday
from apps.privacy.dictionary_models import DictionaryImport

SHOWN = 20
PROBLEMS_SHOWN = 100
KEPT = timedelta(days=7)


@roles_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest) -> HttpResponse:
    """Take lines, pasted or from a file, and go on to what they would do."""
    admin, now = person_of(request), timezone.now()
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        DictionaryImport.objects.filter(created_at__lt=now - KEPT).delete()
        given = form.cleaned_data
        draft = DictionaryImport.objects.create(
            text=given["text"], kind=given["kind"], created_by=admin.pk, created_at=now
        )
        dictionary_terms.record_lines(Action.DICTIONARY_IMPORT_PREPARED, draft, by=admin, now=now)
        return redirect("console:dictionary_import", import_id=draft.pk)
    waiting = DictionaryImport.objects.visible_to(admin).defer("text").order_by("-created_at")[:SHOWN]
    context = {"form": form, "waiting": waiting}
    return render(request, "console/dictionary_import.html", context, status=422 if form.errors else 200)


@roles_required(Role.ADMIN)
@require_safe
def check(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Show what an import would do, and every line that needs a second look."""
    draft = _find(request, import_id)
    lines = dictionary_lines.read(draft.text, kind=draft.kind)
    everyday = [new for new in lines.terms if not new.is_exact and is_everyday(new.term)]
    context = {
        "draft": draft,
        "lines": lines,
        "foreseen": dictionary_terms.foresee(lines.terms),
        "sample": lines.terms[:SHOWN],
        "problems": lines.problems[:PROBLEMS_SHOWN],
        "everyday": everyday[:SHOWN],
        "everyday_count": len(everyday),
        "form": LinesForm(initial={"text": lines.rest}),
    }
    return render(request, "console/dictionary_check.html", context)


@roles_required(Role.ADMIN)
@require_POST
def correct(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Put corrected lines in the place of those with problems."""
    draft = _find(request, import_id)
    form = LinesForm(request.POST)
    if form.is_valid():
        text = dictionary_lines.read(draft.text, kind=draft.kind).corrected(form.cleaned_data["text"])
        if text.count("\n") >= dictionary_lines.MOST_LINES:
            raise BadRequest
        DictionaryImport.objects.filter(pk=draft.pk).update(text=text)
        corrected = Action.DICTIONARY_IMPORT_CORRECTED
        dictionary_terms.record_lines(corrected, draft, by=person_of(request), now=timezone.now())
    return redirect("console:dictionary_import", import_id=draft.pk)


@roles_required(Role.ADMIN)
@require_POST
def bring(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Bring the sound lines into the dictionary; the others stay to be corrected."""
    draft = _find(request, import_id)
    lines = dictionary_lines.read(draft.text, kind=draft.kind)
    brought = dictionary_terms.bring(lines.terms, by=person_of(request), now=timezone.now())
    messages.success(
        request,
        f"{brought.new} new, {brought.changed} changed, {brought.same} there already. "
        "They count from the next message on.",
    )
    if not lines.problems:
        draft.delete()
        return redirect("console:dictionary")
    DictionaryImport.objects.filter(pk=draft.pk).update(text=lines.remainder())
    messages.warning(request, f"{len(lines.problems)} lines still wait to be corrected.")
    return redirect("console:dictionary_import", import_id=draft.pk)


@roles_required(Role.ADMIN)
@require_POST
def discard(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Throw away what was given and not imported."""
    draft = _find(request, import_id)
    dictionary_terms.discard(draft, by=person_of(request), now=timezone.now())
    messages.success(request, "The lines are thrown away. Nothing in the dictionary changed.")
    return redirect("console:dictionary")


def _find(request: HttpRequest, import_id: UUID) -> DictionaryImport:
    found: DictionaryImport = get_object_or_404(DictionaryImport.objects.visible_to(person_of(request)), pk=import_id)
    return found
