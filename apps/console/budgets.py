"""Doors for admins: what everybody may spend, has spent, and holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import person_of, roles_required
from apps.accounts.models import Role, Team
from apps.console.limit_forms import BudgetForm, scoped
from apps.gateway import budgets, limits
from apps.gateway.budgets import Standing
from apps.gateway.models import Budget, Scope
from apps.gateway.prices import in_figures


@dataclass(frozen=True, slots=True)
class Group:
    """The budgets of one scope."""

    scope: str
    title: str
    lines: list[Standing]

    @property
    def slug(self) -> str:
        """How an address names the scope."""
        return self.scope.lower().replace("_", "-")


TITLES = {
    Scope.ORGANISATION: "Organisation",
    Scope.TEAM: "Teams",
    Scope.PERSON: "People",
    Scope.MODEL: "Models",
    Scope.TEAM_MODEL: "Teams with a model",
    Scope.KEY: "API keys",
}


@roles_required(Role.ADMIN)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show every budget with how it stands. Three queries."""
    now = timezone.now()
    rows = list(Budget.objects.select_related("team", "person", "model").order_by("pk"))
    lines = budgets.standings([(row, None) for row in rows], now=now)
    groups = [
        Group(scope, title, sorted((one for one in lines if one.budget.scope == scope), key=_by_subject))
        for scope, title in TITLES.items()
    ]
    of_teams = [row for row in rows if row.scope == Scope.TEAM]
    paying = [row.team_id for row in of_teams if row.team_id]
    everybody = Team.objects.visible_to(person_of(request))
    without = everybody.exclude(pk__in=paying) if len(paying) == len(of_teams) else everybody.none()
    return render(request, "console/budgets.html", {"groups": groups, "without": without, "today": now})


def _by_subject(line: Standing) -> tuple[bool, str, int]:
    return not line.budget.is_for_each, line.budget.subject, line.budget.pk


@roles_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, scope: str) -> HttpResponse:
    """Set a budget where there is none."""
    budget = scoped(Budget, scope)
    if budget is None:
        raise Http404
    asked = request.GET.get
    initial = {"team": asked("team"), "key_id": asked("key"), "window": Budget.Window.MONTH}
    return _form(request, budget, None, initial=initial)


@roles_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def budget(request: HttpRequest, budget_id: int) -> HttpResponse:
    """Show how a budget stands, and change it."""
    found = _budget(budget_id)
    return _form(request, found, budgets.standings([(_budget(budget_id), None)], now=timezone.now())[0])


def _form(request: HttpRequest, row: Budget, line: Standing | None, **given: Any) -> HttpResponse:
    form = BudgetForm(request.POST or None, instance=row, admin=person_of(request), **given)
    if request.method == "POST" and form.is_valid():
        limits.set_budget(row, by=person_of(request), now=timezone.now())
        messages.success(request, _sentence(row))
        return redirect("console:budgets")
    context = {"form": form, "line": line, "subject": row.subject if row.pk else f"{row.get_scope_display()}"}
    return render(request, "console/budgets_form.html", context, status=422 if form.errors else 200)


def _sentence(row: Budget) -> str:
    if row.hard_limit is None:
        return f"{row.subject}: a warning from {in_figures(row.limit)} {row.currency} {row.window_in_words} on."
    return f"{row.subject} may spend {in_figures(row.limit)} {row.currency} {row.window_in_words}."


@roles_required(Role.ADMIN)
@require_POST
def remove(request: HttpRequest, budget_id: int) -> HttpResponse:
    """Take a budget away."""
    found = _budget(budget_id)
    limits.remove_budget(found, by=person_of(request), now=timezone.now())
    messages.success(request, f"This budget was removed: {found.subject}, {found.window_in_words}.")
    return redirect("console:budgets")


def _budget(budget_id: int) -> Budget:
    found = Budget.objects.select_related("team", "person", "model").filter(pk=budget_id).first()
    if found is None:
        raise Http404
    return found
