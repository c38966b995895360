"""Statements that follow one another over one connection of the loop: each by itself, none behind one that waits."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import (
    DataError,
    IntegrityError,
    OperationalError,
    ProgrammingError,
    connection,
    connections,
    transaction,
)

from apps.accounts.models import Team
from apps.ledger import greenlets, lanes, prepared
from portal.pooled import base
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.django_db(transaction=True)

BACKEND = "SELECT pg_backend_pid()"
TEAM = (
    "INSERT INTO accounts_team (id, name, slug, created_at) "
    "SELECT one.id, one.name, one.id::text, now() FROM (SELECT %s::uuid AS id, %s::text AS name) AS one "
    "RETURNING name::text"
)
SLOW_TEAM = TEAM.replace("AS one ", "AS one CROSS JOIN pg_sleep(0.5) ")


@pytest.fixture(autouse=True)
async def lane() -> AsyncIterator[lanes.Lane]:
    """The lane of the running loop, open."""
    greenlets.keep_at_hand()
    yield await open_lane()
    greenlets.let_go()


async def open_lane() -> lanes.Lane:
    given_up = time.monotonic() + PATIENCE_SECONDS
    while (lane := greenlets._desk().lane) is None:
        assert time.monotonic() < given_up
        await asked(BACKEND)
        await asyncio.sleep(0.01)
    return lane


async def asked(statement: str, *values: Any) -> Any:
    return await greenlets.run(lambda: prepared.at_once(statement, values)[0][0])


async def by_own_connection(question: Callable[[], Any]) -> Any:
    return await greenlets.run(question)


def backend_of(lane: lanes.Lane) -> int:
    return lane._server.backend_pid


async def test_statements_of_many_functions_go_over_one_connection(lane: lanes.Lane) -> None:
    backends = await asyncio.gather(*(asked(BACKEND) for _ in range(40)))

    assert set(backends) == {backend_of(lane)}


async def test_each_gets_its_own_answer() -> None:
    answers = await asyncio.gather(*(asked("SELECT %s::int", number) for number in range(100)))

    assert answers == list(range(100))


async def test_one_that_fails_takes_none_of_the_others_with_it() -> None:
    same = uuid4()

    answers = await asyncio.gather(
        asked(TEAM, uuid4(), "First"),
        asked(TEAM, same, "Second"),
        asked(TEAM, same, "Third"),
        asked(TEAM, uuid4(), "Fourth"),
        return_exceptions=True,
    )

    assert [answers[0], answers[1], answers[3]] == ["First", "Second", "Fourth"]
    assert isinstance(answers[2], IntegrityError)
    assert await by_own_connection(lambda: set(Team.objects.values_list("name", flat=True))) == {
        "First", "Second", "Fourth",
    }  # fmt: skip


async def test_one_that_cannot_be_planned_fails_each_time_and_alone() -> None:
    for _ in range(2):
        answers = await asyncio.gather(
            asked("SELECT %s::int", 1), asked("SELECT nothing_of_this_name"), asked("SELECT %s::int", 2),
            return_exceptions=True,
        )  # fmt: skip

        assert [answers[0], answers[2]] == [1, 2]
        assert isinstance(answers[1], ProgrammingError)


async def test_values_that_fit_no_place_fail_before_anything_is_sent(lane: lanes.Lane) -> None:
    with pytest.raises(ProgrammingError):
        await asked("SELECT %s::int", object())

    assert await asked(BACKEND) == backend_of(lane)


async def test_an_answer_that_cannot_be_read_is_told_to_whoever_waits_alone(lane: lanes.Lane) -> None:
    answers = await asyncio.wait_for(
        asyncio.gather(
            asked("SELECT %s::int", 1), asked("SELECT %s::timestamptz", "infinity"), asked("SELECT %s::int", 2),
            return_exceptions=True,
        ),
        PATIENCE_SECONDS,
    )  # fmt: skip

    assert [answers[0], answers[2]] == [1, 2]
    assert isinstance(answers[1], DataError)
    assert await asked(BACKEND) == backend_of(lane)


async def test_the_server_keeps_no_more_plans_than_are_in_the_book(
    lane: lanes.Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lane is kept as long as it is used; each plan is some hundred kilobytes of the server's."""
    monkeypatch.setattr(lanes, "SECONDS_IN_LINE", 60)  # on a busy machine what stands long in line goes elsewhere
    lane._connection._prepared.prepared_max = 5

    answers = await asyncio.gather(*(asked(f"SELECT %s::int + {number % 30}", 1) for number in range(90)))

    assert answers == [1 + number % 30 for number in range(90)]
    assert await asked("SELECT count(*)::int FROM pg_prepared_statements") <= 7
    assert lane.is_idle


async def test_what_was_written_is_seen_by_others_when_the_answer_comes() -> None:
    name = await asked(TEAM, uuid4(), "Kept")

    assert await by_own_connection(lambda: Team.objects.filter(name=name).exists())


async def test_nobody_is_sent_behind_one_that_has_waited_for_long(lane: lanes.Lane) -> None:
    slow = asyncio.ensure_future(asked("SELECT pg_sleep(1)::text"))
    await asyncio.sleep(3 * lanes.SECONDS_IN_LINE)
    began = time.monotonic()

    assert await asked(BACKEND) != backend_of(lane)
    assert time.monotonic() - began < 0.9
    assert not slow.done()
    await slow
    assert await asked(BACKEND) == backend_of(lane)


LOCKED = (
    "WITH patient AS MATERIALIZED (SELECT set_config('lock_timeout', '5000', true)) "
    "SELECT pg_backend_pid() FROM patient WHERE pg_advisory_xact_lock(77) IS NOT NULL"
)
SOON_DONE_WITH = LOCKED.replace("5000", "100")


async def test_one_that_waits_for_a_lock_soon_lets_those_behind_it_go_and_waits_by_itself(lane: lanes.Lane) -> None:
    holds = "SELECT pg_sleep(0.9)::text FROM pg_advisory_xact_lock(77)"
    holder = asyncio.ensure_future(by_own_connection(lambda: prepared.rows(holds)))
    await asyncio.sleep(0.1)
    began = time.monotonic()
    several = [
        asyncio.ensure_future(greenlets.run(lambda: prepared.at_once(LOCKED, (), in_line=SOON_DONE_WITH)))
        for _ in range(2)
    ]
    behind = asyncio.ensure_future(asked(BACKEND))

    assert await behind == backend_of(lane)
    assert time.monotonic() - began < 0.7
    assert not holder.done()
    found = [rows[0][0] for rows in await asyncio.gather(*several)]
    assert time.monotonic() - began > 0.7  # they had the lock when the holder let it go, and not before
    await holder
    assert backend_of(lane) not in found


async def test_a_statement_within_a_transaction_is_part_of_it(lane: lanes.Lane) -> None:
    def taken_back() -> Any:
        with transaction.atomic():
            prepared.at_once(TEAM, (uuid4(), "Taken back"))
            backend = prepared.at_once(BACKEND, ())[0][0]
            transaction.set_rollback(True)
        return backend

    assert await greenlets.run(taken_back) != backend_of(lane)
    assert await by_own_connection(Team.objects.count) == 0


async def test_a_cancelled_caller_lets_go_only_when_the_statement_is_done() -> None:
    caller = asyncio.ensure_future(asked(SLOW_TEAM, uuid4(), "Kept"))
    for _ in range(2):
        await asyncio.sleep(0.1)
        caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller

    assert await by_own_connection(Team.objects.count) == 1


async def test_a_connection_that_the_server_ended_fails_who_waits_and_the_next_find_another(lane: lanes.Lane) -> None:
    waiting = [asyncio.ensure_future(asked("SELECT pg_sleep(5)::text")) for _ in range(2)]
    await asyncio.sleep(0.1)
    assert await by_own_connection(ended_by(backend_of(lane)))

    for one in waiting:
        with pytest.raises(OperationalError):
            await one
    assert lane.is_broken
    assert await open_lane() is not lane
    assert await asked("SELECT 1") == 1


async def test_a_lane_that_the_server_ended_while_it_rested_costs_nobody_an_error(lane: lanes.Lane) -> None:
    assert await by_own_connection(ended_by(backend_of(lane)))
    given_up = time.monotonic() + PATIENCE_SECONDS
    while not lane.is_broken:
        assert time.monotonic() < given_up
        await asyncio.sleep(0.01)

    assert await asked("SELECT 1") == 1


def ended_by(backend: int) -> Callable[[], bool]:
    def end() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [backend])
            return bool(cursor.fetchone()[0])

    return end


async def test_a_server_that_falls_silent_fails_who_waits(lane: lanes.Lane) -> None:
    greenlets._desk().close_lane()
    with patch.object(base, "_answer_within", [0.3]):
        silent = await open_lane()
        began = time.monotonic()
        with pytest.raises(OperationalError):
            await asked("SELECT pg_sleep(5)::text")

    assert 0.25 < time.monotonic() - began < 4
    assert silent.is_broken
    assert await asked("SELECT 1") == 1


async def test_what_the_kernel_does_not_take_at_once_is_sent_later() -> None:
    long = "x" * 5_000_000

    answers = await asyncio.gather(*(asked("SELECT length(%s)", long) for _ in range(4)))

    assert answers == [len(long)] * 4


async def test_a_lane_that_nobody_uses_goes_back_to_the_pool_as_it_was_found(lane: lanes.Lane) -> None:
    greenlets._desk().close_lane()
    with patch.object(greenlets, "SECONDS_OF_A_LANE", 0.2):
        rested = await open_lane()
        given_up = time.monotonic() + PATIENCE_SECONDS
        while greenlets._desk().lane is not None:
            assert time.monotonic() < given_up
            await asyncio.sleep(0.05)

    assert not rested.is_broken
    assert rested._server.pipeline_status == psycopg.pq.PipelineStatus.OFF
    assert await by_own_connection(Team.objects.count) == 0


async def test_a_loop_that_ends_leaves_what_is_under_way_to_nobody(lane: lanes.Lane) -> None:
    waiting = asyncio.ensure_future(asked("SELECT pg_sleep(5)::text"))
    await asyncio.sleep(0.1)

    greenlets.let_go()

    with pytest.raises(OperationalError):
        await waiting
    assert lane.is_broken


async def test_where_statements_are_watched_none_goes_by_the_lane(lane: lanes.Lane) -> None:
    def watched() -> tuple[int, list[dict[str, str]]]:
        mine = connections["default"]
        mine.force_debug_cursor = True
        try:
            return prepared.at_once(BACKEND, ())[0][0], list(mine.queries)
        finally:
            mine.force_debug_cursor = False

    backend, queries = await greenlets.run(watched)

    assert backend != backend_of(lane)
    assert len(queries) == 1


async def test_where_no_connection_is_to_be_had_the_function_hears_it_and_the_loop_does_not_wait_for_it() -> None:
    greenlets.let_go()
    greenlets.keep_at_hand()
    tried_by = set()

    def refused(wrapper: Any) -> None:
        tried_by.add(threading.get_ident())
        raise OperationalError("none")

    with patch.object(base.base.DatabaseWrapper, "ensure_connection", refused), pytest.raises(OperationalError):
        await asked("SELECT 1")

    assert tried_by
    assert threading.get_ident() not in tried_by
    assert await asked("SELECT 1") == 1


def test_rows_come_as_from_a_cursor() -> None:
    async def both() -> tuple[Any, Any]:
        greenlets.keep_at_hand()
        await open_lane()
        text = "SELECT %s::uuid, now()::date, 1.5::numeric, NULL, ARRAY[1, 2], '{}'::jsonb"
        value: UUID = uuid4()
        by_lane = await greenlets.run(lambda: prepared.at_once(text, (value,)))
        by_rows = await greenlets.run(lambda: prepared.rows(text, (value,)))
        greenlets.let_go()
        return by_lane, by_rows

    by_lane, by_rows = asyncio.run(both())

    assert by_lane == by_rows
