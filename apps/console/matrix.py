"""Doors for admins: which team may use which model, one switch each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.access import person_of, roles_required
from apps.accounts.models import Role, Team
from apps.gateway import catalogue
from apps.gateway.models import Grant, LanguageModel


@dataclass(frozen=True, slots=True)
class Cell:
    """One switch: may this team use this model?"""

    model: LanguageModel
    team: Team
    is_granted: bool
    is_denied: bool = False
    has_time: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One model and its switches, one for each team."""

    model: LanguageModel
    cells: tuple[Cell, ...]


@roles_required(Role.ADMIN)
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Open the console where admins work most."""
    return redirect("console:models")


@roles_required(Role.ADMIN)
@require_safe
def matrix(request: HttpRequest) -> HttpResponse:
    """Show models by teams, with a switch in each cell. Three queries."""
    admin = person_of(request)
    teams = list(Team.objects.visible_to(admin))
    models = LanguageModel.objects.visible_to(admin).select_related("provider").order_by("provider__name", "label")
    found = {(grant.model_id, grant.team_id, grant.effect): grant for grant in Grant.objects.filter(person=None)}
    rows = [Row(model, tuple(_cell(model, team, found) for team in teams)) for model in models]
    return render(request, "console/models.html", {"rows": rows, "teams": teams})


def _cell(model: LanguageModel, team: Team, found: Mapping[tuple[UUID, UUID | None, str], Grant]) -> Cell:
    """The team's own grant decides the switch; a denial, of the team or of everybody, is shown in its place."""
    now = timezone.now()
    allowed = found.get((model.pk, team.pk, Grant.Effect.ALLOW))
    denials = (found.get((model.pk, team.pk, Grant.Effect.DENY)), found.get((model.pk, None, Grant.Effect.DENY)))
    return Cell(
        model,
        team,
        is_granted=allowed is not None,
        is_denied=any(denial is not None and denial.is_in_force(now) for denial in denials),
        has_time=allowed is not None and (allowed.from_at or allowed.until_at) is not None,
    )


@roles_required(Role.ADMIN)
@require_POST
def give(request: HttpRequest, model_id: UUID, team_id: UUID) -> HttpResponse:
    """Let a team use a model from its next message on."""
    model, team = _find(request, model_id, team_id)
    catalogue.give_grant(model, team=team, by=person_of(request), now=timezone.now())
    return _answer(request, Cell(model, team, is_granted=True), f"{team.name} may use {model.label} now.")


@roles_required(Role.ADMIN)
@require_POST
def take(request: HttpRequest, model_id: UUID, team_id: UUID) -> HttpResponse:
    """Take a model from a team; its next message is refused."""
    model, team = _find(request, model_id, team_id)
    catalogue.take_grant(model, team=team, by=person_of(request), now=timezone.now())
    sentence = f"{team.name} may not use {model.label} any more, from the next message on."
    return _answer(request, Cell(model, team, is_granted=False), sentence)


def _find(request: HttpRequest, model_id: UUID, team_id: UUID) -> tuple[LanguageModel, Team]:
    admin = person_of(request)
    model = LanguageModel.objects.visible_to(admin).filter(pk=model_id).first()
    team = Team.objects.visible_to(admin).filter(pk=team_id).first()
    if model is None or team is None:
        raise Http404
    return model, team


def _answer(request: HttpRequest, cell: Cell, sentence: str) -> HttpResponse:
    """Give the switch alone to the script that asked, and the whole page to a browser without scripts."""
    if request.headers.get("X-Requested-With") == "fetch":
        return render(request, "console/models_switch.html", {"cell": cell, "sentence": sentence})
    messages.success(request, sentence)
    return redirect("console:models")
