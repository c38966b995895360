"""Reading an exchange in a real browser: hostile texts do nothing there, and keys lead from mask to mask."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.templatetags.static import static
from django.utils import timezone
from django.utils.safestring import mark_safe
from playwright.sync_api import Browser, FrameLocator, Page, expect

from apps.audit.approvals.deeds import Deed
from apps.audit.formatted import Formatted
from apps.ledger.facts import PassageFact
from apps.ledger.ids import new_id
from apps.ledger.models import Event
from apps.privacy import keys
from apps.privacy.findings import Finding
from apps.privacy.vault import Vault
from tests.audit.attacks_on_readers import MARKDOWN, MARKUP
from tests.design.conftest import chromium  # noqa: F401

pytestmark = pytest.mark.journey


class Reader:
    """An officer's page, with all that it asked for and all that it complained about.

    The portal's own icon is left out: the browser fetches it for its tab, when it likes.
    """

    def __init__(self, page: Page, home: str) -> None:
        self.page, self.home = page, home
        self.asked: list[str] = []
        self.complaints: list[str] = []
        icon = f"{home}{static('img/favicon.svg')}"
        page.on("request", lambda request: request.url != icon and self.asked.append(request.url))
        page.on(
            "console", lambda message: message.type in ("error", "warning") and self.complaints.append(message.text)
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))

    def frame(self, title: str) -> FrameLocator:
        """Press *Formatted* on the card of this title and give what its frame shows."""
        card = self.page.get_by_role("region", name=title, exact=True)
        card.get_by_role("button", name="Formatted").click()
        expect(card.locator("pre").first).to_be_hidden()
        return card.frame_locator("iframe")

    @property
    def elsewhere(self) -> list[str]:
        """What was asked of anybody but the portal."""
        return [address for address in self.asked if not address.startswith((f"{self.home}/", "about:"))]


@pytest.fixture
def reader(transactional_db, desk, live_server, chromium: Browser) -> Iterator[Callable[..., Reader]]:  # noqa: F811
    """Open an exchange as the officer."""
    contexts = []

    def open_page(exchange_id: object, *, width: int = 1280) -> Reader:
        context = chromium.new_context(viewport={"width": width, "height": 900})
        contexts.append(context)
        cookie = desk.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        opened = Reader(context.new_page(), live_server.url)
        opened.page.goto(f"{live_server.url}/audit/exchanges/{exchange_id}")
        return opened

    yield open_page
    for context in contexts:
        context.close()


def test_hostile_texts_run_load_and_lead_nowhere(reader, make_exchange):
    attack = "\n\n".join([*MARKUP, *MARKDOWN, "the end"])
    opened = reader(make_exchange(attack, answer=attack, now=timezone.now()))
    opened.asked.clear()

    for title in ("What left", "The answer as it came"):
        frame = opened.frame(title)
        expect(frame.get_by_text("the end").last).to_be_visible()
        assert frame.locator("a, img, script, form, iframe, object, embed, svg, video, audio, link, base").count() == 0
        for words in frame.locator(".described").all():
            words.click()
    opened.page.wait_for_timeout(500)

    assert opened.elsewhere == []
    frames = [address for address in opened.asked if not address.endswith(".svg")]
    assert [address.rpartition("/")[2] for address in frames] == ["left", "answer"]
    assert opened.complaints == []
    assert "/audit/exchanges/" in opened.page.url


@pytest.fixture
def trap() -> Iterator[socket.socket]:
    """Listen for whoever is led here."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


def said_to(trap: socket.socket) -> list[bytes]:
    """Give what was said on each connection; a browser may open one ahead of time when a link is pressed."""
    said = []
    with contextlib.suppress(BlockingIOError):
        while True:
            with trap.accept()[0] as connection:
                connection.settimeout(1)
                with contextlib.suppress(TimeoutError):
                    said.append(connection.recv(1000))
    return [words for words in said if words]


def test_even_markup_that_came_through_would_do_nothing(reader, make_exchange, monkeypatch, trap):
    """The frame is the second wall: with the first one taken down, no script runs and nobody is told anything."""
    away = f"http://127.0.0.1:{trap.getsockname()[1]}"
    hostile = mark_safe(  # noqa: S308  that is the point
        f"<script>parent.reached = true; fetch('{away}')</script><img src='{away}' onerror='parent.reached = true'>"
        f"<link rel='stylesheet' href='{away}'><link rel='prefetch' href='{away}'><iframe src='{away}'></iframe>"
        f"<a id='link' target='_top' href='{away}'>go</a><a id='new' target='_blank' href='{away}'>go</a>"
        f"<form action='{away}' target='_top'><button id='send'>send</button></form>"
    )
    monkeypatch.setattr("apps.audit.formatted_views.formatted", lambda *_: [Formatted("", hostile)])
    exchange_id = make_exchange(now=timezone.now())
    opened = reader(exchange_id)
    opened.page.evaluate("window.reached = false")

    frame = opened.frame("The answer as it came")
    for name in ("#link", "#new", "#send"):
        frame.locator(name).click()
    opened.page.wait_for_timeout(500)

    assert said_to(trap) == []
    assert opened.page.evaluate("window.reached") is False
    assert str(exchange_id) in opened.page.url


def test_an_unmasked_text_is_formatted_in_the_same_look(reader, make_exchange, left_to_one):
    left_to_one(Deed.UNMASK)
    name = "Zebulon *Quartermain*"
    vault = Vault.open(new_id())
    vault.mask(name, [Finding("PERSON", 0, len(name), 1.0, "")])
    vault.save()
    exchange_id = make_exchange(
        conversation_id=vault.conversation_id, answer="# Dear <PERSON_1>", now=timezone.now()
    )  # fmt: skip
    opened = reader(exchange_id, width=390)
    opened.page.get_by_label("Reason").fill("Case 2026-17: a complaint by a customer")
    opened.page.get_by_role("button", name="Show the original text").click()
    opened.page.get_by_text("The original text is shown").wait_for()
    opened.asked.clear()

    frame = opened.frame("The answer as it was read")

    expect(frame.get_by_role("heading", name=f"Dear {name}")).to_be_visible()
    assert frame.locator("h1").evaluate("node => getComputedStyle(node).fontSize") == "21px"
    assert [address for address in opened.asked if not address.startswith("about:")] == []
    assert opened.complaints == []
    assert Event.objects.filter(action="AUDIT_UNMASKED").count() == 1
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_j_and_k_lead_from_mask_to_mask(reader, make_exchange):
    fact, conversation_id = PassageFact(new_id(), new_id(), "team:Sales"), new_id()
    prompt = f"Be brief.\n\n[1] Contract:\n{'word ' * 200}<PERSON_1>"
    messages = [{"role": "system", "text": prompt}, {"role": "user", "text": "Greet <PERSON_1>"}]
    payload = json.dumps({"messages": messages, "passages": {str(fact.passage_id): "Contract"}}).encode()
    exchange_id = make_exchange(
        conversation_id=conversation_id, passages=(fact,), now=timezone.now(),
        sealed_payload=keys.seal(conversation_id, payload, purpose="ledger.payload"),
    )  # fmt: skip
    page = reader(exchange_id, width=390).page
    status = page.get_by_role("group", name="Masked values").get_by_role("status")
    expect(status).to_have_text("4 masked values")

    page.keyboard.press("j")
    expect(status).to_have_text("Masked value 1 of 4")
    assert page.evaluate("document.activeElement.textContent") == "<PERSON_1>"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("k")
    expect(status).to_have_text("Masked value 4 of 4")
    assert page.evaluate("document.activeElement.closest('details').open") is True
    page.keyboard.press("J")
    expect(status).to_have_text("Masked value 1 of 4")

    page.get_by_role("region", name="What left").get_by_role("button", name="Formatted").click()
    page.keyboard.press("j")
    expect(status).to_have_text("Masked value 1 of 2")
    page.get_by_label("Reason").press("j")
    expect(status).to_have_text("Masked value 1 of 2")
    page.get_by_label("Reason").blur()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog").get_by_text("Next, previous masked value")).to_be_visible()
