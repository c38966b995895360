"""What the web process lets go of: garbage is collected in the end, however much stays."""

from __future__ import annotations

import gc
import sys
from collections import deque
from collections.abc import Callable, Iterator

import pytest

from apps.accounts.models import User
from apps.privacy import dictionary_handover, keys
from portal import lifespan

UNDER_WAY = 500


@pytest.fixture
def collector() -> Iterator[None]:
    """The collector of cycles, put back afterwards as it was found."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.mark.thorough
def test_garbage_that_outlived_collections_is_collected_beside_all_that_stays(collector, monkeypatch):
    monkeypatch.setattr(lifespan, "NEW_OBJECTS_BEFORE_COLLECTING", 100)
    stays = [[] for _ in range(100_000)]
    lifespan._set_aside_what_stays()
    full = gc.get_stats()[2]["collections"]

    under_way: deque[list[object]] = deque(maxlen=UNDER_WAY)
    for _ in range(60_000):
        cycle: list[object] = []
        cycle.append(cycle)
        under_way.append(cycle)

    assert len(stays) == 100_000
    assert gc.get_stats()[2]["collections"] > full


@pytest.mark.django_db
def test_what_every_exchange_asks_of_files_enters_no_names_into_the_interpreters_table(
    make_person: Callable[[str], User], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_person("maya")
    dictionary_handover.expire()
    assert dictionary_handover.current().path
    keys.master_key()
    entered: list[str] = []
    intern = sys.intern

    def noted(name: str) -> str:
        entered.append(name)
        return intern(name)

    monkeypatch.setattr(sys, "intern", noted)

    keys.master_key()
    dictionary_handover.current()

    assert entered == []
