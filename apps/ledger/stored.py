"""
The tree as it is stored: leaves in `ledger_entry`, and above them the root of every 256 neighbours in `ledger_node`.

Any proof needs a few hundred neighbouring hashes at most, read with one statement a level. All functions take a
cursor, so that the sequencer, the verifier and the officers' pages read by the same code.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from apps.ledger import merkle
from apps.ledger.merkle import Range, Subtree

TILE_LEVELS = 8
TILE = 1 << TILE_LEVELS

_LEAVES = """
    SELECT entry.index, entry.leaf FROM unnest(%s::bigint[], %s::bigint[]) AS span (first, beyond)
    JOIN ledger_entry AS entry ON entry.index >= span.first AND entry.index < span.beyond
"""
_NODES = """
    SELECT node.index, node.hash FROM unnest(%s::bigint[], %s::bigint[]) AS span (first, beyond)
    JOIN ledger_node AS node ON node.level = %s AND node.index >= span.first AND node.index < span.beyond
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
    Compute the root over each range from stored hashes. One statement for every 8 levels touched.

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
    base = (level - 1) * TILE_LEVELS
    hashes = _hashes(cursor, base, [(first * TILE, beyond * TILE)])
    return [_over(hashes, base, range(place * TILE, (place + 1) * TILE)) for place in range(first, beyond)]


def _read(cursor: Cursor, wanted: set[Subtree]) -> dict[Subtree, bytes]:
    found: dict[Subtree, bytes] = {}
    for base in sorted({level - level % TILE_LEVELS for level, _ in wanted}):
        here = [subtree for subtree in wanted if subtree[0] - subtree[0] % TILE_LEVELS == base]
        spans = [(index << (level - base), (index + 1) << (level - base)) for level, index in here]
        hashes = _hashes(cursor, base, spans)
        for subtree, (first, beyond) in zip(here, spans, strict=True):
            found[subtree] = _over(hashes, base, range(first, beyond))
    return found


def _hashes(cursor: Cursor, base: int, spans: Sequence[Range]) -> dict[int, bytes]:
    firsts, beyonds = [first for first, _ in spans], [beyond for _, beyond in spans]
    if base == 0:
        cursor.execute(_LEAVES, [firsts, beyonds])
    else:
        cursor.execute(_NODES, [firsts, beyonds, base // TILE_LEVELS])
    return {index: bytes(value) for index, value in cursor.fetchall()}


def _over(hashes: dict[int, bytes], base: int, places: range) -> bytes:
    try:
        return merkle.root_of([hashes[place] for place in places])
    except KeyError as missing:
        raise HashMissing(base, int(missing.args[0])) from None
