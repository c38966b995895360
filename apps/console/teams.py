"""Doors for admins: the list of teams, one team, and what can be done to it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from apps.accounts import administration
from apps.accounts.access import person_of, roles_required
from apps.accounts.models import Membership, Role, Team, User
from apps.console.people import find_team
from apps.console.people_forms import AddMemberForm, TeamForm

CANDIDATES = 200


@roles_required(Role.ADMIN)
@require_safe
def teams(request: HttpRequest) -> HttpResponse:
    """List the teams."""
    return _teams(request, TeamForm())


@roles_required(Role.ADMIN)
@require_POST
def create_team(request: HttpRequest) -> HttpResponse:
    """Create a team and open its page."""
    form = TeamForm(request.POST)
    if not form.is_valid():
        return _teams(request, form)
    try:
        team = administration.create_team(form.cleaned_data["name"], by=person_of(request), now=timezone.now())
    except administration.AdministrationRefused as refused:
        form.add_error("name", refused.sentence)
        return _teams(request, form)
    messages.success(request, f"{team.name} exists now. Put its people in.")
    return redirect("console:team", team_id=team.pk)


@roles_required(Role.ADMIN)
@require_safe
def team(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Show one team and its people."""
    shown = find_team(request, team_id)
    return _team(request, shown, TeamForm(initial={"name": shown.name}))


@roles_required(Role.ADMIN)
@require_POST
def rename_team(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Give a team another name."""
    renamed = find_team(request, team_id)
    form = TeamForm(request.POST)
    if not form.is_valid():
        return _team(request, renamed, form)
    try:
        administration.rename_team(renamed, form.cleaned_data["name"], by=person_of(request), now=timezone.now())
    except administration.AdministrationRefused as refused:
        form.add_error("name", refused.sentence)
        return _team(request, renamed, form)
    messages.success(request, f"The team is called {renamed.name}.")
    return redirect("console:team", team_id=renamed.pk)


@roles_required(Role.ADMIN)
@require_POST
def add_member(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Put a person into a team."""
    joined = find_team(request, team_id)
    admin = person_of(request)
    form = AddMemberForm(request.POST, admin=admin)
    if not form.is_valid():
        raise BadRequest
    person, standing = form.cleaned_data["person"], form.cleaned_data["standing"]
    if administration.add_member(joined, person, standing, by=admin, now=timezone.now()):
        messages.success(request, f"{person.name} is in {joined.name} now.")
    else:
        messages.info(request, f"{person.name} was in {joined.name} already.")
    return redirect("console:team", team_id=joined.pk)


def _teams(request: HttpRequest, form: TeamForm) -> HttpResponse:
    rows = (
        Team.objects.visible_to(person_of(request))
        .annotate(
            size=Count("memberships", distinct=True),
            leads=Count("memberships", filter=Q(memberships__standing=Membership.Standing.LEAD), distinct=True),
        )
        .order_by("name")
    )
    return render(request, "console/teams.html", {"teams": rows, "form": form}, status=422 if form.errors else 200)


def _team(request: HttpRequest, shown: Team, form: TeamForm) -> HttpResponse:
    admin = person_of(request)
    sought = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    candidates = User.objects.visible_to(admin).filter(is_active=True).exclude(memberships__team=shown)
    if sought:
        candidates = candidates.filter(Q(name__icontains=sought) | Q(email__icontains=sought))
    context = {
        "team": Team.objects.get(pk=shown.pk),
        "form": form,
        "memberships": shown.memberships.select_related("person").order_by("standing", "person__name", "person__pk"),
        "candidates": candidates.order_by("name", "pk")[:CANDIDATES],
        "standings": Membership.Standing.choices,
        "sought": sought,
    }
    return render(request, "console/team.html", context, status=422 if form.errors else 200)
