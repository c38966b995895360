"""Doors for admins: how fast everybody may ask, and what the guard against runaway programs does."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import person_of, roles_required
from apps.accounts.models import Role
from apps.console.budgets import TITLES
from apps.console.limit_forms import MarkForm, RateForm, RulesForm, scoped
from apps.gateway import key_names, limits, runaway
from apps.gateway.models import BatchMark, LoopStop, RateLimit, RunawayRules

NEWEST = 20


@roles_required(Role.ADMIN)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show the limits of pace, what is stopped now, the rules of the guard, and whose work is known to repeat."""
    return _page(request, RulesForm(instance=_rules()), MarkForm())


def _page(request: HttpRequest, rules: RulesForm, mark: MarkForm) -> HttpResponse:
    now = timezone.now()
    stops = LoopStop.objects.visible_to(person_of(request)).select_related("person", "lifted_by")
    in_force = list(stops.in_force(now))
    names: dict[UUID | None, str] = dict(key_names.working_keys()) if any(stop.key_id for stop in in_force) else {}
    context = {
        "rates": RateLimit.objects.select_related("team", "person", "model").order_by("scope", "pk"),
        "scopes": [(scope.lower().replace("_", "-"), title) for scope, title in TITLES.items()],
        "stops": [(stop, names.get(stop.key_id, "")) for stop in in_force],
        "past": stops.exclude(pk__in=[stop.pk for stop in in_force])[:NEWEST],
        "rules": rules,
        "mark_form": mark,
        "marks": BatchMark.objects.select_related("person"),
    }
    status = 422 if rules.errors or mark.errors else 200
    return render(request, "console/limits.html", context, status=status)


@roles_required(Role.ADMIN)
@require_POST
def change_rules(request: HttpRequest) -> HttpResponse:
    """Change when the guard slows and stops."""
    rules = _rules()
    form = RulesForm(request.POST, instance=rules)
    if not form.is_valid():
        return _page(request, form, MarkForm())
    limits.change_rules(rules, by=person_of(request), now=timezone.now())
    messages.success(request, "The guard works by these rules from the next call on.")
    return redirect("console:limits")


@roles_required(Role.ADMIN)
@require_POST
def lift(request: HttpRequest, stop_id: UUID) -> HttpResponse:
    """Let a stopped program go on."""
    stop = get_object_or_404(LoopStop.objects.visible_to(person_of(request)).select_related("person"), pk=stop_id)
    if runaway.lift(stop, by=person_of(request), now=timezone.now()):
        messages.success(request, f"Calls of {stop.person} are let through again.")
    else:
        messages.info(request, "This stop had ended already.")
    return redirect("console:limits")


@roles_required(Role.ADMIN)
@require_POST
def mark(request: HttpRequest) -> HttpResponse:
    """Say that somebody's work repeats by design."""
    form = MarkForm(request.POST)
    if not form.is_valid():
        return _page(request, RulesForm(instance=_rules()), form)
    limits.mark_batch(form.mark(), by=person_of(request), now=timezone.now())
    messages.success(request, "Repetition is taken for known work there. Budgets and limits still hold.")
    return redirect("console:limits")


@roles_required(Role.ADMIN)
@require_POST
def unmark(request: HttpRequest, mark_id: int) -> HttpResponse:
    """Take such a mark away."""
    limits.unmark_batch(get_object_or_404(BatchMark, pk=mark_id), by=person_of(request), now=timezone.now())
    messages.success(request, "The mark was taken away.")
    return redirect("console:limits")


@roles_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def add_rate(request: HttpRequest, scope: str) -> HttpResponse:
    """Set a limit of pace where there is none."""
    limit = scoped(RateLimit, scope)
    if limit is None:
        raise Http404
    return _rate_form(request, limit, initial={"key_id": request.GET.get("key"), "key_label": request.GET.get("label")})


@roles_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def rate(request: HttpRequest, rate_id: int) -> HttpResponse:
    """Change a limit of pace."""
    return _rate_form(request, _rate(rate_id))


@roles_required(Role.ADMIN)
@require_POST
def remove_rate(request: HttpRequest, rate_id: int) -> HttpResponse:
    """Take a limit of pace away."""
    found = _rate(rate_id)
    limits.remove_rate(found, by=person_of(request), now=timezone.now())
    messages.success(request, f"The limit was removed: {found.subject}.")
    return redirect("console:limits")


def _rate_form(request: HttpRequest, row: RateLimit, **given: Any) -> HttpResponse:
    form = RateForm(request.POST or None, instance=row, admin=person_of(request), **given)
    if request.method == "POST" and form.is_valid():
        limits.set_rate(row, by=person_of(request), now=timezone.now())
        messages.success(request, f"The limit holds from the next call on: {row.subject}.")
        return redirect("console:limits")
    subject = row.subject if row.pk else f"{row.get_scope_display()}"
    context = {"form": form, "row": row, "subject": subject}
    return render(request, "console/rates_form.html", context, status=422 if form.errors else 200)


def _rate(rate_id: int) -> RateLimit:
    return get_object_or_404(RateLimit.objects.select_related("team", "person", "model"), pk=rate_id)


def _rules() -> RunawayRules:
    return RunawayRules.objects.filter(pk=1).first() or RunawayRules()
