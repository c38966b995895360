"""What every template may use."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

THEME_COOKIE = "portcullis_theme"
THEMES = ("light", "dark")


def house(request: HttpRequest) -> dict[str, Any]:
    """
    The person's roles, as a set of codes, for the navigation, and the theme they chose, or "" for the system's.

    Pages do not rely on the roles for permission. Costs one query for a person who is signed in.
    """
    return {"roles": _roles(request), "theme": _theme(request)}


def _roles(request: HttpRequest) -> frozenset[str]:
    person = getattr(request, "user", None)
    if person is None or not person.is_authenticated:
        return frozenset()
    return frozenset(person.role_assignments.values_list("role", flat=True))


def _theme(request: HttpRequest) -> str:
    chosen = request.COOKIES.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else ""
