"""What is remembered of an edition is remembered for a minute, and of not too many."""

from __future__ import annotations

import time

import pytest

from apps.accounts import remembering
from apps.accounts.remembering import Remembered


def test_what_was_kept_is_given_for_a_minute_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    found: Remembered[str, int] = Remembered()
    found.keep("a", 1)
    kept_at = time.monotonic()

    assert (found.get("a"), found.get("b")) == (1, None)
    monkeypatch.setattr(remembering.time, "monotonic", lambda: kept_at + remembering.SECONDS + 1)
    assert found.get("a") is None
    found.keep("a", 2)
    assert found.get("a") == 2


def test_of_too_many_the_first_is_forgotten_and_so_is_whoever_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembering, "MOST", 2)
    found: Remembered[str, int] = Remembered()
    for number, name in enumerate(["a", "b", "b", "c"]):
        found.keep(name, number)

    assert [found.get(name) for name in "abc"] == [None, 2, 3]
    found.forget("b")
    found.forget("b")
    assert found.get("b") is None
