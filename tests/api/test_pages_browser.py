"""Making a key in a real browser: by keyboard, shown once, copied, and nothing wider than the window."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, expect

from apps.accounts.models import Membership
from tests.design.conftest import chromium  # noqa: F401


@pytest.fixture
def page(transactional_db, make_person, make_team, make_model, live_server, chromium: Browser):  # noqa: F811
    """A page of Maya, who leads Sales, on which no error may appear."""
    make_model(make_team("Sales"), label="Large")
    maya = make_person("maya", teams=("Sales",))
    Membership.objects.update(standing=Membership.Standing.LEAD)
    client = Client()
    client.force_login(maya)
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
    page, complaints = context.new_page(), []
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(live_server.url + "/keys/")
    yield page
    context.close()
    assert complaints == []


def is_as_wide_as_the_window(page):
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_key_is_made_by_keyboard_copied_with_one_press_and_gone_on_the_next_page(page):
    assert is_as_wide_as_the_window(page)
    page.get_by_label("Name").focus()
    page.keyboard.type("Laptop")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Copy your new key now")).to_be_visible()
    assert is_as_wide_as_the_window(page)
    secret = page.locator("#secret").inner_text()
    page.get_by_role("button", name="Copy the key").focus()
    page.keyboard.press("Enter")
    expect(page.locator("copy-button[data-state=done]")).to_have_count(1)
    assert page.evaluate("navigator.clipboard.readText()") == secret
    assert re.fullmatch(r"portcullis_[0-9A-Za-z]{49}", secret)

    page.get_by_text("LiteLLM (Python)").first.click()
    expect(page.get_by_text("import litellm")).to_be_visible()
    assert is_as_wide_as_the_window(page)
    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("link", name="Laptop").click()
    expect(page.get_by_role("heading", name="Laptop", exact=True)).to_be_visible()
    assert secret not in page.content()
    assert is_as_wide_as_the_window(page)
