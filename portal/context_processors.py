"""What every template may use."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def house(request: HttpRequest) -> dict[str, Any]:
    """The person's roles, as a set of codes, for the navigation. Pages do not rely on it for permission."""
    person = getattr(request, "user", None)
    if person is None or not person.is_authenticated:
        return {"roles": frozenset()}
    return {"roles": frozenset(person.role_assignments.values_list("role", flat=True))}
