"""The proof of an exchange checked by the browser itself, and the ledger's page, by keyboard."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser

from apps.ledger import alarms
from tests.design.conftest import chromium  # noqa: F401
from tests.ledger.conftest import as_sequencer, evidence, sequencer  # noqa: F401

pytestmark = pytest.mark.journey
VECTORS = Path(__file__).parents[1] / "ledger" / "vectors" / "merkle.jsonl"
CHECK_VECTORS = """async (cases) => {
    const { includes } = await import("/static/js/audit/proof.js");
    return Promise.all(cases.map((each) =>
        includes(each.leafHash ?? "", each.leafIdx, each.treeSize, each.proof ?? [], each.root ?? "")));
}"""
NOTHING_OVERFLOWS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


def test_the_browser_accepts_and_refuses_every_vector_as_stated(transactional_db, live_server, chromium: Browser):  # noqa: F811
    cases = [json.loads(line) for line in VECTORS.read_text().splitlines()]
    cases = [case for case in cases if case["path"].startswith("inclusion")]
    page = chromium.new_page()
    page.goto(f"{live_server.url}/accounts/login/")

    found = page.evaluate(CHECK_VECTORS, cases)

    assert len(cases) == 98
    assert [bool(each) for each in found] == [not case["wantErr"] for case in cases]
    page.close()


def test_the_browser_itself_checks_the_proof_of_an_exchange(
    transactional_db, desk, make_exchange, sequencer, live_server, chromium: Browser  # noqa: F811
):  # fmt: skip
    exchange_id = make_exchange(now=timezone.now())
    sequencer.round(now=timezone.now())
    context = chromium.new_context(viewport={"width": 390, "height": 900})
    cookie = desk.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page, complaints = context.new_page(), []
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    page.goto(f"{live_server.url}/audit/exchanges/{exchange_id}")
    buttons = page.get_by_role("button", name="Check the proof of")
    for place in range(buttons.count()):
        buttons.nth(place).focus()
        page.keyboard.press("Enter")

    page.get_by_text("Holds. Your browser found this record").nth(1).wait_for()

    address = f"{live_server.url}/audit/exchanges/{exchange_id}/proof/question"
    page.route(address, lambda route: route.fulfill(body=route.fetch().text().replace("index 0", "index 1")))
    buttons.first.press("Enter")
    page.get_by_text("Does not hold.").wait_for()
    page.goto(f"{live_server.url}/audit/ledger")
    for width in (390, 768, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(NOTHING_OVERFLOWS), width
    page.get_by_role("button", name="Check the newest records now").press("Enter")
    page.get_by_text("Checked just now: unchanged").wait_for()
    assert complaints == []
    context.close()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (768, "dark"), (390, "light")])
def test_an_alarm_is_acknowledged_by_keyboard_and_stays(
    transactional_db, desk, live_server, chromium: Browser, width, scheme  # noqa: F811
):  # fmt: skip
    named = [["RECORD_MODIFIED", 41, "The event 01a21bf3-b4ef-7fd5-bf7d-2634ae63131e is not what was recorded."]]
    alarms.follow("DAMAGED", is_amiss=True, details={"rows": 2, "named": named}, now=timezone.now())
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    cookie = desk.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page, complaints = context.new_page(), []
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    page.goto(f"{live_server.url}/audit/ledger")

    page.locator("summary", has_text="Acknowledge").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("Operations restore the record tonight, case 12.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("Operations restore the record tonight").wait_for()

    assert page.get_by_text("It is on the record that you know").is_visible()
    assert page.get_by_text("Reading old records again has found").is_visible()
    assert page.get_by_text("2 rows differ: that command names them.").is_visible()
    assert page.evaluate(NOTHING_OVERFLOWS)
    assert complaints == []
    context.close()
