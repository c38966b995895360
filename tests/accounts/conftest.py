"""What the tests of people and sign-in share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.ledger.models import Event
from tests.accounts.provider import Provider, running_provider


@pytest.fixture
def provider(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """The company's provider, real and running, which the portal is configured for."""
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    with running_provider() as running:
        settings.OIDC_ISSUER = running.issuer
        settings.OIDC_CLIENT_ID = "portcullis"
        settings.OIDC_CLIENT_SECRET = "the client's secret"
        settings.OIDC_NAME = "Larkfield SSO"
        yield running


@pytest.fixture
def walk(client: Client, provider: Provider) -> Callable[..., HttpResponse]:
    """Walk through the whole sign-in as a browser does; return the callback's answer."""

    def walk_through(subject: str = "maya-1", *, to: str = "", browser: Client = client, **claims: Any) -> HttpResponse:
        provider.knows(subject, **({"name": "Maya Lindqvist", "email": "maya@larkfield.example"} | claims))
        return come_back(browser, provider.consent(begin(browser, to=to), subject))

    return walk_through


@pytest.fixture
def demo(settings: Any) -> None:
    """The embedded demo, with its people."""
    from apps.accounts.demo import seed_demo

    settings.IS_EMBEDDED = True
    settings.HAS_DEMO_SIGN_IN = True
    seed_demo(now=timezone.now())


def begin(browser: Client, *, to: str = "") -> str:
    """Press the company's button; return the provider's address."""
    response = browser.get(reverse("accounts:oidc_begin"), {"next": to} if to else {})
    assert response.status_code == 302
    return response["Location"]


def come_back(browser: Client, address: str) -> HttpResponse:
    """Follow the provider's redirect into the portal."""
    parts = urlsplit(address)
    assert parts.path == reverse("accounts:oidc_callback")
    return browser.get(f"{parts.path}?{parts.query}")


def recorded() -> list[str]:
    """The actions on the record so far, oldest first."""
    return list(Event.objects.order_by("id").values_list("action", flat=True))
