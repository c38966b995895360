"""No cache keeps a page: the next person at the same browser, or behind the same proxy, finds nothing of it."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/", "/documents/", "/accounts/profile/", "/accounts/sign-in/", "/no-such-page"])
def test_no_page_is_kept_by_a_cache(client: Any, make_person: Any, address: str) -> None:
    client.force_login(make_person("maya", teams=("Sales",)), backend="apps.accounts.backends.PersonBackend")

    response = client.get(address)

    assert "no-store" in response["Cache-Control"]
    assert "private" in response["Cache-Control"]
