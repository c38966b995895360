"""A browser that looks at rendered pages under the product's own security policy, without the rest of the stack."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.patience import PATIENCE_SECONDS

ROOT = Path(__file__).resolve().parents[2]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


class _Site(SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Keep the test's output to the test."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """
    One headless Chromium: the machine's own, or the one that Playwright installed.

    Playwright runs an event loop in this thread; while it does, Django's own check would refuse the database.
    """
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        path = shutil.which("chromium") or playwright.chromium.executable_path
        if not Path(path).exists():
            pytest.skip("There is no Chromium on this machine; `playwright install chromium` brings one.")
        expect.set_options(timeout=1_000 * PATIENCE_SECONDS)
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def look_at(chromium: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Open markup as a page of a site that also has static/; what the browser complains about fails the test."""
    (tmp_path / "static").symlink_to(ROOT / "static")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Site, directory=str(tmp_path)))
    Thread(target=server.serve_forever, daemon=True).start()
    contexts, complaints = [], []

    def open_page(markup: str, *, width: int = 1280, height: int = 800, scheme: str = "light") -> Page:
        (tmp_path / "page.html").write_text(markup, "utf-8")
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"http://127.0.0.1:{server.server_port}/page.html")
        return page

    yield open_page
    for context in contexts:
        context.close()
    server.shutdown()
    assert complaints == []
