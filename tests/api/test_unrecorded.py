"""A program whose exchange cannot be put on the record is told so at once, and nothing is sent."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from apps.gateway.models import Reservation
from apps.ledger.models import Intent
from tests.ledger.ways import WAYS, unwritable
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def as_superuser(postgres: Any) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("way", WAYS)
def test_a_program_reads_that_nothing_was_sent(program: Any, provider: Any, as_superuser: Any, way: str) -> None:
    with unwritable(as_superuser, way):
        reply = program.call("/v1/chat/completions", program.body("Hello", stream=way == "table gone"))

    assert reply.status == 503
    assert "nothing was sent" in reply.error["message"]
    assert provider.everything == b""
    assert not Intent.objects.exclude(outcome__kind="REFUSED").exists()
    assert not Reservation.objects.exists()


def test_a_program_is_told_before_the_refusal_could_be_recorded(
    program: Any, provider: Any, as_superuser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    program.call("/v1/chat/completions", program.body("Hello"))  # what is loaded once is loaded
    from apps.chat import exchange_rows

    told = threading.Event()
    monkeypatch.setattr(exchange_rows, "close", lambda *rows, **at: told.wait(PATIENCE_SECONDS))
    try:
        with unwritable(as_superuser, "trigger raises"):
            began = time.monotonic()
            reply = program.call("/v1/chat/completions", program.body("Hello"))
            lasted = time.monotonic() - began
    finally:
        told.set()

    assert reply.status == 503
    assert lasted < PATIENCE_SECONDS
