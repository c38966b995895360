"""Doors to lexicons: their versions, a bench to try one, and bringing one into force."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from apps.accounts.access import person_of
from apps.accounts.models import Role
from apps.audit.doors import desk, officers_only, officers_read
from apps.audit.review import looks, queues, tasks, trying
from apps.audit.review.forms import EntriesForm, LabelledForm, LexiconForm
from apps.audit.review.lexicon import LexiconUnusable, matcher
from apps.audit.review.models import Lexicon, LexiconVersion, Trial

VERSIONS_SHOWN = 20
TRIALS_SHOWN = 5
TRIED_ON = 5_000


@desk
def lexicons(request: HttpRequest) -> HttpResponse:
    """List the lexicons."""
    return _list_page(request, LexiconForm())


@officers_only
def new(request: HttpRequest) -> HttpResponse:
    """Write the first version of a lexicon."""
    form = LexiconForm(request.POST)
    if form.is_valid() and Lexicon.objects.filter(name=form.cleaned_data["name"]).exists():
        form.add_error("name", "Another lexicon has this name. Choose another one.")
    if not form.is_valid():
        return _list_page(request, form, status=422)
    lexicon = Lexicon(name=form.cleaned_data["name"])
    try:
        trying.write_lexicon(lexicon, form.cleaned_data["entries"], by=person_of(request), now=timezone.now())
    except LexiconUnusable as unusable:
        form.add_error("entries", unusable.sentence)
        return _list_page(request, form, status=422)
    messages.success(request, f"“{lexicon.name}” can be used in queues.")
    return redirect("review:lexicon", lexicon.pk)


@desk
def lexicon(request: HttpRequest, lexicon_id: UUID) -> HttpResponse:
    """Show a lexicon: its words, its versions, the bench."""
    return _page(request, get_object_or_404(Lexicon, pk=lexicon_id))


@officers_only
def write(request: HttpRequest, lexicon_id: UUID) -> HttpResponse:
    """Write the next version; the one in force stays until another is brought into force."""
    shown, form = get_object_or_404(Lexicon, pk=lexicon_id), EntriesForm(request.POST)
    if form.is_valid():
        try:
            made = trying.write_lexicon(shown, form.cleaned_data["entries"], by=person_of(request), now=timezone.now())
        except LexiconUnusable as unusable:
            form.add_error("entries", unusable.sentence)
        else:
            messages.success(request, f"Version {made.number} is written. Try it below, then bring it into force.")
            return redirect("review:lexicon", lexicon_id)
    return _page(request, shown, entries_form=form, status=422)


@officers_only
def bring_into_force(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """Use a version from now on, in every queue that uses its lexicon."""
    version = get_object_or_404(LexiconVersion, pk=version_id)
    using = queues.bring_into_force(version, by=person_of(request), now=timezone.now())
    where = ", ".join(queue.name for queue in using) or "no queue uses it yet"
    messages.success(request, f"Version {version.number} is in force: {where}.")
    return redirect("review:lexicon", version.lexicon_id)


@officers_only
def compare(request: HttpRequest, lexicon_id: UUID) -> HttpResponse:
    """Judge every version by labelled texts that were typed in."""
    shown, form = get_object_or_404(Lexicon, pk=lexicon_id), LabelledForm(request.POST)
    if form.is_valid():
        try:
            texts = trying.labelled(form.cleaned_data["texts"])
        except trying.ListUnusable as unusable:
            form.add_error("texts", unusable.sentence)
        else:
            return _compared(request, shown, form, texts)
    return _page(request, shown, labelled_form=form, status=422)


@officers_only
def try_on_history(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """Begin to try a version on the newest exchanges, in the background."""
    version = get_object_or_404(LexiconVersion.objects.select_related("lexicon"), pk=version_id)
    trial = trying.begin_trial(version, wanted=TRIED_ON, by=person_of(request), now=timezone.now())
    tasks.begin(trial)
    return redirect("review:lexicon", version.lexicon_id)


@officers_read
def trial(request: HttpRequest, trial_id: UUID) -> HttpResponse:
    """Show how far a trial is, for a page that waits."""
    shown = get_object_or_404(
        Trial.objects.visible_to(person_of(request)).select_related("lexicon_version"), pk=trial_id
    )
    return render(request, "audit/review/_trial.html", {"trial": shown})


@officers_only
def stop_trial(request: HttpRequest, trial_id: UUID) -> HttpResponse:
    """Stop a trial; what it found stays."""
    shown = get_object_or_404(
        Trial.objects.visible_to(person_of(request)).select_related("lexicon_version__lexicon"), pk=trial_id
    )
    trying.stop(shown, by=person_of(request), now=timezone.now())
    return redirect("review:lexicon", shown.lexicon_version.lexicon_id)


def _compared(
    request: HttpRequest, shown: Lexicon, form: LabelledForm, texts: list[tuple[int, bool, str]]
) -> HttpResponse:
    versions = list(shown.versions.all()[:VERSIONS_SHOWN])
    trying.comparison_on_record(shown, texts=len(texts), by=person_of(request), now=timezone.now())
    scores = [(version, trying.score(matcher(version.entries), texts)) for version in versions]
    return _page(request, shown, labelled_form=form, scores=scores)


def _list_page(request: HttpRequest, form: LexiconForm, *, status: int = 200) -> HttpResponse:
    reader = person_of(request)
    looks.looked(reader, "lexicons", now=timezone.now())
    page = {
        "lexicons": Lexicon.objects.select_related("in_force"), "form": form,
        "is_officer": reader.has_role(Role.COMPLIANCE_OFFICER),
    }  # fmt: skip
    return render(request, "audit/review/lexicons.html", page, status=status)


def _page(request: HttpRequest, shown: Lexicon, *, status: int = 200, **more: Any) -> HttpResponse:
    reader = person_of(request)
    versions = list(shown.versions.all()[:VERSIONS_SHOWN])
    trials = Trial.objects.visible_to(reader).filter(lexicon_version__lexicon=shown)
    looks.looked(reader, "lexicon", details={"lexicon": str(shown.pk)}, now=timezone.now())
    page = {
        "lexicon": shown,
        "versions": versions,
        "entries_form": EntriesForm(initial={"entries": versions[0].entries}),
        "labelled_form": LabelledForm(),
        "trials": trials.select_related("lexicon_version")[:TRIALS_SHOWN],
        "is_officer": reader.has_role(Role.COMPLIANCE_OFFICER),
        **more,
    }
    return render(request, "audit/review/lexicon.html", page, status=status)
