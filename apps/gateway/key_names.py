"""
The names of API keys, for pages that set limits on them. The room that keeps keys lies above and says them here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

Lister = Callable[[], Sequence[tuple[UUID, str]]]

_listers: list[Lister] = []


def register(lister: Lister) -> None:
    """Say who lists the keys that work: id and name, in the order in which they are shown."""
    if lister not in _listers:
        _listers.append(lister)


def working_keys() -> list[tuple[UUID, str]]:
    """List the keys that work, with a name that tells them apart. One query."""
    return [pair for lister in _listers for pair in lister()]


def name_of(key_id: UUID) -> str:
    """Give the name of a key that works, empty for any other. One query."""
    return dict(working_keys()).get(key_id, "")
