"""The stack that `make run` starts, and people at browsers in front of it."""

from __future__ import annotations

import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from portal.embedded.ports import free_port
from tests.platform.processes import START_PATIENCE_SECONDS

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MILLISECONDS = 20_000  # for what a page shows; a busy machine is no fault of the product


@dataclass
class Stack:
    """The running product."""

    address: str
    state: Path
    process: subprocess.Popen[str]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """Start the product as `make run` does, with a state folder and a port of its own; stop it as Ctrl-C does."""
    state = Path(tempfile.mkdtemp(prefix="portcullis-journey-"))
    state.chmod(0o711)
    port = free_port()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PORTCULLIS_")}
    clean.pop("DJANGO_SETTINGS_MODULE", None)
    environment = {**clean, "PORTCULLIS_STATE_DIR": str(state), "PORT": str(port), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "portal.embedded", "run"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        _wait_until_ready(process)
        yield Stack(f"http://localhost:{port}", state, process)
    finally:  # a product that is never ready is stopped too
        process.send_signal(signal.SIGINT)
        ended = process.wait(60)
        shutil.rmtree(state)
    assert ended == 0


def _wait_until_ready(process: subprocess.Popen[str]) -> None:
    lines: queue.Queue[str] = queue.Queue()
    threading.Thread(target=lambda: [lines.put(line) for line in process.stdout or ()], daemon=True).start()
    said = ""
    deadline = time.monotonic() + START_PATIENCE_SECONDS
    while "Ctrl-C" not in said:
        assert process.poll() is None, f"The product did not start:\n{said}"
        try:
            said += lines.get(timeout=max(deadline - time.monotonic(), 0.1))
        except queue.Empty:
            pytest.fail(f"The product was not ready after {START_PATIENCE_SECONDS:.0f} seconds:\n{said}")


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Headless Chromium."""
    found = next((path for path in CHROMIUM if Path(path).exists()), None)
    assert found, f"Chromium is not installed (looked for {', '.join(CHROMIUM)}). `make test` installs it as root."
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=QUIET)
        yield browser
        browser.close()


@dataclass
class Desk:
    """One person at their own browser; whatever the page complains about is kept."""

    page: Page
    address: str
    complaints: list[str]

    def go(self, path: str) -> None:
        self.page.goto(self.address + path)


@pytest.fixture
def sit_down(stack: Stack, browser: Browser) -> Iterator[object]:
    """Sign somebody in at a browser of their own, with one click."""
    desks: list[Desk] = []

    def sit(name: str) -> Desk:
        page = browser.new_context(viewport={"width": 1280, "height": 860}).new_page()
        desk = Desk(page, stack.address, [])
        page.on("console", lambda message: desk.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: desk.complaints.append(str(error)))
        page.goto(stack.address)
        page.get_by_role("button", name=name).click()
        page.wait_for_url(lambda url: "/accounts/" not in url)
        desks.append(desk)
        return desk

    yield sit
    for desk in desks:
        assert not desk.complaints, desk.complaints
        desk.page.context.close()
