"""What a person sees of money and pace beside the composer, and the door by which they let their own program go on."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from apps.accounts.access import person_of, roles_required
from apps.accounts.models import Role, Team, User
from apps.gateway import budgets, runaway
from apps.gateway.budgets import Standing
from apps.gateway.models import Budget, LoopStop, Scope
from apps.gateway.prices import in_figures

NEAR_PERCENT = 80
WHEN = {Budget.Window.DAY: "today", Budget.Window.MONTH: "this month"}


def nearly_spent(person: User, team: Team | None, *, now: datetime) -> list[str]:
    """Say which budgets a message of `person` for `team` counts against and that are nearly used. Three queries."""
    if team is None:
        return []
    found = budgets.applying_to(person=person, team=team, now=now)
    return [_sentence(one) for one in found if one.percent >= NEAR_PERCENT or one.has_passed_soft]


def _sentence(line: Standing) -> str:
    budget = line.budget
    when = WHEN.get(Budget.Window(budget.window), budget.window_in_words)
    if budget.scope == Scope.ORGANISATION:
        return f"The organisation's budget is nearly used up {when}."
    if budget.scope == Scope.PERSON:
        who, has = "You", "have"
    else:
        who, has = (str(budget.team) if budget.team else "Your team"), "has"
    if budget.hard_limit is None:
        spent, limit = in_figures(line.spent), in_figures(budget.limit)
        return f"{who} {has} spent {spent} {budget.currency} {when}, past the {limit} that were planned."
    return f"{who} {has} {in_figures(line.left)} of {in_figures(budget.limit)} {budget.currency} left {when}."


@require_POST
@roles_required(Role.EMPLOYEE)
def lift_stop(request: HttpRequest, stop_id: UUID) -> HttpResponse:
    """Let a program of one's own go on that was stopped since it repeated itself."""
    person = person_of(request)
    stop = get_object_or_404(LoopStop.objects.filter(person=person).select_related("person"), pk=stop_id)
    if runaway.lift(stop, by=person, now=timezone.now()):
        messages.success(request, "Your calls are let through again. If the program still repeats itself, stop it.")
    else:
        messages.info(request, "This stop had ended already.")
    return redirect("chat:home")
