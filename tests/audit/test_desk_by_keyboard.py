"""The newer pages of the desk by keyboard alone: everything is reached, in order, marked, and has a name."""

from __future__ import annotations

from itertools import pairwise

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page

from apps.audit.reports.models import Report
from apps.ledger import alarms
from tests.audit.conftest import NOON, sign_in
from tests.audit.review.conftest import make_item, make_queue, place, read, tree  # noqa: F401
from tests.audit.stream.conftest import admin  # noqa: F401
from tests.design.conftest import chromium  # noqa: F401

pytestmark = pytest.mark.journey
PAGES = ("/audit/reports/", "/audit/review/drift", "/audit/stream/", "/audit/ledger", "/audit/review/figures")
MOST_STOPS = 200
REACHABLE = """() => [...document.querySelectorAll(
    "main :is(a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0'])"
)].filter((each) => each.checkVisibility()).length"""
MARKED = """() => {
    const here = document.activeElement;
    if (!here || here === document.body) return null;
    const all = [...document.querySelectorAll("*")], style = getComputedStyle(here);
    const isOutlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    const isMarked = isOutlined || style.boxShadow !== "none";
    return { place: all.indexOf(here), inMain: !!here.closest("main"), isMarked, html: here.outerHTML.slice(0, 120) };
}"""
HEADINGS = "() => [...document.querySelectorAll('main :is(h1,h2,h3,h4,h5)')].map((each) => Number(each.tagName[1]))"
NAMELESS = """() => [...document.querySelectorAll(
    "main :is(input:not([type=hidden]), select, textarea, button, a, summary)"
)]
    .filter((each) => each.checkVisibility())
    .filter((each) => !each.labels?.length && !each.getAttribute("aria-label") && !each.innerText.trim())
    .map((each) => each.outerHTML.slice(0, 120))"""


@pytest.fixture
def page(transactional_db, desk, live_server, chromium: Browser, make_item):  # noqa: F811
    """The officer's browser, at a desk with an item in review and an alarm."""
    make_item(now=NOON)
    named = [["RECORD_MODIFIED", 41, "A record is not what was signed."]]
    alarms.follow("DAMAGED", is_amiss=True, details={"rows": 1, "named": named}, now=timezone.now())
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, base_url=live_server.url)
    page = context.new_page()
    sit_down(page, desk, live_server.url)
    yield page
    context.close()


def sit_down(page: Page, client: Client, address: str) -> None:
    """Let the page be of whoever signed in as this client."""
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": address}])


@pytest.mark.parametrize("address", PAGES)
def test_tab_reaches_everything_on_the_page_in_order_and_shows_where_it_is(page: Page, address):
    page.goto(address)

    walk(page)


def walk(page: Page) -> None:
    """Go through the page from its top by Tab; everything is reached, in order, marked, and has a name."""
    page.keyboard.press("Tab")
    assert "Skip to the content" in page.evaluate(MARKED)["html"]
    page.keyboard.press("Enter")
    stops = []
    while (stop := tabbed(page)) and stop["inMain"] and len(stops) < MOST_STOPS:
        stops.append(stop)

    assert [stop["html"] for stop in stops if not stop["isMarked"]] == []
    assert [stop["place"] for stop in stops] == sorted({stop["place"] for stop in stops})
    assert len(stops) == page.evaluate(REACHABLE)
    levels = page.evaluate(HEADINGS)
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert page.evaluate(NAMELESS) == []


def test_a_report_is_asked_for_and_figures_are_opened_without_a_mouse(page: Page, monkeypatch):
    monkeypatch.setattr("celery.app.task.Task.apply_async", lambda *_, **__: None)
    page.goto("/audit/reports/")
    page.get_by_label("Month").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("status").or_(page.get_by_role("alert")).first.wait_for()
    page.goto("/audit/review/drift")
    page.locator("main summary").first.focus()
    page.keyboard.press("Space")

    page.get_by_role("region", name="week by week").first.wait_for()
    assert Report.objects.count() == 1


def test_an_admin_makes_a_key_for_pulling_and_removes_it_without_a_mouse(page: Page, admin, live_server):  # noqa: F811
    sit_down(page, sign_in(admin), live_server.url)
    page.goto("/audit/stream/")
    page.get_by_role("textbox", name="Name").focus()
    page.keyboard.type("The watchers")
    page.keyboard.press("Tab")
    page.keyboard.type("Nowhere")
    page.get_by_role("button", name="Set up").focus()
    page.keyboard.press("Enter")

    page.get_by_role("status").get_by_text("it is shown this once").wait_for()
    walk(page)
    page.locator("summary", has_text="Remove").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("No receiver yet").wait_for()


def tabbed(page: Page):
    """Press Tab and say where that leads; None for the browser's own."""
    page.keyboard.press("Tab")
    return page.evaluate(MARKED)
