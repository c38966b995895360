"""Streams of a process are read in time with each other, and the less often the more there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from apps.gateway import beats


@contextmanager
def under_way(count: int) -> Iterator[None]:
    with ExitStack() as streams:
        for _ in range(count):
            streams.enter_context(beats.counted())
        yield


@pytest.fixture
def many() -> Iterator[None]:
    with under_way(beats.MANY_STREAMS):
        yield


def milliseconds_to_rest(at: float) -> int:
    return round((beats.next_read(at) - at) * 1000)


@pytest.mark.parametrize(
    ("at", "rest"), [(7.0, 50), (7.001, 49), (7.02, 30), (7.0249, 25), (7.026, 74), (7.049, 51), (7.05, 50)]
)
def test_a_stream_joins_the_others_at_a_beat_that_is_half_a_beat_away_at_least(at: float, rest: int) -> None:
    assert milliseconds_to_rest(at) == rest


@pytest.mark.parametrize(("count", "rest"), [(1, 50), (7, 50), (8, 100), (29, 100), (200, 100)])
def test_where_several_are_under_way_every_second_beat_is_left_out(count: int, rest: int) -> None:
    with under_way(count):
        assert milliseconds_to_rest(7.0) == rest


@pytest.mark.parametrize(("count", "rest"), [(1, 100), (8, 100), (29, 100), (30, 200)])
def test_what_is_shown_in_frames_is_read_at_every_second_beat_and_shown_in_frames_among_many(count: int, rest: int):
    with under_way(count), beats.shown_in_frames():
        assert milliseconds_to_rest(7.0) == rest


def test_a_stream_that_ends_is_not_counted_any_more(many: None) -> None:
    with pytest.raises(RuntimeError), beats.counted():
        raise RuntimeError

    assert beats._under_way == beats.MANY_STREAMS
