"""
Take the pictures of the officers' desk: `python scripts/screenshot_desk.py http://localhost:8000`.

Wants a portal that just began (`make reset CONFIRM=yes`, then `make run`): people of the demo company chat, an officer
defines a queue and works on it. Writes docs/images/desk-*.png.
"""

from __future__ import annotations

import re
import shutil
import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "images"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PATIENCE_MILLISECONDS = 120_000
LONG_MILLISECONDS = 60_000
QUESTIONS = {
    "Maya Lindqvist": (
        "Write one line to Marisol Quintero at Brightwater Clinics. Her contract renews in May.",
        "Write two lines to Tobias Ahlgren, IBAN DE89370400440532013000: the refund is on its way.",
    ),
    "Tom Okafor": ("Thank Ingrid Vasquez for her visit in two lines. Her number is +44 20 7946 0958.",),
    "Priya Raman": ("Why is this refused? curl -u deploy:Xk8vTq2mLw9zRb4n https://build.internal/run",),
    "Elena Rossi": ("Draft a short note to Kwame Mensah about his first day.",),
}
WHY = "Inquiry 2026-17: bank details in the chat"


def main() -> None:
    """Take the pictures."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        grace, samir = sit_down(browser, "Grace Oduya"), sit_down(browser, "Samir Haddad")
        define_queue(grace, "Names in chats", severity="HIGH", masked="Name")
        define_queue(grace, "A tenth of everything", severity="LOW", share=10)
        for name, questions in QUESTIONS.items():
            ask(sit_down(browser, name), questions)
        picture_the_queue(grace)
        picture_the_exchange(grace)
        picture_the_original(grace, samir)
        picture_the_overview(grace)
        grace.close()
        browser.close()


def sit_down(browser: Browser, name: str) -> Page:
    """Sign somebody in at a browser of their own."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(sys.argv[1])
    page.get_by_role("button", name=name).click()
    page.wait_for_url(lambda url: "/accounts/" not in url)
    return page


def go(page: Page, path: str) -> None:
    """Open a page of the portal."""
    page.goto(sys.argv[1].rstrip("/") + path)


def keep(page: Page, name: str) -> None:
    """Keep what a page shows as a picture of 128 colours, a third as large as the browser's own."""
    taken = Image.open(BytesIO(page.screenshot())).convert("RGB")
    taken.quantize(128, dither=Image.Dither.NONE).save(PICTURES / f"{name}.png", optimize=True)


def define_queue(page: Page, name: str, *, severity: str, share: int = 100, masked: str = "") -> None:
    """Define a queue of review."""
    go(page, "/audit/review/queues/new")
    page.get_by_role("textbox", name="Name", exact=True).fill(name)
    page.get_by_label("Severity").select_option(severity)
    page.get_by_label("Share in percent").fill(str(share))
    if masked:
        page.get_by_text("What was masked, how it ended").click()
        page.get_by_role("checkbox", name=masked, exact=True).check()
    page.get_by_role("button", name="Define the queue").click()
    expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()


def ask(page: Page, questions: tuple[str, ...]) -> None:
    """Ask in one conversation without documents; an answer that takes long is stopped."""
    page.get_by_role("switch", name="Use documents").uncheck()
    for number, question in enumerate(questions, start=1):
        page.get_by_label("Message").fill(question)
        page.keyboard.press("Enter")
        turns = page.locator("[data-turn]")
        expect(turns).to_have_count(number, timeout=PATIENCE_MILLISECONDS)
        try:
            expect(turns.last).not_to_have_attribute("data-outcome", "OPEN", timeout=LONG_MILLISECONDS)
        except AssertionError:
            turns.last.get_by_role("button", name="Stop").click()
            expect(turns.last).not_to_have_attribute("data-outcome", "OPEN")
    page.close()


def picture_the_queue(page: Page) -> None:
    """Show a queue and what waits in it."""
    go(page, "/audit/review/")
    page.get_by_role("link", name="Names in chats", exact=True).click()
    page.wait_for_url(re.compile(r"/audit/review/queues/[0-9a-f-]{36}$"))
    keep(page, "desk-queue")


def picture_the_exchange(page: Page) -> None:
    """Take the item whose bank account was masked and show it, wide and in light, then narrow and in the dark."""
    page.locator("tbody tr").nth(1).locator("a.table-link").click()
    page.get_by_role("button", name="Take it").click()
    expect(page.get_by_text("You hold it until")).to_be_visible()
    keep(page, "desk-exchange")
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 844})
    keep(page, "desk-phone")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 900})


def picture_the_original(page: Page, second: Page) -> None:
    """Ask for the original text; show what the second officer reads, and then the words themselves."""
    address = page.url
    way = page.get_by_role("region", name="Show the original text")
    way.get_by_label("Reason").fill(WHY)
    way.get_by_role("button", name="Ask a second officer").click()
    expect(page.get_by_text("Waiting for a second officer", exact=True)).to_be_visible()
    go(second, "/audit/approvals/")
    keep(second, "desk-approval")
    second.get_by_role("button", name="Consent").click()
    expect(second.get_by_text("Nothing waits")).to_be_visible()
    page.goto(address)
    page.get_by_role("button", name="Show the original text now").click()
    expect(page.get_by_text("The original text is shown")).to_be_visible()
    keep(page, "desk-original")


def picture_the_overview(page: Page) -> None:
    """Show the sums of today, once they have caught up with the ledger."""
    asked = sum(len(questions) for questions in QUESTIONS.values())
    expect(page.get_by_text("The original text is shown")).to_be_visible()
    for _ in range(60):
        go(page, "/audit/overview/?days=7")
        if page.locator(".stat-value").first.inner_text() == str(asked):
            break
        page.wait_for_timeout(500)
    keep(page, "desk-overview")


if __name__ == "__main__":
    main()
