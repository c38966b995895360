"""The admins' pages in four sections: the rail names the sections, a section's pages name each other as tabs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.http import HttpRequest
from django.urls import reverse

register = template.Library()


@dataclass(frozen=True, slots=True)
class Page:
    """One tab: the name that a page's template gives, its words and its address' name."""

    name: str
    label: str
    url_name: str

    @property
    def address(self) -> str:
        """Where it is; pages about one thing of it stand below."""
        return reverse(self.url_name)


@dataclass(frozen=True, slots=True)
class Section:
    """One entry of the rail and the pages behind it; it leads to the first."""

    label: str
    icon: str
    pages: tuple[Page, ...]


SECTIONS = (
    Section(
        "Models",
        "model",
        (
            Page("models", "Models per team", "console:models"),
            Page("providers", "Providers", "console:providers"),
            Page("requests", "Requests", "console:requests"),
            Page("auto", "Automatic choice", "console:auto"),
            Page("batches", "Batches", "batch:models"),
        ),
    ),
    Section(
        "Budgets & limits",
        "budget",
        (Page("budgets", "Budgets", "console:budgets"), Page("limits", "Limits", "console:limits")),
    ),
    Section(
        "Privacy",
        "mask",
        (Page("privacy", "Privacy", "console:privacy"), Page("dictionary", "Dictionary", "console:dictionary")),
    ),
    Section(
        "People & teams",
        "people",
        (
            Page("people", "People", "console:people"),
            Page("teams", "Teams", "console:teams"),
            Page("keys", "Keys", "keys:every_key"),
        ),
    ),
)
ANYBODY_AT_A_DESK = "privacy"
"""The page that readers of the record see, too, and the only one."""


@register.simple_tag
def console_pages(here: str, roles: frozenset[str]) -> tuple[Page, ...]:
    """The tabs beside the page named `here`, for somebody with these roles."""
    pages = next(section.pages for section in SECTIONS if any(page.name == here for page in section.pages))
    return pages if "ADMIN" in roles else tuple(page for page in pages if page.name == ANYBODY_AT_A_DESK)


@register.simple_tag
def console_sections(request: HttpRequest) -> list[dict[str, Any]]:
    """The sections for the rail, each with its address and whether the page that is shown stands in it."""
    return [
        {
            "label": section.label,
            "icon": section.icon,
            "address": section.pages[0].address,
            "is_here": any(request.path.startswith(page.address) for page in section.pages),
        }
        for section in SECTIONS
    ]
