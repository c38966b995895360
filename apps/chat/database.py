"""Crossings from the event loop to the database: few, each one plain function on a pooled connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import connections

P = ParamSpec("P")
R = TypeVar("R")


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
