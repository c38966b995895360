"""Doors to what is closed to the desk."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from apps.accounts.access import person_of
from apps.accounts.actors import who
from apps.accounts.models import Role, Team, User
from apps.audit import scope
from apps.audit.approvals.forms import WhyForm
from apps.audit.council import closing, opening
from apps.audit.council.forms import OpeningForm, TeamForm
from apps.audit.doors import desk, officers_only
from apps.audit.models import ClosedTeam, Opening
from apps.audit.telling import written
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

ASKED = "You asked. It stays as it is until a second officer consents."


@desk
def teams(request: HttpRequest) -> HttpResponse:
    """Show which teams are closed, what is flagged in them, and what is open for a time."""
    record_event(Action.COUNCIL_LOOKED, who=who(person_of(request)), now=timezone.now())
    return _page(request)


@officers_only
def close(request: HttpRequest) -> HttpResponse:
    """Ask a second officer to close a team."""
    form = written(TeamForm(request.POST, auto_id="close_%s"), by=person_of(request))
    if not form.is_valid():
        return _page(request, team_form=form, status=422)
    return _asked(request, form.cleaned_data["team"], close=True, form=form)


@officers_only
def reopen(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Ask a second officer to end that a team is closed."""
    team = get_object_or_404(Team, pk=team_id)
    form = written(WhyForm(request.POST), by=person_of(request))
    if not form.is_valid():
        messages.error(request, str(form.errors["why"][0]))
        return redirect("council:teams")
    return _asked(request, team, close=False, form=form)


@officers_only
def ask_to_open(request: HttpRequest) -> HttpResponse:
    """Ask a second officer to open an exchange or a person for a time."""
    form = written(OpeningForm(request.POST, auto_id="open_%s"), by=person_of(request))
    if not form.is_valid():
        return _page(request, opening_form=form, status=422)
    (exchange_id, person_id), officer, now = form.cleaned_data["what"], person_of(request), timezone.now()
    terms: dict[str, Any] = {
        "days": form.cleaned_data["days"],
        "why": form.cleaned_data["why"],
        "by": officer,
        "now": now,
    }
    try:
        if exchange_id:
            opening.ask_for_exchange(exchange_id, **terms)
        elif person_id:
            opening.ask_for_person(person_id, **terms)
    except opening.NothingClosed as reason:
        form.add_error("what", reason.sentence)
        return _page(request, opening_form=form, status=409)
    messages.success(request, ASKED)
    return redirect("council:teams")


def _asked(request: HttpRequest, team: Team, *, close: bool, form: Any) -> HttpResponse:
    try:
        closing.ask(team, close=close, why=form.cleaned_data["why"], by=person_of(request), now=timezone.now())
    except closing.NothingNew as reason:
        messages.error(request, reason.sentence)
    else:
        messages.success(request, ASKED)
    return redirect("council:teams")


def _page(
    request: HttpRequest,
    *,
    team_form: TeamForm | None = None,
    opening_form: OpeningForm | None = None,
    status: int = 200,
) -> HttpResponse:
    reader, now = person_of(request), timezone.now()
    flagged = request.GET.get("exchange", "")
    page = {
        "closed": ClosedTeam.objects.order_by("team_label"),
        "flags": opening.flags(reader)[: opening.FLAGS_SHOWN],
        "openings": _openings(reader, now),
        "team_form": team_form or TeamForm(auto_id="close_%s"),
        "opening_form": opening_form or OpeningForm(auto_id="open_%s", initial={"what": flagged}),
        "reopen_form": WhyForm(),
        "is_officer": reader.has_role(Role.COMPLIANCE_OFFICER),
        "now": now,
    }
    return render(request, "audit/council/teams.html", page, status=status)


def _openings(reader: User, now: datetime) -> QuerySet[Opening]:
    """What is open for a time, but for what is open of the reader's own."""
    own = scope.own_exchanges(reader).values("pk")
    lasting = Opening.objects.filter(until__gt=now)
    return lasting.exclude(person_id=reader.pk).exclude(exchange_id__in=own).order_by("until")
