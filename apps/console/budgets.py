"""Doors for admins: what each team may spend in a month, has spent, and holds."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import person_of, roles_required
from apps.accounts.models import Role, Team
from apps.console.provider_forms import BudgetForm
from apps.gateway import budgets, catalogue
from apps.gateway.budgets import Standing
from apps.gateway.models import Budget
from apps.gateway.prices import in_figures


@dataclass(frozen=True, slots=True)
class Line:
    """One team's money as the page shows it."""

    team: Team
    money: Standing

    @property
    def percent(self) -> int:
        """Spent and held, of the limit; at most 100, and 100 where the limit is 0."""
        used = self.money.spent + self.money.reserved
        if not self.money.limit:
            return 100 if used else 0
        return min(100, int(used * 100 / self.money.limit))


@roles_required(Role.ADMIN)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show every team's month. Three queries."""
    now = timezone.now()
    teams = list(Team.objects.visible_to(person_of(request)))
    standings = budgets.standings(teams, now=now)
    lines = [Line(team, standings[team.pk]) for team in teams]
    return render(request, "console/budgets.html", {"lines": lines, "month": budgets.month_of(now)})


@roles_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def budget(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Set what a team may spend."""
    team, now = _team(request, team_id), timezone.now()
    form = BudgetForm(request.POST or None, instance=Budget.objects.filter(team=team).first() or Budget(team=team))
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        catalogue.set_budget(
            team,
            monthly_limit=chosen["monthly_limit"],
            currency=chosen["currency"],
            is_hard=chosen["is_hard"],
            by=person_of(request),
            now=now,
        )
        sentence = f"{team.name} may spend {in_figures(chosen['monthly_limit'])} {chosen['currency']} a month."
        messages.success(request, sentence)
        return redirect("console:budgets")
    line = Line(team, budgets.standing(team, now=now))
    return render(request, "console/budgets_form.html", {"form": form, "line": line, "month": budgets.month_of(now)})


@roles_required(Role.ADMIN)
@require_POST
def remove(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Take a team's budget away."""
    team = _team(request, team_id)
    catalogue.remove_budget(team, by=person_of(request), now=timezone.now())
    messages.success(request, f"{team.name} has no budget any more: models that cost money are refused to it.")
    return redirect("console:budgets")


def _team(request: HttpRequest, team_id: UUID) -> Team:
    found = Team.objects.visible_to(person_of(request)).filter(pk=team_id).first()
    if found is None:
        raise Http404
    return found
