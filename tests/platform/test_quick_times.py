"""Moments that the database gives are read quickly, and as the driver would read them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection
from psycopg import DataError
from psycopg.adapt import Transformer
from psycopg.types.datetime import TimestamptzLoader

from portal.pooled.base import QuickTimes

TIMESTAMPTZ = 1184


class QuickTimesInUtc(QuickTimes):
    timezone = UTC


@pytest.mark.parametrize(
    "written",
    [
        b"2026-11-28 00:41:53.281696+00",
        b"2026-11-28 00:41:53.2+00",
        b"2026-11-28 00:41:53+00",
        b"0001-01-01 00:00:00+00",
        b"9999-12-31 23:59:59.999999+00",
    ],
)
def test_a_moment_is_read_as_the_driver_reads_it(written: bytes):
    by_the_driver = TimestamptzLoader(TIMESTAMPTZ, Transformer()).load(written)

    assert QuickTimesInUtc(TIMESTAMPTZ, Transformer()).load(memoryview(written)) == by_the_driver


@pytest.mark.parametrize(
    "written", [b"infinity", b"-infinity", b"10000-01-01 00:00:00+00", b"0044-03-15 00:00:00+00 BC"]
)
def test_a_moment_that_python_cannot_hold_is_refused_as_the_driver_refuses_it(written: bytes):
    with pytest.raises(DataError):
        QuickTimesInUtc(TIMESTAMPTZ, Transformer()).load(written)


@pytest.mark.django_db
def test_connections_of_the_pool_read_moments_quickly_in_the_zone_of_django():
    with connection.cursor() as cursor:
        cursor.execute("SELECT '2026-07-01 12:00:00.5+02'::timestamptz")
        (moment,) = cursor.fetchone()
        reader = cursor.cursor.adapters.get_loader(TIMESTAMPTZ, 0)

    assert moment == datetime(2026, 7, 1, 10, 0, 0, 500_000, tzinfo=UTC)
    assert moment.tzinfo == connection.timezone
    assert issubclass(reader, QuickTimes)
