"""Doors around requests to use a model: a person asks and withdraws, an admin approves or refuses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import person_of, roles_required
from apps.accounts.models import Role, Team
from apps.console.catalogue_forms import AccessRequestForm, ApprovalForm, DenialForm
from apps.gateway import grants
from apps.gateway.models import AccessRequest, LanguageModel

DECIDED_SHOWN = 30


@dataclass(frozen=True, slots=True)
class TeamModels:
    """What a person may call for one of their teams, and what they may ask for."""

    team: Team
    models: list[tuple[LanguageModel, datetime | None]]
    """Each model, and until when the person may call it; None is for good."""
    requestable: list[LanguageModel]


@roles_required(Role.EMPLOYEE)
@require_http_methods(["GET", "HEAD", "POST"])
def own_models(request: HttpRequest) -> HttpResponse:
    """Show a person their models, how they are, and what they may ask for; take a request."""
    person, now = person_of(request), timezone.now()
    form = AccessRequestForm(request.POST or None, person=person)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            made = grants.request_access(person, team=asked["team"], model_id=asked["model"], why=asked["why"], now=now)
        except grants.NotRequestable as refused:
            messages.error(request, refused.sentence)
        else:
            messages.success(request, f"You asked for {made.model.label}. An admin decides; you see it on this page.")
        return redirect("console:own_models")
    context = {
        "teams": [_of_team(request, team) for team in Team.objects.filter(memberships__person=person)],
        "requests": AccessRequest.objects.filter(person=person).select_related("team", "model")[:DECIDED_SHOWN],
        "form": form,
        "now": now,
    }
    return render(request, "console/own_models.html", context, status=422 if form.errors else 200)


@roles_required(Role.EMPLOYEE)
@require_POST
def withdraw(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Take one's own request back."""
    asked = AccessRequest.objects.filter(person=person_of(request), pk=request_id).first()
    if asked is None:
        raise Http404
    try:
        grants.withdraw_request(asked, now=timezone.now())
        messages.success(request, "Your request is withdrawn.")
    except grants.AlreadyDecided as late:
        messages.error(request, late.sentence)
    return redirect("console:own_models")


@roles_required(Role.ADMIN)
@require_safe
def requests_desk(request: HttpRequest) -> HttpResponse:
    """Show an admin what people ask for, and what was decided lately."""
    return _desk(request)


@roles_required(Role.ADMIN)
@require_POST
def approve(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Allow what was asked."""
    asked, form = _asked(request, request_id), ApprovalForm(request.POST)
    if not form.is_valid():
        return _desk(request, problem=form, about=asked)
    said = form.cleaned_data
    try:
        grants.approve_request(
            asked,
            for_team=said["scope"] == "team",
            until_at=said["until_at"],
            answer=said["answer"],
            by=person_of(request),
            now=timezone.now(),
        )
        whom = asked.team.name if said["scope"] == "team" else asked.person.name
        messages.success(request, f"{whom} may use {asked.model.label} from the next message on.")
    except grants.AlreadyDecided as late:
        messages.error(request, late.sentence)
    return redirect("console:requests")


@roles_required(Role.ADMIN)
@require_POST
def deny(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Refuse what was asked, with a reason."""
    asked, form = _asked(request, request_id), DenialForm(request.POST)
    if not form.is_valid():
        return _desk(request, problem=form, about=asked)
    try:
        grants.deny_request(asked, answer=form.cleaned_data["answer"], by=person_of(request), now=timezone.now())
        messages.success(request, f"The request of {asked.person.name} is refused, with your reason.")
    except grants.AlreadyDecided as late:
        messages.error(request, late.sentence)
    return redirect("console:requests")


def _asked(request: HttpRequest, request_id: UUID) -> AccessRequest:
    found = AccessRequest.objects.visible_to(person_of(request)).select_related("person", "team", "model")
    asked = found.filter(pk=request_id).first()
    if asked is None:
        raise Http404
    return asked


def _desk(
    request: HttpRequest, *, problem: ApprovalForm | DenialForm | None = None, about: AccessRequest | None = None
) -> HttpResponse:
    if problem is not None and about is None:
        raise BadRequest
    every = AccessRequest.objects.visible_to(person_of(request)).select_related("person", "team", "model", "decided_by")
    rows = []
    for asked in every.open().order_by("created_at"):
        approval, denial = ApprovalForm(auto_id=f"approve-{asked.pk}-%s"), DenialForm(auto_id=f"deny-{asked.pk}-%s")
        if about is not None and asked.pk == about.pk:
            approval = problem if isinstance(problem, ApprovalForm) else approval
            denial = problem if isinstance(problem, DenialForm) else denial
        rows.append((asked, approval, denial))
    decided = every.exclude(state=AccessRequest.State.OPEN).order_by("-decided_at")[:DECIDED_SHOWN]
    status = 422 if problem is not None else 200
    return render(request, "console/requests.html", {"rows": rows, "decided": decided}, status=status)


def _of_team(request: HttpRequest, team: Team) -> TeamModels:
    person, now = person_of(request), timezone.now()
    waiting = AccessRequest.objects.open().filter(person=person, team=team).values("model_id")
    requestable = LanguageModel.objects.requestable_by(person, team, now=now).exclude(pk__in=waiting)
    models, ends = list(LanguageModel.objects.callable_by(person, team, now=now)), grants.ends(person, team, now=now)
    return TeamModels(team, [(model, ends.get(model.pk)) for model in models], list(requestable))
