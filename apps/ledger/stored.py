"""
The tree as it is stored: leaves in `ledger_entry`, and above them the root of every 256 neighbours in `ledger_node`.

Any proof needs a few hundred neighbouring hashes at most, read with one statement. All functions take a cursor, so that
the sequencer, the verifier and the officers' pages read by the same code.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

from apps.ledger import merkle
from apps.ledger.merkle import HASH_BYTES, Range, Subtree

TILE_LEVELS = 8
TILE = 1 << TILE_LEVELS

_HASHES = """
    SELECT CASE span.level
      WHEN 0 THEN (SELECT string_agg(entry.leaf, '' ORDER BY entry.index) FROM ledger_entry AS entry
                    WHERE entry.index >= span.first AND entry.index < span.beyond)
      ELSE (SELECT string_agg(node.hash, '' ORDER BY node.index) FROM ledger_node AS node
             WHERE node.level = span.level AND node.index >= span.first AND node.index < span.beyond) END
      FROM unnest(%s::smallint[], %s::bigint[], %s::bigint[]) WITH ORDINALITY AS span (level, first, beyond, place)
     ORDER BY span.place
"""
"""The hashes of each span as one value: a row for each of a thousand hashes cost more than all else of a proof."""

_PLACES = (
    "SELECT index, length(leaf) FROM ledger_entry WHERE %s = 0 AND index >= %s AND index < %s",
    "SELECT index, length(hash) FROM ledger_node WHERE level = %s AND index >= %s AND index < %s",
)

Span: TypeAlias = tuple[int, int, int]
"""Stored hashes: their level (0 for leaves), the place of the first, and the place beyond the last."""


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
    span = (level - 1, first * TILE, beyond * TILE)
    hashes = _hashes(cursor, [span])[span]
    return [merkle.root_of_complete(hashes[start : start + TILE]) for start in range(0, len(hashes), TILE)]


def _read(cursor: Cursor, wanted: set[Subtree]) -> dict[Subtree, bytes]:
    """Read complete subtrees of any height. One statement."""
    spans = {subtree: _stored_span(subtree) for subtree in wanted}
    hashes = _hashes(cursor, list(spans.values()))
    return {subtree: merkle.root_of_complete(hashes[span]) for subtree, span in spans.items()}


def _stored_span(subtree: Subtree) -> Span:
    """Say which stored hashes make up a subtree."""
    level, index = subtree
    tier, rest = divmod(level, TILE_LEVELS)
    return tier, index << rest, (index + 1) << rest


def _hashes(cursor: Cursor, spans: Sequence[Span]) -> dict[Span, list[bytes]]:
    """
    Read every hash of the spans. One statement.

    :raises HashMissing: if one of them is not there, or is no hash.
    """
    if not spans:
        return {}
    cursor.execute(_HASHES, [list(column) for column in zip(*spans, strict=True)])
    return {
        span: _cut(cursor, span, bytes(joined or b"")) for span, (joined,) in zip(spans, cursor.fetchall(), strict=True)
    }


def _cut(cursor: Cursor, span: Span, joined: bytes) -> list[bytes]:
    level, first, beyond = span
    if len(joined) != (beyond - first) * HASH_BYTES:
        raise HashMissing(level, _missing(cursor, span))
    return [joined[start : start + HASH_BYTES] for start in range(0, len(joined), HASH_BYTES)]


def _missing(cursor: Cursor, span: Span) -> int:
    """Find the first place of a span that holds no hash."""
    level, first, beyond = span
    cursor.execute(_PLACES[level > 0], span)
    there = {place for place, length in cursor.fetchall() if length == HASH_BYTES}
    return next((place for place in range(first, beyond) if place not in there), first)
