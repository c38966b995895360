"""Crossings from the event loop to the database: few, each one plain function on a pooled connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import connections

P = ParamSpec("P")
R = TypeVar("R")


async def in_database(function: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
    """Run `function` in a worker thread and hand its connection back to the pool afterwards, whatever happens."""

    def call() -> R:
        try:
            return function(*arguments, **named)
        finally:
            connections.close_all()

    return await sync_to_async(call, thread_sensitive=False)()
