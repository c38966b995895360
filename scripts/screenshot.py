"""
Take the README's pictures from a running portal: `python scripts/screenshot.py http://localhost:8000`.

Asks the question of the README as Maya; writes docs/images/chat.png and docs/images/left.png.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "images"
QUESTION = "When does the contract of Marisol Quintero at Brightwater Clinics renew?"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PATIENCE_MILLISECONDS = 120_000


def main() -> None:
    """Take the pictures."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        page = browser.new_page(viewport={"width": 1280, "height": 800}, device_scale_factor=1.5)
        page.goto(sys.argv[1])
        page.get_by_role("button", name="Maya Lindqvist").click()
        page.get_by_label("Message").fill(QUESTION)
        page.get_by_role("button", name="Send").click()
        page.wait_for_url(re.compile(r"/c/[0-9a-f-]{36}/$"))
        turn = page.locator("[data-turn]").last
        expect(turn).to_have_attribute("data-outcome", "ANSWERED", timeout=PATIENCE_MILLISECONDS)
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.wait_for_timeout(500)
        page.screenshot(path=PICTURES / "chat.png")
        turn.get_by_text("see what left").click()
        expect(page.locator("#left .left-messages")).to_be_visible()
        page.wait_for_timeout(500)
        page.screenshot(path=PICTURES / "left.png")
        browser.close()


if __name__ == "__main__":
    main()
