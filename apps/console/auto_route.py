"""Doors for admins: which teams leave the choice of the model to the portal, and what that saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.access import person_of, roles_required
from apps.accounts.models import Role, Team
from apps.console.catalogue_forms import AutoRouteForm
from apps.gateway import auto, route_rules, savings
from apps.gateway.models import AutoRoute
from apps.gateway.savings import Day, Saved

WIDTH, HEIGHT, GAP = 16, 120, 8


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of the plot, in the drawing's own units: what the largest model would have cost, and the real cost."""

    day: Day
    left: int
    largest_height: int
    height: int

    @property
    def largest_top(self) -> int:
        return HEIGHT - self.largest_height

    @property
    def top(self) -> int:
        return HEIGHT - self.height


@dataclass(frozen=True, slots=True)
class Plot:
    """What one team saved in one currency, drawn."""

    money: Saved
    bars: Sequence[Bar]
    width: int
    height: int = HEIGHT
    bar_width: int = WIDTH


@roles_required(Role.ADMIN)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show each team's route and what it saved in thirty days. Three queries, and three for each team."""
    return _page(request)


@roles_required(Role.ADMIN)
@require_POST
def change(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Switch a team's route on or off, or choose its two models."""
    team = Team.objects.visible_to(person_of(request)).filter(pk=team_id).first()
    if team is None:
        raise Http404
    form = AutoRouteForm(request.POST, team=team, auto_id=f"{team.pk}-%s")
    if not form.is_valid():
        return _page(request, problem=form, about=team)
    chosen = form.cleaned_data
    route_rules.set_auto_route(
        team,
        is_on=chosen["is_on"],
        small=chosen["small"],
        large=chosen["large"],
        by=person_of(request),
        now=timezone.now(),
    )
    word = "offered to" if chosen["is_on"] else "not offered to"
    messages.success(request, f"Auto is {word} {team.name} from the next message on.")
    return redirect("console:auto")


def _page(request: HttpRequest, *, problem: AutoRouteForm | None = None, about: Team | None = None) -> HttpResponse:
    teams = list(Team.objects.visible_to(person_of(request)))
    routes = {route.team_id: route for route in AutoRoute.objects.all()}
    money = savings.saved(now=timezone.now())
    rows = [
        (
            team,
            problem if problem is not None and team == about else _form(team, routes.get(team.pk)),
            [plot(saved) for saved in money.get(team.pk, [])],
        )
        for team in teams
    ]
    context = {"rows": rows, "features": auto.FEATURES, "hard_from": auto.HARD_FROM}
    return render(request, "console/auto.html", context, status=422 if problem else 200)


def _form(team: Team, route: AutoRoute | None) -> AutoRouteForm:
    initial = {"is_on": route.is_on, "small": route.small_id, "large": route.large_id} if route else {}
    return AutoRouteForm(initial=initial, team=team, auto_id=f"{team.pk}-%s")


def plot(money: Saved) -> Plot:
    """Lay out a bar for each day that has choices, the dearest day as high as the drawing."""
    highest = max((max(day.largest_cost, day.cost) for day in money.days), default=Decimal(0)) or Decimal(1)
    bars = [
        Bar(day, number * (WIDTH + GAP), _share(day.largest_cost, highest), _share(day.cost, highest))
        for number, day in enumerate(money.days)
    ]
    return Plot(money, bars, max(1, len(bars)) * (WIDTH + GAP) - GAP)


def _share(amount: Decimal, highest: Decimal) -> int:
    return max(1, int(amount * HEIGHT / highest)) if amount else 0
