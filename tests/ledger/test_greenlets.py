"""Functions that ask the database on the event loop's own thread: beside each other, each by itself, to their end."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import patch

import pytest
from django.db import OperationalError, connection, connections, transaction

from apps.accounts.models import Team
from apps.ledger import greenlets, records
from apps.ledger.records import IntentInsideTransaction
from portal.pooled import base
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def kept_at_hand() -> AsyncIterator[None]:
    greenlets.keep_at_hand()
    yield
    greenlets.let_go()


def asked(statement: str, *values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()[0]


def slept(seconds: float) -> int:
    asked("SELECT pg_sleep(%s)", seconds)
    return threading.get_ident()


def keep_row(text: str) -> None:
    Team.objects.create(name=text)


async def test_the_loop_works_on_and_others_ask_while_the_server_works():
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.01)

    ticking = asyncio.ensure_future(tick())
    began = time.monotonic()
    threads = await asyncio.gather(*(greenlets.run(slept, 0.5) for _ in range(greenlets.CONNECTIONS)))
    ticking.cancel()

    assert set(threads) == {threading.get_ident()}
    assert time.monotonic() - began < 0.5 * greenlets.CONNECTIONS / 2
    assert ticks > 10


async def test_more_than_there_are_connections_wait_in_line_and_all_are_answered():
    answers = await asyncio.gather(*(greenlets.run(asked, "SELECT %s::int", number) for number in range(100)))

    assert answers == list(range(100))


async def test_one_connection_serves_who_comes_one_after_the_other():
    backends = {await greenlets.run(asked, "SELECT pg_backend_pid()") for _ in range(5)}

    assert len(backends) == 1


async def test_a_transaction_is_its_own_functions_alone():
    def in_a_transaction() -> bool:
        with transaction.atomic():
            slept(0.3)
            return connection.in_atomic_block

    def beside() -> bool:
        return connection.in_atomic_block

    long = asyncio.ensure_future(greenlets.run(in_a_transaction))
    await asyncio.sleep(0.1)

    assert await greenlets.run(beside) is False
    assert connection.in_atomic_block is False
    assert await long is True


async def test_leave_to_write_an_intent_is_its_own_functions_alone():
    def durably() -> None:
        with records.durably_together():
            slept(0.3)

    long = asyncio.ensure_future(greenlets.run(durably))
    await asyncio.sleep(0.1)

    with pytest.raises(IntentInsideTransaction):
        await greenlets.run(lambda: records.write_intent())
    with pytest.raises(IntentInsideTransaction):
        await greenlets.run(lambda: records.intent_along())
    await long


async def test_what_failed_is_undone_and_the_next_finds_a_clean_connection():
    def failing() -> None:
        with transaction.atomic():
            keep_row("undone")
            raise KeyError

    with pytest.raises(KeyError):
        await greenlets.run(failing)

    await greenlets.run(keep_row, "kept")
    assert await greenlets.run(lambda: list(Team.objects.values_list("name", flat=True))) == ["kept"]


async def test_a_connection_that_is_left_inside_a_transaction_is_given_up():
    def leaving_open() -> None:
        connection.set_autocommit(False)
        keep_row("undone")

    await greenlets.run(leaving_open)

    assert await greenlets.run(lambda: connection.get_autocommit())
    assert await greenlets.run(Team.objects.count) == 0


async def test_a_cancelled_caller_lets_go_only_when_the_function_has_ended():
    def slowly() -> None:
        with transaction.atomic():
            slept(1.0)
            keep_row("kept")

    caller = asyncio.ensure_future(greenlets.run(slowly))
    await asyncio.sleep(0.15)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller

    assert await greenlets.run(Team.objects.count) == 1


async def test_a_server_that_falls_silent_ends_the_function_and_its_connection():
    backend = await greenlets.run(asked, "SELECT pg_backend_pid()")

    with patch.object(base, "_answer_within", [0.2]), pytest.raises(OperationalError):
        await greenlets.run(slept, 5)

    assert await greenlets.run(asked, "SELECT pg_backend_pid()") != backend


async def test_a_connection_that_the_server_ended_fails_one_function_alone():
    def ended() -> None:
        asked("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(OperationalError):
        await greenlets.run(ended)

    assert await greenlets.run(asked, "SELECT 1") == 1


async def test_what_rests_goes_back_to_the_pool():
    await greenlets.run(asked, "SELECT 1")
    desk = greenlets._desk()
    assert len(desk.resting) == 1

    given_up = time.monotonic() + PATIENCE_SECONDS
    while desk.resting:
        assert time.monotonic() < given_up
        await asyncio.sleep(0.1)

    assert await greenlets.run(Team.objects.count) == 0


async def test_a_thread_finds_its_own_connection_again_when_its_loop_has_ended():
    def own_before_and_after() -> tuple[Any, Any]:
        before = connections["default"]
        asyncio.run(greenlets.run(asked, "SELECT 1"))
        return before, connections["default"]

    before, after = await asyncio.to_thread(own_before_and_after)

    assert after is before
