"""What is masked, in a real browser: the line below the composer, and releasing a value inside the dialog."""

from __future__ import annotations

import pytest
from django.conf import settings
from playwright.sync_api import Browser, expect

from tests.design.conftest import chromium  # noqa: F401

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]
PATIENCE_MILLISECONDS = 20_000


def test_the_composer_says_what_will_be_masked_and_the_dialog_releases_it(
    maya,
    provider,
    live_server,
    chromium: Browser,  # noqa: F811
):
    provider.will_answer("Dear <PERSON_1>, welcome.")
    turn = maya.ask("Please greet Grace Hopper")
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    session = maya.client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"{live_server.url}/c/{turn.conversation_id}/")

    page.get_by_label("Message", exact=True).fill("Mail grace.hopper@example.com")
    expect(page.locator("message-preview [role=status]")).to_have_text(
        "Will be masked: an e-mail address.", timeout=PATIENCE_MILLISECONDS
    )
    page.get_by_role("link", name="see what left").click()
    page.get_by_role("button", name="This is not personal: Grace Hopper").press("Enter")
    said = page.locator("#left [data-said]")
    expect(said).to_contain_text("sent as it stands from your next message", timeout=PATIENCE_MILLISECONDS)
    expect(said).to_be_focused()
    page.get_by_role("button", name="Mask it again: Grace Hopper").press("Enter")
    expect(said).to_contain_text("masked again", timeout=PATIENCE_MILLISECONDS)
    expect(page.get_by_role("button", name="This is not personal: Grace Hopper")).to_be_visible()
    context.close()
