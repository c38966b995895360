"""A database that is there and says nothing costs a statement its time, and no more."""

from __future__ import annotations

import time

import pytest
from django.db import OperationalError, connection

from portal.pooled import base

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_statement_that_is_not_answered_in_time_is_given_up_and_the_next_one_has_a_fresh_connection(monkeypatch):
    monkeypatch.setattr(base, "_answer_within", [0.3])
    began = time.monotonic()

    with pytest.raises(OperationalError, match="does not answer"), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(10)")

    assert time.monotonic() - began < 3
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def test_the_server_ends_a_statement_whose_client_gave_up_so_that_it_keeps_no_lock(monkeypatch):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('client_connection_check_interval'), current_setting('lock_timeout')")

        assert cursor.fetchone() == ("2s", "5s")
