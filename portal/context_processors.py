"""What every template may use."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from apps.accounts.models import Role, User
from apps.audit.notices.models import Notice
from apps.gateway.models import AccessRequest

THEME_COOKIE = "portcullis_theme"
THEMES = ("light", "dark")


def house(request: HttpRequest) -> dict[str, Any]:
    """
    The person's roles, as a set of codes, for the navigation, how many notices they have not read, how many people wait
    for an admin to let them use a model, the mark across an auditor's pages, and the theme they chose, or "" for the
    system's.

    Pages do not rely on the roles for permission. Costs two queries for a person who is signed in, the second where a
    page shows the navigation; an admin's navigation one more.
    """
    roles = _roles(request)
    mark = SimpleLazyObject(lambda: _mark(request, roles))
    return {
        "roles": roles,
        "mark": mark,
        "unread": SimpleLazyObject(lambda: _unread(request)),
        "requests_waiting": SimpleLazyObject(lambda: _requests_waiting(roles)),
        "theme": _theme(request),
    }


def _roles(request: HttpRequest) -> frozenset[str]:
    person = getattr(request, "user", None)
    if person is None or not person.is_authenticated:
        return frozenset()
    return frozenset(person.role_assignments.counting().values_list("role", flat=True))


def _mark(request: HttpRequest, roles: frozenset[str]) -> str:
    """Who reads and when, across each page of the desk that an auditor opens; empty elsewhere."""
    if "AUDITOR" not in roles or "COMPLIANCE_OFFICER" in roles or not request.path.startswith("/audit/"):
        return ""
    return f"{request.user}, auditor, {timezone.localtime():%-d %b %Y, %H:%M}"


def _unread(request: HttpRequest) -> int:
    person = getattr(request, "user", None)
    return Notice.objects.of_person(person).unread().count() if isinstance(person, User) else 0


def _requests_waiting(roles: frozenset[str]) -> int:
    return AccessRequest.objects.open().count() if Role.ADMIN in roles else 0


def _theme(request: HttpRequest) -> str:
    chosen = request.COOKIES.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else ""
