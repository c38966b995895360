"""Doors for people: their keys and clients, one key, and the service keys of a team."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import person_of, roles_required, signed_in
from apps.accounts.models import Membership, Role, Team, User
from apps.api import keys, standing
from apps.api.forms import KeyForm, PersonForm, ServiceKeyForm
from apps.api.models import ApiKey, Scope
from apps.api.setups import VARIABLE, Setup, batch_setups, setups
from apps.batch.preparing import models_for
from apps.gateway import budgets
from apps.gateway.budgets import Standing
from apps.gateway.models import Budget, LanguageModel


@roles_required(Role.EMPLOYEE)
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """Show a person's keys, the form for a new one, and how to point programs at the portal."""
    return _mine(request, None)


@roles_required(Role.EMPLOYEE)
@require_POST
def add(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Make a personal key for a team and show its secret, this once."""
    person = person_of(request)
    team = get_object_or_404(Team, pk=team_id, memberships__person=person)
    form = KeyForm(request.POST, person=person, team=team)
    if not form.is_valid():
        return _mine(request, form)
    try:
        made = keys.make_personal(person, form.wish(), now=timezone.now())
    except keys.KeyRefused as refused:
        form.add_error(None, refused.sentence)
        return _mine(request, form)
    return _made(request, made)


@signed_in
@require_safe
def key(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """Show one key."""
    shown = _find(request, key_id)
    return _key(request, shown, PersonForm(team=shown.team))


@signed_in
@require_POST
def revoke(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """Take a key back for good."""
    revoked = _find(request, key_id)
    if keys.revoke(revoked, by=person_of(request), now=timezone.now()):
        messages.success(request, f"{revoked.name} is revoked. Whatever still sends it is refused from now on.")
    else:
        messages.info(request, f"{revoked.name} was revoked already.")
    return redirect("keys:key", key_id=revoked.pk)


@signed_in
@require_POST
def hand_over(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """Let another person answer for a service key."""
    handed = _find(request, key_id)
    form = PersonForm(request.POST, team=handed.team)
    if not form.is_valid():
        return _key(request, handed, form)
    to = form.cleaned_data["person"]
    try:
        has_changed = keys.hand_over(handed, to, by=person_of(request), now=timezone.now())
    except keys.KeyRefused as refused:
        messages.error(request, refused.sentence)
    else:
        say = messages.success if has_changed else messages.info
        say(request, f"{to.name} answers for {handed.name}{' now' if has_changed else ' already'}.")
    return redirect("keys:key", key_id=handed.pk)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def add_service(request: HttpRequest) -> HttpResponse:
    """Ask what a service key of a team is for; make it and show its secret, this once."""
    person = person_of(request)
    teams = _teams_run_by(person)
    team = _chosen(request, teams)
    form = ServiceKeyForm(request.POST or None, team=team) if team else None
    if request.method == "POST":
        if form is None:
            raise BadRequest
        if form.is_valid():
            try:
                made = keys.make_service(form.cleaned_data["person"], form.wish(), by=person, now=timezone.now())
            except keys.KeyRefused as refused:
                form.add_error(None, refused.sentence)
            else:
                return _made(request, made)
    context = {"teams": teams, "team": team, "form": form}
    return render(request, "api/service_key_form.html", context, status=422 if form and form.errors else 200)


def _find(request: HttpRequest, key_id: UUID) -> ApiKey:
    seen = ApiKey.objects.visible_to(person_of(request)).with_standing().select_related("person", "team")
    return get_object_or_404(seen, pk=key_id)


def _mine(request: HttpRequest, form: KeyForm | None) -> HttpResponse:
    person, now = person_of(request), timezone.now()
    teams = list(Team.objects.filter(memberships__person=person))
    team = form.team if form else _chosen(request, sorted(teams, key=lambda team: not _has_models(person, team)))
    form = form or (KeyForm(person=person, team=team) if team else None)
    rows = ApiKey.objects.concerning(person).with_standing().select_related("person", "team").order_by("-created_at")
    shown = standing.of(rows, now=now)
    context = {
        "personal": [each for each in shown if each.key.kind == ApiKey.Kind.PERSONAL],
        "services": [each for each in shown if each.key.kind == ApiKey.Kind.SERVICE],
        "runs_services": bool(_teams_run_by(person)),
        "teams": teams,
        "team": team,
        "form": form,
        **_clients(person, team),
    }
    return render(request, "api/keys.html", context, status=422 if form and form.errors else 200)


def _has_models(person: User, team: Team) -> bool:
    return LanguageModel.objects.callable_by(person, team).for_chat().exists()


def _clients(person: User, team: Team | None) -> dict[str, Any]:
    """Give what the set-ups need: the address, and the models that `person` may call for `team`."""
    models = list(LanguageModel.objects.callable_by(person, team).for_chat()) if team else []
    return {
        "base_url": settings.BASE_URL.rstrip("/"),
        "variable": VARIABLE,
        "models": models,
        "setups": _setups(person, team, models) if team and models else [],
    }


def _setups(person: User, team: Team, models: list[LanguageModel]) -> list[Setup]:
    """Give the texts to paste; those for batches where a model is open to them."""
    texts = setups(settings.BASE_URL, models[0].label)
    for_batches = models_for(person, team, now=timezone.now()).first()
    return [*texts, *batch_setups(settings.BASE_URL, for_batches.label)] if for_batches else texts


def _made(request: HttpRequest, made: keys.NewKey) -> HttpResponse:
    """Show the secret. Nothing keeps it: the page goes into no cache and comes back by no address."""
    context = {"key": made.row, "secret": made.secret, **_clients(made.row.person, made.row.team)}
    if made.row.model_ids is not None:
        allowed = [model for model in context["models"] if model.pk in made.row.model_ids]
        context |= {"models": allowed, "setups": setups(settings.BASE_URL, allowed[0].label) if allowed else []}
    return render(request, "api/made.html", context)


def _key(request: HttpRequest, shown: ApiKey, form: PersonForm) -> HttpResponse:
    person, now = person_of(request), timezone.now()
    is_service = shown.kind == ApiKey.Kind.SERVICE
    [(_, state, stop)] = standing.of([shown], now=now)
    context = {
        "key": shown,
        "state": state,
        "stop": stop,
        "may_lift_own": stop is not None and stop.person_id == person.pk and person.has_role(Role.EMPLOYEE),
        "scopes": [Scope(scope).label for scope in shown.scopes],
        "models": LanguageModel.objects.filter(pk__in=shown.model_ids or []).order_by("label"),
        "may_hand_over": is_service and not shown.revoked_at and keys.may_run_services(person, shown.team),
        "form": form,
        "is_mine": shown.person_id == person.pk,
        "budgets": _budgets_of(shown, now) if person.has_role(Role.ADMIN) else [],
    }
    return render(request, "api/key.html", context, status=422 if form.errors else 200)


def _budgets_of(shown: ApiKey, now: datetime) -> list[Standing]:
    """Give the key's own budgets and how they stand. Two queries."""
    own = Budget.objects.filter(key_id=shown.pk).order_by("pk")
    return budgets.standings([(budget, None) for budget in own], now=now)


def _teams_run_by(person: User) -> list[Team]:
    """Teams whose service keys `person` makes: all for an admin, else those they lead."""
    if person.has_role(Role.ADMIN):
        return list(Team.objects.visible_to(person))
    led = Team.objects.filter(memberships__person=person, memberships__standing=Membership.Standing.LEAD)
    return list(led) if person.is_active else []


def _chosen(request: HttpRequest, teams: list[Team]) -> Team | None:
    """Give the team that the address names, else the first."""
    slug = request.GET.get("team", "")
    if slug:
        found = next((team for team in teams if team.slug == slug), None)
        if found is None:
            raise BadRequest
        return found
    return teams[0] if teams else None
