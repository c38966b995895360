"""
The Merkle tree of RFC 6962, as plain functions over hashes of 32 bytes: no database, no keys.

Ranges are half open, ``[start, end)``. A subtree is ``(level, index)``: the complete one over the ``2**level`` leaves
that begin at ``index * 2**level``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

Range: TypeAlias = tuple[int, int]
Subtree: TypeAlias = tuple[int, int]

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """Hash what one leaf says."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two neighbours into the node above them."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Compute the root over leaf hashes by the RFC's own recursive definition; the second path beside `Frontier`."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = _split(len(leaves))
    return node_hash(root_of(leaves[:split]), root_of(leaves[split:]))


def root_of_complete(hashes: Sequence[bytes]) -> bytes:
    """
    Compute the root over a complete subtree, level by level: half the time of `root_of`.

    :raises ValueError: if the number of hashes is no power of two.
    """
    row = list(hashes)
    if len(row).bit_count() != 1:
        raise ValueError(f"{len(row)} hashes make no complete subtree.")
    sha256 = hashlib.sha256
    while len(row) > 1:
        row = [sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]


class Frontier:
    """The right edge of a growing tree: the complete subtrees that make it up, largest first. Amortised O(1) a leaf."""

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = size
        self._hashes = list(hashes)
        if len(self._hashes) != size.bit_count():
            raise ValueError(f"A tree of {size} leaves has {size.bit_count()} complete subtrees at its edge.")

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        size, carried = self.size, leaf
        while size & 1:
            carried = node_hash(self._hashes.pop(), carried)
            size >>= 1
        self._hashes.append(carried)
        self.size += 1

    def root(self) -> bytes:
        """Compute the root of the tree so far."""
        return folded(self._hashes)


def folded(hashes: Sequence[bytes]) -> bytes:
    """Fold complete subtrees, largest first, into the root over them."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


def subtrees_of(span: Range) -> list[Subtree]:
    """Split a range into complete subtrees, left to right: the fewest that are aligned."""
    start, end = span
    found = []
    while start < end:
        aligned = (start & -start).bit_length() - 1 if start else end.bit_length()
        level = min(aligned, (end - start).bit_length() - 1)
        found.append((level, start >> level))
        start += 1 << level
    return found


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """
    List the ranges whose roots prove that leaf `index` is in the tree of `size`, from the leaf's sibling upwards.

    :raises ValueError: if there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"A tree of {size} leaves has no leaf {index}.")
    return _inclusion(index, 0, size)


def consistency_ranges(old: int, new: int) -> list[Range]:
    """
    List the ranges whose roots prove that the tree of `new` leaves continues the tree of `old`.

    :raises ValueError: if `old` is not smaller than or equal to `new`.
    """
    if not 0 <= old <= new:
        raise ValueError(f"A tree of {new} leaves cannot continue one of {old}.")
    return _consistency(old, 0, new, is_known=True) if 0 < old < new else []


def includes(*, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Say whether `proof` shows that `leaf` stands at `index` of the tree with this size and root."""
    if not 0 <= index < size or not _are_hashes([leaf, root, *proof]):
        return False
    ranges = _inclusion(index, 0, size)
    if len(ranges) != len(proof):
        return False
    current = leaf
    for (_, end), sibling in zip(ranges, proof, strict=True):
        current = node_hash(sibling, current) if end <= index else node_hash(current, sibling)
    return current == root


def continues(*, old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Say whether `proof` shows that the tree of `new` leaves begins with the whole tree of `old` leaves."""
    if old == 0:
        return new == 0 and not proof and old_root == new_root == EMPTY_ROOT  # an empty tree proves nothing
    if old == new:
        return not proof and old_root == new_root
    if not 0 < old < new or not _are_hashes([old_root, new_root, *proof]):
        return False
    ranges = _consistency(old, 0, new, is_known=True)
    if len(ranges) != len(proof):
        return False
    given = dict(zip(ranges, proof, strict=True))
    kept = [(start, end) for start, end in given if end <= old]
    if not kept or kept[0][0] != 0:  # the old tree is complete: its root is a node of the new one
        given[(0, old)] = old_root
    return _built((0, old), given) == old_root and _built((0, new), given) == new_root


def root_over(span: Range, read: Callable[[Subtree], bytes]) -> bytes:
    """Compute the root over a range from its complete subtrees, which `read` knows."""
    return folded([read(subtree) for subtree in subtrees_of(span)])


def _inclusion(index: int, start: int, end: int) -> list[Range]:
    if end - start == 1:
        return []
    middle = start + _split(end - start)
    if index < middle:
        return [*_inclusion(index, start, middle), (middle, end)]
    return [*_inclusion(index, middle, end), (start, middle)]


def _consistency(old: int, start: int, end: int, *, is_known: bool) -> list[Range]:
    if old == end:
        return [] if is_known else [(start, end)]
    middle = start + _split(end - start)
    if old <= middle:
        return [*_consistency(old, start, middle, is_known=is_known), (middle, end)]
    return [*_consistency(old, middle, end, is_known=False), (start, middle)]


def _built(span: Range, given: dict[Range, bytes]) -> bytes | None:
    """Build the root over `span` from given nodes by splitting as the RFC does; None where one is missing."""
    if span in given:
        return given[span]
    start, end = span
    if end - start <= 1:
        return None
    middle = start + _split(end - start)
    left, right = _built((start, middle), given), _built((middle, end), given)
    return node_hash(left, right) if left is not None and right is not None else None


def _split(count: int) -> int:
    """The largest power of two smaller than `count`."""
    return 1 << ((count - 1).bit_length() - 1)


def _are_hashes(values: Sequence[bytes]) -> bool:
    return all(len(value) == HASH_BYTES for value in values)
