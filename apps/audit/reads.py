"""Reading without holding up the chat: every query of the desk ends in time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction

STATEMENT_MILLISECONDS = 5_000
QUERY_CANCELED = "57014"


class TookTooLong(Exception):
    """The database did not answer in time."""

    sentence = "This search took longer than five seconds and was stopped. Choose a shorter span of time or one person."


@contextmanager
def bounded(*, milliseconds: int | None = None) -> Iterator[None]:
    """
    Stop any query inside that runs for more than five seconds, or fewer milliseconds.

    :raises TookTooLong: if one was stopped.
    """
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT set_config('statement_timeout', %s, true)", [str(milliseconds or STATEMENT_MILLISECONDS)]
                )
            yield
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != QUERY_CANCELED:
            raise
        raise TookTooLong from None
