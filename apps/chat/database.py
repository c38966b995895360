"""
Crossings from the event loop to the database: few, each one plain function on a pooled connection.

`in_database` runs any function, in a thread. `on_loop` runs on the event loop's own thread and gives way while the
database works: for functions that hold no lock, wait for nothing but the database, and need little time of their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

from django.db import connections

from apps.ledger import greenlets

P = ParamSpec("P")
R = TypeVar("R")

LONG: Final = 20_000
"""Characters of a message or an answer that keep a function busy for about a millisecond: to seal, to count."""

on_loop = greenlets.run


async def by_length(characters: int, function: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
    """Run `function`, which handles a text of so many characters: a short one `on_loop`, a long one `in_database`."""
    crossing = on_loop if characters <= LONG else in_database
    return await crossing(function, *arguments, **named)


async def in_database(function: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
    """
    Run `function` in a worker thread and hand its connection back to the pool afterwards, whatever happens.

    A cancelled caller lets go only once the function has ended: a transaction is never left running behind its back.
    """

    def call() -> R:
        try:
            return function(*arguments, **named)
        finally:
            connections.close_all()

    crossing = asyncio.get_running_loop().run_in_executor(None, call)
    try:
        return await asyncio.shield(crossing)
    except asyncio.CancelledError:
        await asyncio.wait([crossing])
        raise
