"""Doors for admins: the list of people, one person, and what can be done to them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from apps.accounts import administration
from apps.accounts.access import person_of, roles_required
from apps.accounts.models import Membership, Role, Team, User
from apps.console.people_forms import GrantForm, JoinForm, PeopleFilter, RoleForm, StandingForm

PAGE = 50
MEANINGS = {
    Role.EMPLOYEE: "Chats with the models of their teams and reads the documents open to them.",
    Role.COMPLIANCE_OFFICER: "Reads and reviews the record of every exchange in the company. Each look is recorded.",
    Role.AUDITOR: "Reads the record and changes nothing.",
    Role.ADMIN: "Runs models, budgets, people and teams. Does not see the record.",
}


@roles_required(Role.ADMIN)
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """List people by name, fifty a page, filtered."""
    admin = person_of(request)
    form = PeopleFilter(request.GET, admin=admin)
    found = _filtered(User.objects.visible_to(admin), form)
    shown = _after(found, request.GET.get("after", ""), admin=admin)
    page = list(shown.prefetch_related("role_assignments", "memberships__team")[: PAGE + 1])
    context = {
        "form": form,
        "people": page[:PAGE],
        "is_filtered": any(request.GET.get(name) for name in form.fields),
        "is_first_page": "after" not in request.GET,
        "first_page": _address(request, after=None),
        "next_page": _address(request, after=page[PAGE - 1].pk) if len(page) > PAGE else "",
        "total": User.objects.visible_to(admin).count(),
    }
    return render(request, "console/people.html", context)


@roles_required(Role.ADMIN)
@require_safe
def person(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Show one person: roles, teams, whether they are active."""
    admin = person_of(request)
    subject = _find(request, person_id)
    held = {each.role: each for each in subject.role_assignments.counting()}
    memberships = list(subject.memberships.select_related("team").order_by("team__name"))
    context = {
        "subject": subject,
        "is_self": subject == admin,
        "roles_table": [{"role": role, "meaning": MEANINGS[role], "held": held.get(role.value)} for role in Role],
        "memberships": memberships,
        "other_teams": Team.objects.visible_to(admin).exclude(pk__in=[row.team_id for row in memberships]),
        "standings": Membership.Standing.choices,
    }
    return render(request, "console/person.html", context)


@roles_required(Role.ADMIN)
@require_POST
def grant_role(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Give a role."""
    subject, form = _find(request, person_id), GrantForm(request.POST)
    if not form.is_valid():
        raise BadRequest
    role, days = Role(form.cleaned_data["role"]), form.cleaned_data["days"] or administration.USUAL_AUDIT
    return _do(
        request,
        subject,
        lambda by, now: administration.grant_role(subject, role, by=by, days=days, now=now),
        done=f"{subject.name} now holds the role {role.label}.",
        vain=f"{subject.name} already held the role {role.label}.",
    )


@roles_required(Role.ADMIN)
@require_POST
def revoke_role(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Take a role."""
    subject, role = _find(request, person_id), _role(request)
    return _do(
        request,
        subject,
        lambda by, now: administration.revoke_role(subject, role, by=by, now=now),
        done=f"{subject.name} no longer holds the role {role.label}.",
        vain=f"{subject.name} did not hold the role {role.label}.",
    )


@roles_required(Role.ADMIN)
@require_POST
def deactivate(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Shut a person out."""
    subject = _find(request, person_id)
    return _do(
        request,
        subject,
        lambda by, now: administration.deactivate(subject, by=by, now=now),
        done=f"{subject.name} is shut out; every session of theirs has ended.",
        vain=f"{subject.name} was shut out already.",
    )


@roles_required(Role.ADMIN)
@require_POST
def reactivate(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Let a person in again."""
    subject = _find(request, person_id)
    return _do(
        request,
        subject,
        lambda by, now: administration.reactivate(subject, by=by, now=now),
        done=f"{subject.name} can sign in again.",
        vain=f"{subject.name} was active already.",
    )


@roles_required(Role.ADMIN)
@require_POST
def join_team(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Put a person into a team."""
    subject = _find(request, person_id)
    form = JoinForm(request.POST, admin=person_of(request))
    if not form.is_valid():
        raise BadRequest
    team, standing = form.cleaned_data["team"], form.cleaned_data["standing"]
    return _do(
        request,
        subject,
        lambda by, now: administration.add_member(team, subject, standing, by=by, now=now),
        done=f"{subject.name} is in {team.name} now.",
        vain=f"{subject.name} was in {team.name} already.",
    )


@roles_required(Role.ADMIN)
@require_POST
def leave_team(request: HttpRequest, person_id: UUID, team_id: UUID) -> HttpResponse:
    """Take a person out of a team."""
    subject, team = _find(request, person_id), find_team(request, team_id)
    return _do(
        request,
        subject,
        lambda by, now: administration.remove_member(team, subject, by=by, now=now),
        done=f"{subject.name} is no longer in {team.name}.",
        vain=f"{subject.name} was not in {team.name}.",
    )


@roles_required(Role.ADMIN)
@require_POST
def set_standing(request: HttpRequest, person_id: UUID, team_id: UUID) -> HttpResponse:
    """Make a member lead, or a lead member."""
    subject, team = _find(request, person_id), find_team(request, team_id)
    form = StandingForm(request.POST)
    if not form.is_valid():
        raise BadRequest
    standing = Membership.Standing(form.cleaned_data["standing"])
    return _do(
        request,
        subject,
        lambda by, now: administration.set_standing(team, subject, standing, by=by, now=now),
        done=f"{subject.name} is {standing.label.lower()} of {team.name} now.",
        vain=f"Nothing changed: {subject.name} is not in {team.name}, or had this standing.",
    )


def find_team(request: HttpRequest, team_id: UUID) -> Team:
    """Find a team that this admin may see, or answer 404."""
    return get_object_or_404(Team.objects.visible_to(person_of(request)), pk=team_id)


def _find(request: HttpRequest, person_id: UUID) -> User:
    return get_object_or_404(User.objects.visible_to(person_of(request)), pk=person_id)


def _role(request: HttpRequest) -> Role:
    form = RoleForm(request.POST)
    if not form.is_valid():
        raise BadRequest
    return Role(form.cleaned_data["role"])


def _do(
    request: HttpRequest, subject: User, deed: Callable[[User, datetime], bool], *, done: str, vain: str
) -> HttpResponse:
    """Do one deed, say how it went, and go back to the page that asked for it."""
    back = _back(request, subject)
    try:
        has_changed = deed(person_of(request), timezone.now())
    except administration.AdministrationRefused as refused:
        messages.error(request, refused.sentence)
    else:
        (messages.success if has_changed else messages.info)(request, done if has_changed else vain)
    return back


def _back(request: HttpRequest, subject: User) -> HttpResponseRedirect:
    from_team = request.POST.get("from_team", "")
    if from_team:
        try:
            team_id = UUID(from_team)
        except ValueError:
            raise BadRequest from None
        return redirect("console:team", team_id=team_id)
    return redirect("console:person", person_id=subject.pk)


def _filtered(everybody: QuerySet[User], form: PeopleFilter) -> QuerySet[User]:
    if not form.is_valid():
        return everybody.none()
    wanted = form.cleaned_data
    if wanted["q"]:
        everybody = everybody.filter(Q(name__icontains=wanted["q"]) | Q(email__icontains=wanted["q"]))
    if wanted["role"]:
        everybody = everybody.filter(role_assignments__role=wanted["role"])
    if wanted["team"]:
        everybody = everybody.filter(memberships__team=wanted["team"])
    if wanted["state"]:
        everybody = everybody.filter(is_active=wanted["state"] == "active")
    return everybody.alias(sort_name=Lower("name")).order_by("sort_name", "pk")


def _after(found: QuerySet[User], last_seen: str, *, admin: User) -> QuerySet[User]:
    """Go on behind the person the previous page ended with: by key, so that nobody is skipped or shown twice."""
    if not last_seen:
        return found
    try:
        last = User.objects.visible_to(admin).filter(pk=UUID(last_seen)).values_list(Lower("name"), "pk").first()
    except ValueError:
        raise Http404 from None
    if last is None:
        raise Http404
    name, key = last
    return found.filter(Q(sort_name__gt=name) | Q(sort_name=name, pk__gt=key))


def _address(request: HttpRequest, *, after: UUID | None) -> str:
    query = request.GET.copy()
    query.pop("after", None)
    if after:
        query["after"] = str(after)
    return f"?{query.urlencode()}"
