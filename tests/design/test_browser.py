"""The shell by keyboard, in a real browser, under the product's security policy."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import engines
from django.template.loader import render_to_string
from playwright.sync_api import Page, expect

from tests.design.test_shell import request_of

LookAt = Callable[..., Page]
WIDTHS = (1280, 768, 390)
PARTS = """
{% extends "base.html" %}{% load design %}
{% block title %}Parts{% endblock %}
{% block main %}
<div class="page">
    <h1>Parts</h1>
    <button class="button" type="button" data-opens="ask" id="opener">Delete</button>
    <dialog class="dialog" id="ask" aria-labelledby="ask-title">
        <h2 id="ask-title">Sure?</h2>
        <button class="button" type="button" data-closes>Keep it</button>
    </dialog>
    <drop-menu>
        <details class="menu">
            <summary class="button">More</summary>
            <div class="menu-list">
                <a class="menu-item" href="#a">One</a>
                <a class="menu-item" href="#b">Two</a>
            </div>
        </details>
    </drop-menu>
    <div class="code-block">
        <copy-button><button class="button" type="button">Copy</button></copy-button>
        <pre>print(1)</pre>
    </div>
    <div class="table-wrap">
        <table class="table table-cards">
            <thead><tr><th>Person</th><th>Words</th></tr></thead>
            <tbody><tr><th scope="row" data-label="Person">Maya</th><td data-label="Words">{{ long }}</td></tr></tbody>
        </table>
    </div>
    <div class="field"><label class="field-label" for="x">X</label><input id="x"></div>
</div>
{% endblock %}"""


class _Roles(list[str]):
    """What the shell asks of a person's roles; the browser's event loop keeps these tests from the database."""

    all = counting = values_list = lambda self, *_, **__: self


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr("portal.context_processors._requests_waiting", lambda _roles: 12)
    person = SimpleNamespace(is_authenticated=True, is_active=True, role_assignments=_Roles(["ADMIN", "AUDITOR"]))
    return engines["django"].from_string(PARTS).render({"long": "word " * 40 + "x" * 300}, request_of(person))


@pytest.fixture
def gate() -> str:
    return render_to_string("base_bare.html", {"theme": "", "roles": frozenset()})


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_scrolls_sideways(look_at: LookAt, parts: str, gate: str, width: int, scheme: str) -> None:
    for markup in (parts, gate):
        page = look_at(markup, width=width, scheme=scheme)

        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_first_stop_of_the_keyboard_skips_to_the_content(look_at: LookAt, parts: str) -> None:
    page = look_at(parts)

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")

    expect(page.locator("main")).to_be_focused()


def test_on_a_phone_the_menu_button_opens_the_rail_and_escape_gives_the_focus_back(look_at: LookAt, parts: str) -> None:
    page = look_at(parts, width=390, height=844)
    menu = page.get_by_role("button", name="Menu", exact=True)

    expect(page.get_by_role("link", name="Documents")).to_be_hidden()
    menu.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Documents")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.get_by_role("link", name="Documents")).to_be_hidden()
    expect(menu).to_be_focused()


def test_a_phones_controls_are_large_enough_for_a_thumb(look_at: LookAt, parts: str) -> None:
    page = look_at(parts, width=390, height=844)

    small = page.evaluate(
        "[...document.querySelectorAll('main :is(.button, input), .topbar :is(.button, .brand)')]"
        ".filter(e => e.checkVisibility()).map(e => [e.textContent.trim() || e.id, e.getBoundingClientRect()])"
        ".filter(([, box]) => box.height < 44).map(([name]) => name)"
    )

    assert small == []


def test_the_theme_follows_the_system_until_a_person_chooses(look_at: LookAt, gate: str) -> None:
    page = look_at(gate, scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)

    page.get_by_role("radio", name="Light").check(force=True)

    assert page.evaluate(ground) != dark
    assert page.evaluate("document.cookie") == "portcullis_theme=light"
    expect(page.get_by_role("status")).to_have_text("The theme is light now.")


def test_choosing_the_systems_theme_forgets_the_cookie(look_at: LookAt, gate: str) -> None:
    page = look_at(gate)

    page.get_by_role("radio", name="Dark").check(force=True)
    page.get_by_role("radio", name="System").check(force=True)

    assert page.evaluate("document.cookie") == ""
    assert page.evaluate("document.documentElement.dataset.theme") is None


def test_a_dialog_opens_by_keyboard_and_gives_the_focus_back(look_at: LookAt, parts: str) -> None:
    page = look_at(parts)

    page.locator("#opener").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Sure?")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("#opener")).to_be_focused()


def test_a_menu_moves_by_arrows_and_closes_on_escape_and_when_it_is_left(look_at: LookAt, parts: str) -> None:
    page = look_at(parts)
    opener = page.locator("main .menu > summary")

    opener.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="One")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="One")).to_be_hidden()
    expect(opener).to_be_focused()

    page.keyboard.press("Enter")
    for _ in range(3):
        page.keyboard.press("Tab")

    expect(page.get_by_role("link", name="One")).to_be_hidden()


def test_copying_that_the_browser_forbids_is_said_aloud(look_at: LookAt, parts: str) -> None:
    page = look_at(parts)
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }")

    page.get_by_role("button", name="Copy").click()

    expect(page.locator("live-region")).to_contain_text("did not allow copying")


def test_on_a_phone_the_current_tab_is_brought_into_view(look_at: LookAt) -> None:
    tabs = "".join(f'<a class="tab" href="#{at}">A rather long tab {at}</a>' for at in range(5))
    row = f'<nav class="tabs" aria-label="Sections">{tabs}<a class="tab" aria-current="page" href="#z">Last</a></nav>'
    markup = engines["django"].from_string(PARTS.replace("<h1>Parts</h1>", row)).render({}, request_of(AnonymousUser()))

    page = look_at(markup, width=390, height=844)

    expect(page.get_by_role("link", name="Last")).to_be_in_viewport(ratio=1)
