"""The follower behind the real sequencer: nothing is missed or doubled, whoever dies in between."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.audit.review import figures, following, placing, reproducing
from apps.audit.review.models import Follower, Item
from apps.ledger.evidence import Evidence
from apps.ledger.sequencer import Sequencer
from apps.ledger.vocabulary import OutcomeKind
from portal.embedded.database import SEQUENCER
from tests.environment import POSTGRES

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sequence(tmp_path) -> Iterator[object]:
    """Do one round of the real sequencer, on its own connection and in its own role."""
    evidence = Evidence(tmp_path)
    with psycopg.connect(POSTGRES.url(SEQUENCER), autocommit=True) as own:
        leader = Sequencer(own, evidence, evidence.signing_key(origin="portcullis.example/ledger"))
        leader.lead()
        yield lambda: leader.round(now=timezone.now())


def placed() -> int:
    return placing.place_next(now=timezone.now()).items


def test_every_end_comes_into_the_queue_and_a_day_recomputes_equal(make_queue, make_exchange, sequence):
    queue = make_queue()
    ends = [OutcomeKind.ANSWERED, OutcomeKind.REFUSED, OutcomeKind.STOPPED, OutcomeKind.FAILED, OutcomeKind.UNKNOWN]
    ids = {make_exchange(ends=end, now=timezone.now()) for end in ends}
    make_exchange(ends=None)
    sequence()

    assert placed() == len(ends)
    assert placed() == 0
    assert set(Item.objects.values_list("exchange_id", flat=True)) == ids
    assert reproducing.recompute(queue, timezone.localdate(), by=None).is_equal


def test_a_round_that_died_is_done_again_and_doubles_nothing(make_queue, make_exchange, sequence, monkeypatch):
    make_queue()
    ids = {make_exchange() for _ in range(5)}
    sequence()
    really_count = placing._count

    def die(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(placing, "_count", die)
    with pytest.raises(RuntimeError):
        placed()
    assert not Item.objects.exists()
    monkeypatch.setattr(placing, "_count", really_count)

    assert placed() == 5
    assert set(Item.objects.values_list("exchange_id", flat=True)) == ids


def test_what_came_while_nobody_followed_is_caught_up(make_queue, make_exchange, sequence, monkeypatch):
    monkeypatch.setattr(placing, "BATCH", 4)
    make_queue()
    for _ in range(7):
        make_exchange()
    sequence()
    assert figures.is_behind(now=timezone.now() + timedelta(seconds=11))
    assert not figures.is_behind(now=timezone.now())

    while placing.place_next(now=timezone.now()).leaves:
        pass

    assert Item.objects.count() == 7
    assert not figures.is_behind(now=timezone.now() + timedelta(seconds=11))


def test_a_round_that_another_process_does_is_left_to_it(make_queue, make_exchange, sequence):
    make_queue()
    make_exchange()
    sequence()
    done: list[int] = []

    def another() -> None:
        done.append(placed())
        connection.close()

    with transaction.atomic():
        Follower.objects.select_for_update().get()
        other = threading.Thread(target=another)
        other.start()
        other.join(5)

    assert done == [0]
    assert placed() == 1


def test_the_process_feeds_the_queues_until_it_is_told_to_stop(make_queue, make_exchange, sequence, monkeypatch):
    monkeypatch.setattr(following, "ROUND_SECONDS", 0.01)
    really_place, faults, stop = placing.place_next, [True], threading.Event()

    def place_next(**given: object) -> placing.Placed:
        if faults:
            faults.clear()
            raise RuntimeError
        found = really_place(**given)
        if found.items:
            stop.set()
        return found

    monkeypatch.setattr(following, "place_next", place_next)
    make_queue()
    make_exchange()
    sequence()

    following.follow(stop)

    assert Item.objects.count() == 1


class Pauses(threading.Event):
    """Notes how long each rest is to be, and does not rest."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.seen: list[float | None] = []
        self.most = most

    def wait(self, timeout: float | None = None) -> bool:
        self.seen.append(timeout)
        return len(self.seen) >= self.most


def test_after_leaves_were_found_it_rests_longer_and_not_at_all_after_a_full_round(monkeypatch):
    rounds = iter([7, 0, placing.BATCH, 0])
    found: list[int] = []

    def has_news() -> bool:
        found.append(next(rounds))
        return found[-1] > 0

    monkeypatch.setattr(following, "has_news", has_news)
    monkeypatch.setattr(following, "place_next", lambda **_: placing.Placed(found[-1], 1))
    pauses = Pauses(5)

    following.follow(pauses)

    assert pauses.seen == [0.4, 0.7, 0.4, 0.0, 0.4]
