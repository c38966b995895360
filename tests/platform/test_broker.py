"""Celery's broker inside the embedded PostgreSQL: a task is gone when it is done, not when it is fetched."""

from __future__ import annotations

from collections.abc import Iterator
from queue import Empty
from uuid import uuid4

import psycopg
import pytest
from kombu import Connection
from kombu.simple import SimpleQueue

import portal.celery  # noqa: F401  # registers the transport
from portal.embedded.broker import Channel, show_unfinished
from portal.embedded.database import APP, BROKER_DATABASE, EmbeddedPostgres


@pytest.fixture
def address(postgres: EmbeddedPostgres) -> str:
    password = postgres.password(APP)
    return f"database+postgresql+psycopg://{APP}:{password}@/{BROKER_DATABASE}?host={postgres.socket_dir}"


@pytest.fixture
def queue(address: str) -> Iterator[SimpleQueue]:
    with Connection(address) as connection:
        yield connection.SimpleQueue(f"q{uuid4().hex}")
    for engine, _ in Channel._engines.values():
        engine.dispose()


def rows(postgres: EmbeddedPostgres) -> int:
    with psycopg.connect(postgres.url(APP, BROKER_DATABASE)) as connection:
        found = connection.execute("SELECT count(*) FROM kombu_message").fetchone()
    return int(found[0]) if found else 0


def test_a_task_that_is_done_leaves_no_row(queue: SimpleQueue, postgres: EmbeddedPostgres) -> None:
    before = rows(postgres)
    queue.put({"id": 1})
    message = queue.get(timeout=5)
    assert message.payload == {"id": 1}
    assert rows(postgres) == before + 1

    message.ack()

    assert rows(postgres) == before


def test_a_task_is_handed_out_once(queue: SimpleQueue) -> None:
    queue.put({"id": 1})
    queue.get(timeout=5)

    with pytest.raises(Empty):
        queue.get_nowait()


def test_tasks_come_in_the_order_in_which_they_were_sent(queue: SimpleQueue) -> None:
    for number in range(5):
        queue.put(number)

    assert [queue.get(timeout=5).payload for _ in range(5)] == list(range(5))


def test_a_killed_worker_s_task_is_done_by_the_next_one(queue: SimpleQueue, address: str) -> None:
    queue.put({"id": 1})
    queue.get(timeout=5)  # and never acknowledged

    assert show_unfinished(address) >= 1

    assert queue.get(timeout=5).payload == {"id": 1}


def test_a_rejected_task_comes_back_only_if_that_was_asked_for(queue: SimpleQueue) -> None:
    queue.put({"id": 1})
    queue.get(timeout=5).requeue()

    again = queue.get(timeout=5)
    assert again.payload == {"id": 1}

    again.reject()
    with pytest.raises(Empty):
        queue.get_nowait()


def test_an_orderly_stop_gives_back_what_was_not_done(address: str) -> None:
    name = f"q{uuid4().hex}"
    with Connection(address) as first:
        queue = first.SimpleQueue(name)
        queue.put({"id": 1})
        queue.get(timeout=5)
        queue.channel.qos.restore_unacked_once()

    with Connection(address) as second:
        assert second.SimpleQueue(name).get(timeout=5).payload == {"id": 1}
