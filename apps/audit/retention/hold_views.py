"""Doors to legal holds: see them, place one, ask to lift one."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from apps.accounts.access import person_of
from apps.accounts.models import Role
from apps.audit.approvals.asking import ReasonTooShort
from apps.audit.doors import desk, officers_only
from apps.audit.reads import TookTooLong
from apps.audit.retention import holding, searches
from apps.audit.retention.forms import HoldForm, WhyForm
from apps.audit.retention.looking import looked_at, refused
from apps.audit.telling import written
from apps.privacy.holds import AlreadyLifted

LIFTED_SHOWN = 50


@desk
def page(request: HttpRequest) -> HttpResponse:
    """Show the holds in force and those that were lifted."""
    looked_at("holds", by=person_of(request), now=timezone.now())
    return _page(request)


@officers_only
def place(request: HttpRequest) -> HttpResponse:
    """Place a hold: one officer may, because it only keeps."""
    officer = person_of(request)
    form = written(HoldForm(request.POST, by=officer), by=officer)
    if not form.is_valid():
        refused("holds", form, by=officer, now=timezone.now())
        return _page(request, form=form, status=422)
    said = form.cleaned_data
    try:
        holding.place(said["scope"], name=said["name"], reason=said["why"], by=officer, now=timezone.now())
    except (searches.FindsTooMuch, TookTooLong) as reason:
        form.add_error("query", reason.sentence)
        return _page(request, form=form, status=422)
    messages.success(request, "The hold is in force. Nothing that it covers is destroyed until two officers lift it.")
    return redirect("retention:holds")


@officers_only
def lift(request: HttpRequest, hold_id: UUID) -> HttpResponse:
    """Ask a second officer to lift a hold."""
    officer = person_of(request)
    hold = get_object_or_404(holding.visible_to(officer), pk=hold_id)
    form = written(WhyForm(request.POST, auto_id=f"lift_{hold_id}_%s"), by=officer)
    if not form.is_valid():
        return _page(request, lift=(hold_id, form), status=422)
    try:
        asked = holding.ask_to_lift(hold, why=form.cleaned_data["why"], by=officer, now=timezone.now())
    except (AlreadyLifted, ReasonTooShort) as reason:
        messages.error(request, reason.sentence)
        return redirect("retention:holds")
    done = "You asked. The hold stays in force until a second officer consents." if asked else "The hold is lifted."
    messages.success(request, done)
    return redirect("retention:holds")


def _page(
    request: HttpRequest,
    *,
    form: HoldForm | None = None,
    lift: tuple[UUID, WhyForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    officer = person_of(request)
    seen = holding.visible_to(officer)
    typed = dict([lift]) if lift else {}
    context = {
        "holds": [
            (hold, typed.get(hold.pk) or WhyForm(auto_id=f"lift_{hold.pk}_%s")) for hold in seen.filter(lifted_at=None)
        ],
        "lifted": seen.filter(lifted_at__isnull=False).order_by("-lifted_at")[:LIFTED_SHOWN],
        "is_officer": officer.has_role(Role.COMPLIANCE_OFFICER),
        "form": form or HoldForm(by=officer, initial={"query": request.GET.get("search", "")}),
    }
    return render(request, "audit/retention/holds.html", context, status=status)
