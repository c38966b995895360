"""What a process remembers for a minute: how much, for how long, and by many threads at once."""

from __future__ import annotations

import sys
import threading

import pytest

from apps.accounts import remembering
from apps.accounts.remembering import Remembered


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(remembering.time, "monotonic", lambda: now[0])
    return now


def test_what_is_kept_is_given_for_a_minute(clock: list[float]) -> None:
    remembered: Remembered[str, str] = Remembered()
    remembered.keep("maya", "Sales")
    clock[0] += 59

    assert remembered.get("maya") == "Sales"
    clock[0] += 1
    assert remembered.get("maya") is None


def test_what_is_over_a_minute_old_does_not_stay_in_memory(clock: list[float]) -> None:
    remembered: Remembered[str, str] = Remembered()
    remembered.keep("maya", "Sales")
    remembered.keep("priya", "Engineering")
    clock[0] += 40
    remembered.keep("maya", "Sales")
    clock[0] += 30

    remembered.keep("david", "Office")

    assert list(remembered._found) == ["maya", "david"]


def test_of_too_many_the_one_that_was_kept_longest_ago_is_forgotten(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembering, "MOST", 2)
    remembered: Remembered[str, str] = Remembered()
    for name in ("maya", "priya", "maya", "david"):
        remembered.keep(name, "here")

    assert [name for name in ("maya", "priya", "david") if remembered.get(name)] == ["maya", "david"]


def test_many_threads_keep_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembering, "MOST", 20)
    remembered: Remembered[tuple[int, int], int] = Remembered()
    errors: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for place in range(10_000):
                remembered.keep((number, place), place)
        except RuntimeError as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)

    assert errors == []
    assert len(remembered._found) <= 20
