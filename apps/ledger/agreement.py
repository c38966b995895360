"""
Whether what rooms keep in rows is what the ledger's events say.

Rows can be changed in place, the signed tree cannot: where every change of a row is an event, a row that differs was
changed by hand. Rooms say here what is to be compared; the ledger knows none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg.pq import TransactionStatus

from apps.ledger.stored import Cursor

NOWHERE = -1


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not fit: its code, the place in the tree (or -1), and a sentence for the reader."""

    code: str
    at: int
    sentence: str


Agreement = Callable[[Cursor], Iterable[Finding]]
_agreements: list[Agreement] = []


def must_agree(agreement: Agreement) -> Agreement:
    """Have a check of the whole ledger ask whether the rows of a room are what its events say they are."""
    if agreement not in _agreements:
        _agreements.append(agreement)
    return agreement


def findings(cursor: Cursor) -> Iterator[Finding]:
    """Compare everything that rooms registered, as it is at one moment. Reads each compared row and event once."""
    with at_one_moment(cursor):
        for agreement in _agreements:
            yield from agreement(cursor)


@contextmanager
def at_one_moment(cursor: Cursor) -> Iterator[None]:
    """
    Let all statements inside see the database as it was at the first: a row and its event are committed together.

    Inside a transaction that is open already they see what that one sees.
    """
    connection = cursor.connection
    if connection.info.transaction_status != TransactionStatus.IDLE:
        yield
        return
    with connection.transaction():
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield
