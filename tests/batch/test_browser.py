"""A batch in a real browser, by keyboard on a phone: upload, choose the column, watch it end, take the results."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
import uvicorn
from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application
from django.db import connections
from playwright.sync_api import Browser, expect

from apps.batch import running
from apps.batch.routing import websocket_urlpatterns
from portal.embedded.ports import free_port
from tests.design.conftest import chromium  # noqa: F401
from tests.fake_provider import PAUSE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]


@pytest.fixture
def address(transactional_db):
    """Serve pages and sockets, as the web process does."""
    pages = ASGIStaticFilesHandler(get_asgi_application())
    sockets = AuthMiddlewareStack(URLRouter(websocket_urlpatterns))
    application = ProtocolTypeRouter({"http": pages, "websocket": sockets})
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(application, port=port, lifespan="off", log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def page(address, browser, chromium: Browser):  # noqa: F811
    """Maya's page, on which no error may appear."""
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    session = browser.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}])
    page, complaints = context.new_page(), []
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def work():
    try:
        asyncio.run(running.work())
    finally:
        connections.close_all()


def is_as_wide_as_the_window(page):
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_table_is_uploaded_started_watched_without_a_reload_and_its_results_taken(page, address, provider, tmp_path):
    provider.will_answer("Because.")
    provider.will_answer("So", PAUSE, ".")
    table = tmp_path / "questions.csv"
    table.write_text("key,question\na,Why?\nb,How?\n")

    page.goto(f"{address}/batches/")
    assert is_as_wide_as_the_window(page)
    page.get_by_label("File", exact=True).set_input_files(table)
    page.get_by_role("button", name="Upload and look").press("Enter")
    expect(page.get_by_role("cell", name="Why?")).to_be_visible()
    assert is_as_wide_as_the_window(page)
    page.get_by_label("Column with the prompts").select_option("question")
    page.get_by_role("button", name="Start").press("Enter")

    numbers = page.locator("batch-progress")
    expect(numbers).to_contain_text("2 waiting")
    worker = threading.Thread(target=work)
    worker.start()
    expect(numbers).to_contain_text("of 2 lines, 50%", timeout=30_000)
    assert is_as_wide_as_the_window(page)
    provider.go_on()
    expect(numbers).to_contain_text("Every line has ended", timeout=15_000)
    worker.join()

    with page.expect_download() as taken:
        page.get_by_role("link", name="JSON lines").press("Enter")
    assert '"answer": "Because."' in taken.value.path().read_text()
    page.get_by_text("Erase the texts").press("Enter")
    page.get_by_role("button", name="Erase them").press("Enter")
    expect(page.get_by_role("heading", name="Erased batch")).to_be_visible()
    assert is_as_wide_as_the_window(page)
