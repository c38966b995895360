"""Unmasking by hand in a real browser: by keyboard, without an error on the page, at the width of a telephone."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser

from apps.audit.approvals.deeds import Deed
from apps.ledger.ids import new_id
from apps.ledger.models import Event
from apps.privacy.findings import Finding
from apps.privacy.vault import Vault
from tests.design.conftest import chromium  # noqa: F401

pytestmark = pytest.mark.journey
NAME = "Zebulon <b>Quartermain</b>"


def test_an_officer_gives_a_reason_and_reads_the_words(
    transactional_db, left_to_one, desk, make_exchange, live_server, chromium: Browser  # noqa: F811
):  # fmt: skip
    left_to_one(Deed.UNMASK)
    vault = Vault.open(new_id())
    vault.mask(NAME, [Finding("PERSON", 0, len(NAME), 1.0, "")])
    vault.save()
    exchange_id = make_exchange(conversation_id=vault.conversation_id, now=timezone.now())
    context = chromium.new_context(viewport={"width": 390, "height": 900})
    cookie = desk.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page, complaints = context.new_page(), []
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    page.goto(f"{live_server.url}/audit/exchanges/{exchange_id}")
    page.get_by_label("Reason").fill("Case 2026-17: a complaint by a customer")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.get_by_text("The original text is shown").wait_for()
    assert page.locator("mark.unmasked").all_inner_texts() == [NAME, NAME]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert Event.objects.filter(action="AUDIT_UNMASKED").count() == 1
    assert complaints == []
    context.close()
