"""Doors for admins around one model: who is allowed or denied it, what it will cost, who answers for it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.access import person_of, roles_required
from apps.accounts.models import Role
from apps.console.catalogue_forms import FallbackForm, GrantForm, PricePlanForm
from apps.gateway import grants, pricing, route_rules
from apps.gateway.grants import Subject
from apps.gateway.models import Grant, LanguageModel, PriceVersion
from apps.gateway.prices import Price


@roles_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def model_grants(request: HttpRequest, model_id: UUID) -> HttpResponse:
    """Show everybody who is allowed or denied a model, and add to them."""
    model, admin, now = find_model(request, model_id), person_of(request), timezone.now()
    form = GrantForm(request.POST or None, admin=admin)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        subject = Subject(asked["team"], asked["person"])
        grants.set_grant(
            model,
            subject,
            effect=asked["effect"],
            from_at=asked["from_at"],
            until_at=asked["until_at"],
            by=admin,
            now=now,
        )
        word = "allowed" if asked["effect"] == Grant.Effect.ALLOW else "denied"
        messages.success(request, f"{model.label} is {word} to {subject.label}.")
        return redirect("console:model_grants", model_id=model.pk)
    rows = model.grants.select_related("team", "person").order_by("effect", "team__name", "person__name")
    listed = [(grant, Subject(grant.team, grant.person).label, grant.is_in_force(now)) for grant in rows]
    context = {"model": model, "grants": listed, "form": form, "now": now}
    return render(request, "console/model_grants.html", context, status=422 if form.errors else 200)


@roles_required(Role.ADMIN)
@require_POST
def remove_grant(request: HttpRequest, grant_id: int) -> HttpResponse:
    """Take a permission or a denial away."""
    grant = Grant.objects.select_related("team", "person", "model").filter(pk=grant_id).first()
    if grant is None:
        raise Http404
    grants.remove_grant(grant, by=person_of(request), now=timezone.now())
    messages.success(request, "It is taken away, from the next message on.")
    return redirect("console:model_grants", model_id=grant.model_id)


@roles_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def model_prices(request: HttpRequest, model_id: UUID) -> HttpResponse:
    """Show every version of a model's price, and plan the next."""
    model, now = find_model(request, model_id), timezone.now()
    form = PricePlanForm(request.POST or None, initial={"currency": model.currency})
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        price = Price(asked["input_price"], asked["output_price"], asked["currency"])
        pricing.plan_price(model, price=price, from_at=asked["from_at"], by=person_of(request), now=now)
        messages.success(request, f"The new price of {model.label} is planned.")
        return redirect("console:model_prices", model_id=model.pk)
    versions = [(version, version.from_at > now) for version in model.price_versions.all()[:50]]
    context = {"model": model, "versions": versions, "form": form}
    return render(request, "console/model_prices.html", context, status=422 if form.errors else 200)


@roles_required(Role.ADMIN)
@require_POST
def withdraw_price(request: HttpRequest, version_id: int) -> HttpResponse:
    """Take a planned price back."""
    version = PriceVersion.objects.select_related("model").filter(pk=version_id).first()
    if version is None:
        raise Http404
    if pricing.withdraw_plan(version, by=person_of(request), now=timezone.now()):
        messages.success(request, "The planned price is withdrawn.")
    else:
        messages.error(request, "This price has begun already, so it cannot be withdrawn. Enter another one instead.")
    return redirect("console:model_prices", model_id=version.model_id)


@roles_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def model_fallback(request: HttpRequest, model_id: UUID) -> HttpResponse:
    """Say who answers where a model cannot."""
    model = find_model(request, model_id)
    form = FallbackForm(request.POST or None, model=model)
    if request.method == "POST" and form.is_valid():
        route_rules.set_fallback(
            model,
            fallback=form.cleaned_data["fallback"],
            alternates=form.alternates,
            first_word_seconds=form.cleaned_data["first_word_seconds"],
            by=person_of(request),
            now=timezone.now(),
        )
        messages.success(request, f"It is settled who answers for {model.label}.")
        return redirect("console:model_fallback", model_id=model.pk)
    context = {"model": model, "form": form}
    return render(request, "console/model_fallback.html", context, status=422 if form.errors else 200)


def find_model(request: HttpRequest, model_id: UUID) -> LanguageModel:
    """Find a model that the person may see, or answer 404."""
    models = LanguageModel.objects.visible_to(person_of(request)).select_related("provider", "health")
    found = models.filter(pk=model_id).first()
    if found is None:
        raise Http404
    return found
