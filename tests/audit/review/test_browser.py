"""Review in a real browser, by keyboard alone: take, read, decide, and nothing typed presses a key."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser

from apps.audit.review.models import Decision, Item
from tests.design.conftest import chromium  # noqa: F401

pytestmark = pytest.mark.journey


def test_an_officer_decides_by_keyboard_alone(
    transactional_db, desk, make_queue, make_exchange, place, live_server, chromium: Browser  # noqa: F811
):  # fmt: skip
    queue = make_queue()
    for _ in range(2):
        make_exchange(now=timezone.now())
    place()
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    cookie = desk.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page, complaints = context.new_page(), []
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    page.goto(f"{live_server.url}/audit/review/queues/{queue.pk}")

    page.keyboard.press("?")
    page.get_by_role("heading", name="Keys in review").wait_for()
    page.keyboard.press("n")  # rests while a dialog is open
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.get_by_text("You hold it until").wait_for()
    page.wait_for_load_state()  # the keys work once the page's scripts have run, which is after its words are seen
    page.keyboard.press("4")
    page.keyboard.press("r")
    page.keyboard.press("/")
    page.keyboard.type("d and n are letters here")
    assert Item.objects.exclude(claimed_by=None).count() == 1
    page.get_by_label("I have read it").focus()
    page.keyboard.press("d")
    page.get_by_text("Decided, and on the record.").wait_for()

    assert [decision.tag for decision in Decision.objects.all()] == ["FALSE_POSITIVE"]
    assert Decision.objects.get().is_read
    assert complaints == []
    context.close()
