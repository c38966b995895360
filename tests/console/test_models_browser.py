"""The matrix in a real browser: a switch saves in place, by keyboard, and says what changed."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser

from apps.accounts.models import Role
from apps.gateway.models import Grant, LanguageModel
from tests.design.conftest import chromium  # noqa: F401

WIDTHS = (390, 768)


@pytest.fixture
def company(transactional_db, make_person, make_team, make_model):
    """An admin's session, two teams and a model that neither has."""
    make_model(make_team("Engineering"), label="Large", price="3")
    make_team("Sales")
    client = Client()
    client.force_login(make_person("david", roles=(Role.ADMIN,)))
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@pytest.fixture
def console(company, live_server, chromium: Browser):  # noqa: F811
    """A page of the signed-in admin, with or without scripts, on which no error may appear."""
    contexts, complaints = [], []

    def open_page(path, *, width=1280, has_scripts=True):
        context = chromium.new_context(viewport={"width": width, "height": 900}, java_script_enabled=has_scripts)
        contexts.append(context)
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": company, "url": live_server.url}])
        page = context.new_page()
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(live_server.url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def test_a_switch_saves_in_place_keeps_the_focus_and_says_what_changed(console):
    page = console("/console/models/")
    page.get_by_role("switch", name="Sales may use Large").focus()

    page.keyboard.press("Space")

    page.get_by_role("switch", name="Sales may use Large", checked=True).wait_for()
    page.get_by_text("Sales may use Large now.").wait_for(state="attached")
    assert page.evaluate("document.activeElement.getAttribute('aria-checked')") == "true"
    assert Grant.objects.filter(team__name="Sales").exists()

    page.keyboard.press("Enter")

    page.get_by_role("switch", name="Sales may use Large", checked=False).wait_for()
    assert not Grant.objects.filter(team__name="Sales").exists()


def test_without_scripts_a_switch_is_a_form_like_any_other(console):
    page = console("/console/models/", has_scripts=False)

    page.get_by_role("switch", name="Sales may use Large").click()

    assert page.get_by_role("switch", name="Sales may use Large", checked=True).is_visible()
    assert page.get_by_text("Sales may use Large now.").is_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_pages_fit_every_width(console, width):
    pages = (
        "models",
        "providers",
        "budgets",
        "providers/add",
        "requests",
        "auto",
        f"models/{LanguageModel.objects.get().pk}/grants",
    )
    for path in (f"/console/{page}/" for page in pages):
        page = console(path, width=width)

        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
