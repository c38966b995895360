"""Doors to schedules and the purge: read them, ask for another, pause and go on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from apps.accounts.access import person_of
from apps.accounts.models import Role, User
from apps.audit.approvals.asking import ReasonTooShort
from apps.audit.doors import desk, officers_only
from apps.audit.retention import purging, schedules, tasks
from apps.audit.retention.forms import ScheduleForm
from apps.audit.retention.looking import looked_at
from apps.audit.retention.models import Purge, ScheduleVersion
from apps.audit.telling import written
from apps.ledger.models import Event
from apps.ledger.vocabulary import Action
from apps.privacy.hold_models import AwaitedDestruction

NEWEST = 20


@desk
def page(request: HttpRequest) -> HttpResponse:
    """Show how long records are kept, how far the purge is, its certificates, and what the schedules were."""
    looked_at("schedules", by=person_of(request), now=timezone.now())
    return _page(request)


@desk
def purge_piece(request: HttpRequest) -> HttpResponse:
    """Show how far the purge is, for a page that watches it."""
    return render(request, "audit/retention/_purge.html", _purge())


@officers_only
def change(request: HttpRequest) -> HttpResponse:
    """Ask a second officer for another schedule."""
    form = written(ScheduleForm(request.POST), by=person_of(request))
    if not form.is_valid():
        return _page(request, form=form, status=422)
    said = form.cleaned_data
    try:
        asked = schedules.ask(
            said["team"], days=said["days"], why=said["why"], by=person_of(request), now=timezone.now()
        )
    except (schedules.NothingNew, ReasonTooShort) as reason:
        form.add_error(None, reason.sentence)
        return _page(request, form=form, status=422)
    done = "You asked. The schedule stays as it is until a second officer consents." if asked else "It is in force now."
    messages.success(request, done)
    return redirect("retention:schedules")


@officers_only
def start(request: HttpRequest) -> HttpResponse:
    """Begin today's purge before its hour."""
    return _steered(request, purging.start_now, "The purge has begun.")


@officers_only
def pause(request: HttpRequest) -> HttpResponse:
    """Destroy nothing until somebody resumes."""
    return _steered(request, purging.pause, "The purge is paused. Nothing is purged until somebody resumes it.")


@officers_only
def resume(request: HttpRequest) -> HttpResponse:
    """Go on purging."""
    return _steered(request, purging.resume, "The purge goes on.")


def _steered(request: HttpRequest, steer: Callable[..., None], done: str) -> HttpResponse:
    by: User = person_of(request)
    now: datetime = timezone.now()
    steer(by=by, now=now)
    tasks.purge.delay()
    messages.success(request, done)
    return redirect("retention:schedules")


def _purge() -> dict[str, Any]:
    return {"purge": Purge.objects.first(), "awaited": AwaitedDestruction.objects.count()}


def _page(request: HttpRequest, *, form: ScheduleForm | None = None, status: int = 200) -> HttpResponse:
    certificates = Event.objects.filter(action=Action.PURGE_CERTIFIED).order_by("-happened_at")
    context = {
        **_purge(),
        "schedules": schedules.in_force(),
        "history": ScheduleVersion.objects.all()[:NEWEST],
        "certificates": certificates[:NEWEST],
        "is_officer": person_of(request).has_role(Role.COMPLIANCE_OFFICER),
        "form": form or ScheduleForm(),
    }
    return render(request, "audit/retention/schedules.html", context, status=status)
