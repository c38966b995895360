"""The pages of admins and of the officers' desk in sections: the rail names the sections, tabs the pages of one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

ADMIN = frozenset({"ADMIN"})
OFFICER = frozenset({"COMPLIANCE_OFFICER"})
DESK = OFFICER | {"AUDITOR"}


@dataclass(frozen=True, slots=True)
class Page:
    """One tab: the name that a page's template gives, its words, its address' name, and the roles that may see it."""

    name: str
    label: str
    url_name: str
    roles: frozenset[str]

    @property
    def address(self) -> str:
        """Where it is; pages about one thing of it stand below."""
        return reverse(self.url_name)


@dataclass(frozen=True, slots=True)
class Section:
    """One entry of the rail and the pages behind it; it leads to the first that the person may see."""

    label: str
    icon: str
    pages: tuple[Page, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A section as one person sees it."""

    label: str
    icon: str
    address: str
    is_here: bool


SECTIONS = (
    Section("Overview", "sliders", (Page("overview", "Overview", "overview:overview", DESK),)),
    Section(
        "Review",
        "check",
        (
            Page("review_queues", "Queues", "review:queues", DESK),
            Page("review_mine", "My work", "review:mine", OFFICER),
            Page("approvals", "Approvals", "approvals:approvals", DESK),
            Page("objections", "Objections", "notices:objections", DESK),
            Page("review_lexicons", "Lexicons", "review:lexicons", DESK),
            Page("notice_templates", "Notices", "notices:templates", DESK),
            Page("review_figures", "Figures", "review:figures", DESK),
            Page("review_drift", "Capacity and drift", "review:drift", DESK),
        ),
    ),
    Section(
        "Records",
        "ledger",
        (
            Page("exchanges", "Exchanges", "audit:exchanges", DESK),
            Page("events", "Events", "audit:events", DESK),
            Page("names", "Names", "audit:people", OFFICER),
            Page("council", "Closed teams", "council:teams", DESK),
            Page("ledger", "Integrity", "audit:ledger", DESK),
        ),
    ),
    Section(
        "Retention",
        "clock",
        (
            Page("schedules", "Schedules", "retention:schedules", DESK),
            Page("holds", "Legal holds", "retention:holds", DESK),
            Page("people_requests", "People's requests", "retention:requests", DESK),
        ),
    ),
    Section(
        "Cases",
        "folder",
        (
            Page("cases", "Cases", "cases:cases", DESK),
            Page("searches", "Saved searches", "cases:searches", DESK),
            Page("exports", "Exports", "cases:exports", OFFICER),
            Page("reports", "Monthly reports", "reports:reports", DESK),
        ),
    ),
    Section("Stream", "external", (Page("stream", "Stream", "stream:sinks", DESK | ADMIN),)),
    Section(
        "Models",
        "model",
        (
            Page("models", "Models per team", "console:models", ADMIN),
            Page("providers", "Providers", "console:providers", ADMIN),
            Page("requests", "Requests", "console:requests", ADMIN),
            Page("auto", "Automatic choice", "console:auto", ADMIN),
            Page("batches", "Batches", "batch:models", ADMIN),
        ),
    ),
    Section(
        "Budgets & limits",
        "budget",
        (Page("budgets", "Budgets", "console:budgets", ADMIN), Page("limits", "Limits", "console:limits", ADMIN)),
    ),
    Section(
        "Privacy",
        "mask",
        (
            Page("privacy", "Privacy", "console:privacy", ADMIN | DESK),
            Page("dictionary", "Dictionary", "console:dictionary", ADMIN),
        ),
    ),
    Section(
        "People & teams",
        "people",
        (
            Page("people", "People", "console:people", ADMIN),
            Page("teams", "Teams", "console:teams", ADMIN),
            Page("keys", "Keys", "keys:every_key", ADMIN),
        ),
    ),
)


def pages_beside(name: str, roles: frozenset[str]) -> list[Page]:
    """List the pages of the section in which the page `name` stands, for somebody with these roles."""
    section = next(section for section in SECTIONS if any(page.name == name for page in section.pages))
    return list(_seen_by(section.pages, roles))


def entries(path: str, roles: frozenset[str]) -> list[Entry]:
    """List the sections for somebody with these roles; the one that holds the page at `path` is marked."""
    seen = [(section, list(_seen_by(section.pages, roles))) for section in SECTIONS]
    above = [page.address for _, pages in seen for page in pages if path.startswith(page.address)]
    here = max(above, default="", key=len)
    return [
        Entry(section.label, section.icon, pages[0].address, here in {page.address for page in pages})
        for section, pages in seen
        if pages
    ]


def _seen_by(pages: Iterable[Page], roles: frozenset[str]) -> Iterable[Page]:
    return (page for page in pages if page.roles & roles)
