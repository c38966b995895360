"""Streams of a process are read in time with each other, and the less often the more there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from apps.gateway import beats


@pytest.fixture
def many() -> Iterator[None]:
    with ExitStack() as streams:
        for _ in range(beats.MANY_STREAMS):
            streams.enter_context(beats.counted())
        yield


def milliseconds_to_rest(at: float) -> int:
    return round((beats.next_read(at) - at) * 1000)


@pytest.mark.parametrize(
    ("at", "rest"), [(7.0, 50), (7.001, 49), (7.02, 30), (7.0249, 25), (7.026, 74), (7.049, 51), (7.05, 50)]
)
def test_a_stream_joins_the_others_at_a_beat_that_is_half_a_beat_away_at_least(at: float, rest: int) -> None:
    assert milliseconds_to_rest(at) == rest


def test_where_many_are_under_way_every_second_beat_is_left_out(many: None) -> None:
    assert milliseconds_to_rest(7.0) == 100


def test_what_is_shown_in_frames_is_read_half_as_often() -> None:
    with beats.half_as_often():
        assert milliseconds_to_rest(7.0) == 100

    assert milliseconds_to_rest(7.0) == 50


def test_frames_of_many_answers_are_read_five_times_a_second(many: None) -> None:
    with beats.half_as_often():
        assert milliseconds_to_rest(7.0) == 200


def test_a_stream_that_ends_is_not_counted_any_more(many: None) -> None:
    with pytest.raises(RuntimeError), beats.counted():
        raise RuntimeError

    assert beats._under_way == beats.MANY_STREAMS
