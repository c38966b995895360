"""What went wrong is said on a calm page: what happened, what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.core.management import call_command
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from portal import errors

SECRET = "the words of a message"


def failing(error: Exception) -> Callable[[HttpRequest], HttpResponse]:
    def view(request: HttpRequest) -> HttpResponse:
        raise error

    return view


def accepting(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [
    path("bad", failing(SuspiciousOperation(SECRET))),
    path("forbidden", failing(PermissionDenied(SECRET))),
    path("missing", failing(Http404(SECRET))),
    path("broken", failing(RuntimeError(SECRET))),
    path("no-database", failing(OperationalError(SECRET))),
    path("form", accepting),
]
handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.page_not_found
handler500 = errors.server_error


@pytest.fixture
def browser() -> Client:
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


@override_settings(ROOT_URLCONF=__name__)
@pytest.mark.parametrize(
    ("address", "status", "sentence"),
    [
        ("/bad", 400, "We could not read that request"),
        ("/forbidden", 403, "This page is not open to you"),
        ("/missing", 404, "There is nothing at this address"),
        ("/broken", 500, "Something went wrong on our side"),
        ("/no-database", 503, "Portcullis is not ready"),
    ],
)
def test_a_failure_shows_its_page_and_no_word_of_the_exception(
    browser: Client, address: str, status: int, sentence: str
) -> None:
    response = browser.get(address)

    page = response.content.decode()
    assert response.status_code == status
    assert f"<h1>{sentence}</h1>" in page
    assert SECRET not in page
    assert "Traceback" not in page


@override_settings(ROOT_URLCONF=__name__)
def test_a_form_of_another_session_is_refused_with_a_sentence(browser: Client) -> None:
    response = browser.post("/form")

    assert response.status_code == 403
    assert "<h1>This form is out of date</h1>" in response.content.decode()


@override_settings(ROOT_URLCONF=__name__)
def test_not_ready_says_when_to_come_back(browser: Client) -> None:
    response = browser.get("/no-database")

    assert response["Retry-After"] == str(errors.RETRY_AFTER_SECONDS)
    assert response["Cache-Control"] == "no-store"


@override_settings(ROOT_URLCONF=__name__)
def test_a_host_that_is_not_ours_gets_a_page(browser: Client) -> None:
    response = browser.get("/", SERVER_NAME="elsewhere.example")

    assert response.status_code == 400


def test_collected_files_name_each_other_and_the_pages_find_them(tmp_path: Path) -> None:
    """What production serves: hashed names, every reference resolved (collectstatic fails on one that is not)."""
    backend = {"staticfiles": {"BACKEND": "servestatic.storage.CompressedManifestStaticFilesStorage"}}

    with override_settings(STORAGES=backend, STATIC_ROOT=str(tmp_path), SERVESTATIC_USE_BROTLI=False):
        call_command("collectstatic", interactive=False, verbosity=0)
        page = errors.server_error(HttpRequest()).content.decode()
        address = staticfiles_storage.url("css/tokens.css")

    assert address in page
    assert (tmp_path / address.removeprefix("/static/")).is_file()
