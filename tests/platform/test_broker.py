"""Celery's broker inside the embedded PostgreSQL: a task is gone when it is done, not when it is fetched."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from queue import Empty
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from kombu import Connection
from kombu.simple import SimpleQueue

import portal.celery  # noqa: F401  # registers the transport
from portal.embedded import broker
from portal.embedded.broker import Channel, show_unfinished
from portal.embedded.database import APP, BROKER_DATABASE, EmbeddedPostgres
from tests.patience import PATIENCE_SECONDS


@pytest.fixture
def address(postgres: EmbeddedPostgres) -> str:
    password = postgres.password(APP)
    return f"database+postgresql+psycopg://{APP}:{password}@/{BROKER_DATABASE}?host={postgres.socket_dir}"


@pytest.fixture
def queue(address: str, postgres: EmbeddedPostgres) -> Iterator[SimpleQueue]:
    with psycopg.connect(postgres.url(APP, BROKER_DATABASE)) as connection:
        if connection.execute("SELECT to_regclass('kombu_message') IS NOT NULL").fetchone() == (True,):
            connection.execute("DELETE FROM kombu_message")  # whoever finds a task that is not for it looks often
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
    message = queue.get(timeout=PATIENCE_SECONDS)
    assert message.payload == {"id": 1}
    assert rows(postgres) == before + 1

    message.ack()

    assert rows(postgres) == before


def test_a_task_is_handed_out_once(queue: SimpleQueue) -> None:
    queue.put({"id": 1})
    queue.get(timeout=PATIENCE_SECONDS)

    with pytest.raises(Empty):
        queue.get_nowait()


def test_tasks_come_in_the_order_in_which_they_were_sent(queue: SimpleQueue) -> None:
    for number in range(5):
        queue.put(number)

    assert [queue.get(timeout=PATIENCE_SECONDS).payload for _ in range(5)] == list(range(5))


def test_a_killed_worker_s_task_is_done_by_the_next_one(queue: SimpleQueue, address: str) -> None:
    queue.put({"id": 1})
    queue.get(timeout=PATIENCE_SECONDS)  # and never acknowledged

    assert show_unfinished(address) >= 1

    assert queue.get(timeout=PATIENCE_SECONDS).payload == {"id": 1}


def test_a_rejected_task_comes_back_only_if_that_was_asked_for(queue: SimpleQueue) -> None:
    queue.put({"id": 1})
    queue.get(timeout=PATIENCE_SECONDS).requeue()

    again = queue.get(timeout=PATIENCE_SECONDS)
    assert again.payload == {"id": 1}

    again.reject()
    with pytest.raises(Empty):
        queue.get_nowait()


def test_an_orderly_stop_gives_back_what_was_not_done(address: str) -> None:
    name = f"q{uuid4().hex}"
    with Connection(address) as first:
        queue = first.SimpleQueue(name)
        queue.put({"id": 1})
        queue.get(timeout=PATIENCE_SECONDS)
        queue.channel.qos.restore_unacked_once()

    with Connection(address) as second:
        assert second.SimpleQueue(name).get(timeout=PATIENCE_SECONDS).payload == {"id": 1}


def soon(queue: SimpleQueue) -> Any:
    """Wait for a task, which must come well before the wait is over: at its end everybody looks once more."""
    began = time.monotonic()
    payload = queue.get(timeout=20).payload
    assert time.monotonic() - began < 10
    return payload


def sent_later(address: str, name: str, payload: object) -> threading.Thread:
    """Send a task from elsewhere, once whoever waits for it has looked in vain."""

    def send() -> None:
        time.sleep(1.0)
        with Connection(address) as connection:
            connection.SimpleQueue(name).put(payload)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


@pytest.mark.thorough
def test_whoever_waits_for_a_task_is_told_of_it(
    address: str, queue: SimpleQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker, "LONGEST_REST_SECONDS", 60.0)
    sending = sent_later(address, queue.queue.name, {"id": 1})

    assert soon(queue) == {"id": 1}
    sending.join()


@pytest.mark.thorough
def test_a_task_that_was_given_back_is_told_of(
    address: str, queue: SimpleQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker, "LONGEST_REST_SECONDS", 60.0)
    queue.put({"id": 1})
    fetched = queue.get(timeout=PATIENCE_SECONDS)
    giving_back = threading.Timer(1.0, fetched.requeue)
    giving_back.start()

    with Connection(address) as elsewhere:
        assert soon(elsewhere.SimpleQueue(queue.queue.name)) == {"id": 1}
    giving_back.join()


@pytest.mark.thorough
def test_where_the_database_cannot_be_heard_it_is_asked_often(
    address: str, queue: SimpleQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker, "LONGEST_REST_SECONDS", 60.0)
    channel: Any = queue.channel
    channel.connection._news = broker.News("postgresql:///nothing?host=/nowhere")
    sending = sent_later(address, queue.queue.name, {"id": 1})

    assert soon(queue) == {"id": 1}
    sending.join()


@pytest.mark.thorough
def test_a_task_that_there_was_no_room_for_is_fetched_soon_after_there_is(
    queue: SimpleQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker, "LONGEST_REST_SECONDS", 60.0)
    consumer: Any = queue.consumer
    consumer.qos(prefetch_count=1)
    queue.put(1)
    queue.put(2)
    first = queue.get(timeout=PATIENCE_SECONDS)
    done = threading.Timer(1.0, first.ack)
    done.start()

    assert soon(queue) == 2
    done.join()
