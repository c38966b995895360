"""A connection of the pool remembers planned statements, and no text of others, which holds what they write."""

from __future__ import annotations

import gc
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction

from apps.ledger import prepared

CONTENT = "Dear Ms Halvorsen, 7b3f1c"


def texts_kept() -> list[bytes]:
    """Give the statements that are kept anywhere in this process and hold the content."""
    gc.collect()
    held = [held for one in gc.get_objects() for held in gc.get_referents(one)]
    held += [inside for one in held if type(one) is tuple for inside in one]  # the collector passes over plain tuples
    return [text for text in held if type(text) is bytes and CONTENT.encode() in text and text.startswith(b"SELECT")]


def write(number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s, %s, %s", [CONTENT, [number, number], datetime(2026, 11, 28, tzinfo=UTC)])


def planned(mark: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", [f"SELECT %{mark}%"])
        return int(cursor.fetchone()[0])


@pytest.mark.django_db
def test_no_statement_with_values_written_into_it_is_kept_once_it_is_done() -> None:
    for number in range(3):
        write(number)

    assert texts_kept() == []


@pytest.mark.django_db
def test_a_statement_to_be_planned_is_planned_once() -> None:
    for number in range(3):
        assert prepared.rows("SELECT %s::int AS of_numbers", [number]) == [(number,)]

    assert planned("of_numbers") == 1


@pytest.mark.django_db
def test_plans_are_made_anew_once_a_table_has_changed() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE kept (one int)")
        prepared.rows("SELECT * FROM kept WHERE one > %s::int AND 'of_tables' <> ''", [0])
        cursor.execute("ALTER TABLE kept ADD COLUMN two int")
        again: list[Any] = prepared.rows("SELECT * FROM kept WHERE one > %s::int AND 'of_tables' <> ''", [0])

    assert again == []
    with transaction.atomic():
        assert planned("of_tables") == 1
