"""The admins' page: which models batches may use, and when."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.access import person_of, roles_required
from apps.accounts.models import Role
from apps.batch import opening
from apps.batch.forms import HoursForm
from apps.gateway.models import LanguageModel, LanguageModelQuerySet


@roles_required(Role.ADMIN)
@require_safe
def models(request: HttpRequest) -> HttpResponse:
    """List the models, open to batches or not."""
    shown = _chat_models(request).select_related("provider", "lane").order_by("label")
    return render(request, "batch/models.html", {"models": shown, "hours": HoursForm.HOURS})


@roles_required(Role.ADMIN)
@require_POST
def open_model(request: HttpRequest) -> HttpResponse:
    """Open a model to batches, or change its hours."""
    form = HoursForm(request.POST, models=_chat_models(request))
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, str(errors[0]))
        return redirect("batch:models")
    given, model = form.cleaned_data, form.cleaned_data["model"]
    opening.open_model(
        model, from_hour=given["from_hour"], until_hour=given["until_hour"], by=person_of(request), now=timezone.now()
    )
    messages.success(request, f"Batches may use {model.label}.")
    return redirect("batch:models")


@roles_required(Role.ADMIN)
@require_POST
def close_model(request: HttpRequest) -> HttpResponse:
    """Close a model to batches."""
    form = HoursForm(request.POST, models=_chat_models(request))
    if form.is_valid():
        model = form.cleaned_data["model"]
        opening.close_model(model, by=person_of(request), now=timezone.now())
        messages.success(request, f"Batches may not use {model.label} any more; running ones pause.")
    return redirect("batch:models")


def _chat_models(request: HttpRequest) -> LanguageModelQuerySet:
    return LanguageModel.objects.visible_to(person_of(request)).for_chat()
