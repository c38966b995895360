"""
An excerpt: chosen leaves of the tree as JSON lines, provably in it under one signed checkpoint.

Where leaves are left out, the hashes of the complete subtrees between their neighbours stand in their place, so that
the offline verifier rebuilds the signed root by one walk from left to right. A stretch without a gap is complete.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence, Set

from apps.ledger import leaves, merkle, stored
from apps.ledger.merkle import Range
from apps.ledger.notes import Checkpoint, Note
from apps.ledger.stored import Cursor

FORM = "portcullis-ledger-excerpt/1"
CHUNK = 1_000


def lines(
    cursor: Cursor, places: Sequence[int], *, note: Note, with_records: bool, but_for: Set[int] = frozenset()
) -> Iterator[str]:
    """
    Write the excerpt of the leaves at `places`, ascending and all under `note`'s checkpoint.

    Without records each is given by its hash alone; with them, those at `but_for` are. Memory for 1,000 of them.

    :raises apps.ledger.stored.HashMissing: if a hash of the stored tree is not there.
    """
    size = Checkpoint.parse(note.text).size
    yield json.dumps({"form": FORM, "checkpoint": str(note)}, ensure_ascii=False)
    reached = 0
    for start in range(0, len(places), CHUNK):
        chunk = places[start : start + CHUNK]
        gaps = _gaps(reached, chunk)
        hashes = dict(zip(gaps, _hashes(cursor, gaps), strict=True))
        shown = _leaves(cursor, chunk)
        if with_records:
            shown |= _records(cursor, [place for place in chunk if place not in but_for])
        for place in chunk:
            if place > reached:
                yield _gap((reached, place), hashes[reached, place])
            yield shown[place]
            reached = place + 1
    if reached < size:
        yield _gap((reached, size), _hashes(cursor, [(reached, size)])[0])


def _gaps(reached: int, places: Sequence[int]) -> list[Range]:
    starts = [reached, *(place + 1 for place in places)]
    return [(start, place) for start, place in zip(starts[:-1], places, strict=True) if start < place]


def _hashes(cursor: Cursor, gaps: Sequence[Range]) -> list[list[bytes]]:
    """Read the roots of the complete subtrees of each gap. One statement for every 8 levels touched."""
    split = [merkle.subtrees_of(gap) for gap in gaps]
    ranges = [(index << level, (index + 1) << level) for subtrees in split for level, index in subtrees]
    roots = iter(stored.roots(cursor, ranges))
    return [[next(roots) for _ in subtrees] for subtrees in split]


def _gap(span: Range, hashes: Sequence[bytes]) -> str:
    return json.dumps({"gap": list(span), "hashes": [base64.b64encode(each).decode() for each in hashes]})


def _leaves(cursor: Cursor, places: Sequence[int]) -> dict[int, str]:
    cursor.execute("SELECT index, leaf FROM ledger_entry WHERE index = ANY(%s)", [list(places)])
    shown = {
        index: json.dumps({"index": index, "leaf": base64.b64encode(bytes(leaf)).decode()})
        for index, leaf in cursor.fetchall()
    }
    for place in places:
        if place not in shown:
            raise stored.HashMissing(0, place)
    return shown


def _records(cursor: Cursor, places: Sequence[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for kind, form in leaves.FORMS.items():
        cursor.execute(
            f"SELECT entry.index, {form.prepared} FROM ledger_entry AS entry "  # noqa: S608
            f"JOIN {form.table} AS r ON r.id = entry.row_id WHERE entry.kind = %s AND entry.index = ANY(%s)",
            [kind.value, list(places)],
        )
        for index, *columns in cursor.fetchall():
            record = leaves.of_columns(form, columns).decode()
            found[index] = json.dumps({"index": index, "record": record}, ensure_ascii=False)
    return found
