"""
An export: every leaf from one place to another as JSON lines, provably complete under one signed checkpoint.

The first line names the range, the checkpoint, and the hashes of the tree to the left and right of the range; the
offline verifier rebuilds the signed root from all of it, so a line left out, moved or changed shows.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

from apps.ledger import leaves, merkle, stored
from apps.ledger.merkle import Range
from apps.ledger.models import RowKind
from apps.ledger.notes import Note
from apps.ledger.proofs import NotYetSigned
from apps.ledger.stored import Cursor

FORM = "portcullis-ledger-export/1"
CHUNK = 5_000


def lines(cursor: Cursor, span: Range) -> Iterator[str]:
    """
    Write the export of `span`, cut at the newest signed size. A record that is gone is given by its hash alone.

    :raises NotYetSigned: if nothing is signed yet.
    """
    cursor.execute("SELECT size, note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1")
    head = cursor.fetchone()
    if head is None:
        raise NotYetSigned
    size, note = int(head[0]), Note.parse(head[1])
    cursor.execute("SELECT line FROM ledger_cosignature WHERE size = %s ORDER BY id", [size])
    note = note.with_lines([line for (line,) in cursor.fetchall()])
    first, beyond = min(span[0], size), min(span[1], size)
    yield json.dumps(
        {
            "form": FORM, "first": first, "beyond": beyond, "checkpoint": str(note),
            "left": _hashes(cursor, (0, first)), "right": _hashes(cursor, (beyond, size)),
        }, ensure_ascii=False,
    )  # fmt: skip
    for start in range(first, beyond, CHUNK):
        yield from _records(cursor, (start, min(start + CHUNK, beyond)))


def _hashes(cursor: Cursor, span: Range) -> list[str]:
    subtrees = merkle.subtrees_of(span)
    ranges = [(index << level, (index + 1) << level) for level, index in subtrees]
    return [base64.b64encode(root).decode() for root in stored.roots(cursor, ranges)]


def _records(cursor: Cursor, span: Range) -> Iterator[str]:
    cursor.execute("SELECT index, leaf FROM ledger_entry WHERE index >= %s AND index < %s ORDER BY index", list(span))
    hashes = {index: bytes(leaf) for index, leaf in cursor.fetchall()}
    found: dict[int, bytes] = {}
    for kind, form in leaves.FORMS.items():
        cursor.execute(
            f"SELECT entry.index, {form.prepared} FROM ledger_entry AS entry "  # noqa: S608
            f"JOIN {form.table} AS r ON r.id = entry.row_id "
            "WHERE entry.kind = %s AND entry.index >= %s AND entry.index < %s",
            [RowKind(kind).value, *span],
        )
        for index, *columns in cursor.fetchall():
            found[index] = leaves.of_columns(form, columns)
    for index in sorted(hashes):
        if index in found:
            yield json.dumps({"index": index, "record": found[index].decode()}, ensure_ascii=False)
        else:
            yield json.dumps({"index": index, "leaf": base64.b64encode(hashes[index]).decode()})


def write_stamps(cursor: Cursor, folder: Path) -> int:
    """Write each time-stamp as ``N.tsr`` and the checkpoint that it is on as ``N.note``; return how many."""
    cursor.execute(
        "SELECT stamp.token, held.note FROM ledger_timestamp AS stamp "
        "JOIN ledger_checkpoint AS held ON held.size = stamp.size ORDER BY stamp.size, stamp.id"
    )
    written = 0
    for token, note in cursor.fetchall():
        written += 1
        (folder / f"{written}.tsr").write_bytes(bytes(token))
        (folder / f"{written}.note").write_text(note, encoding="utf-8", newline="")
    return written
