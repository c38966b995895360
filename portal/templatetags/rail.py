"""The rail and the tabs of admins and officers in templates."""

from __future__ import annotations

from django import template
from django.http import HttpRequest

from portal.rail import Entry, Page, entries, pages_beside

register = template.Library()


@register.simple_tag
def rail_pages(here: str, roles: frozenset[str]) -> list[Page]:
    """The tabs beside the page named `here`."""
    return pages_beside(here, roles)


@register.simple_tag
def rail_entries(request: HttpRequest, roles: frozenset[str]) -> list[Entry]:
    """The sections for the rail."""
    return entries(request.path, roles)
