"""
The tree as it is stored: leaves in `ledger_entry`, and above them the root of every 256 neighbours in `ledger_node`.

Any proof needs a few hundred neighbouring hashes at most, read with one statement. All functions take a cursor, so that
the sequencer, the verifier and the officers' pages read by the same code.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from apps.ledger import merkle
from apps.ledger.merkle import Range, Subtree

TILE_LEVELS = 8
TILE = 1 << TILE_LEVELS

_HASHES = """
    WITH span AS (SELECT * FROM unnest(%s::smallint[], %s::bigint[], %s::bigint[]) AS span (level, first, beyond))
    SELECT span.level, entry.index, entry.leaf FROM span
      JOIN ledger_entry AS entry ON span.level = 0 AND entry.index >= span.first AND entry.index < span.beyond
    UNION ALL
    SELECT span.level, node.index, node.hash FROM span
      JOIN ledger_node AS node ON node.level = span.level AND node.index >= span.first AND node.index < span.beyond
     WHERE span.level > 0
"""


class Cursor(Protocol):
    """What is needed of a database cursor, Django's or psycopg's. ``connection`` is psycopg's in both."""

    @property
    def connection(self) -> Any:
        """The driver's connection."""

    def execute(self, query: Any, params: Any = None, /) -> Any:
        """Run a statement."""

    def fetchall(self) -> list[Any]:
        """Return all rows."""

    def fetchone(self) -> Any:
        """Return one row or None."""


class HashMissing(Exception):
    """A hash of the stored tree is not there: a leaf or a node was deleted."""

    def __init__(self, level: int, index: int) -> None:
        super().__init__(f"The tree has no hash at level {level}, place {index}. Restore it from a backup and verify.")
        self.level = level
        self.index = index


def size_of(cursor: Cursor) -> int:
    """Count the leaves: they are numbered from 0 without a gap, so the last one tells. One index look-up."""
    cursor.execute("SELECT coalesce(max(index) + 1, 0) FROM ledger_entry")
    return int(cursor.fetchone()[0])


def roots(cursor: Cursor, ranges: Sequence[Range]) -> list[bytes]:
    """
    Compute the root over each range from stored hashes. One statement.

    :raises HashMissing: if one of them is not stored.
    """
    split = [merkle.subtrees_of(span) for span in ranges]
    known = _read(cursor, {subtree for subtrees in split for subtree in subtrees})
    return [merkle.folded([known[subtree] for subtree in subtrees]) for subtrees in split]


def root_at(cursor: Cursor, size: int) -> bytes:
    """
    Compute the root that the tree had at `size`.

    :raises HashMissing: if the stored tree is shorter or has lost a hash.
    """
    return roots(cursor, [(0, size)])[0]


def frontier_at(cursor: Cursor, size: int) -> merkle.Frontier:
    """
    Read the right edge of the tree at `size`.

    :raises HashMissing: if the stored tree is shorter or has lost a hash.
    """
    subtrees = merkle.subtrees_of((0, size))
    known = _read(cursor, set(subtrees))
    return merkle.Frontier(size, [known[subtree] for subtree in subtrees])


def tile_roots(cursor: Cursor, level: int, first: int, beyond: int) -> list[bytes]:
    """
    Compute the nodes of `level` from `first` to `beyond`, each over 256 hashes of the level below. One statement.

    :raises HashMissing: if one of those is not stored.
    """
    below = level - 1
    hashes = _hashes(cursor, [(below, first * TILE, beyond * TILE)])
    return [_over(hashes, below, range(place * TILE, (place + 1) * TILE)) for place in range(first, beyond)]


def _read(cursor: Cursor, wanted: set[Subtree]) -> dict[Subtree, bytes]:
    """Read complete subtrees of any height. One statement."""
    spans = {subtree: _stored_span(subtree) for subtree in wanted}
    hashes = _hashes(cursor, list(spans.values()))
    return {subtree: _over(hashes, tier, range(first, beyond)) for subtree, (tier, first, beyond) in spans.items()}


def _stored_span(subtree: Subtree) -> tuple[int, int, int]:
    """Say which stored hashes make up a subtree: their level (0 for leaves), the first, and the one beyond the last."""
    level, index = subtree
    tier, rest = divmod(level, TILE_LEVELS)
    return tier, index << rest, (index + 1) << rest


def _hashes(cursor: Cursor, spans: Sequence[tuple[int, int, int]]) -> dict[tuple[int, int], bytes]:
    if not spans:
        return {}
    cursor.execute(_HASHES, [list(column) for column in zip(*spans, strict=True)])
    return {(tier, index): bytes(value) for tier, index, value in cursor.fetchall()}


def _over(hashes: dict[tuple[int, int], bytes], tier: int, places: range) -> bytes:
    try:
        return merkle.root_of_complete([hashes[tier, place] for place in places])
    except KeyError as missing:
        raise HashMissing(tier, missing.args[0][1]) from None
