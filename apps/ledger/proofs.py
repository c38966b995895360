"""
Proof that one record is in the signed tree, as a file that anybody checks without this portal (C2SP tlog-proof).

The file's ``extra`` line carries the record's canonical JSON, which is what the leaf hashes.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from uuid import UUID

from apps.ledger import leaves, merkle, stored
from apps.ledger.models import RowKind
from apps.ledger.notes import Checkpoint, Note
from apps.ledger.stored import Cursor

HEAD = "c2sp.org/tlog-proof@v1"


class NotYetSigned(Exception):
    """The record has no place in a signed tree yet: within a second or two it has."""

    sentence = "This record is not in the signed tree yet. That takes a second or two; try again."


class DoesNotFit(Exception):
    """The record, its leaf or the tree was changed, so no proof exists."""

    sentence = (
        "No proof can be made: this record is not what was signed. Keep the database as it is, run "
        "`manage.py ledger verify`, and compare with a witness."
    )


@dataclass(frozen=True, slots=True)
class Proof:
    """A record, its place, the hashes that lead to the root, and the signed checkpoint with its cosignatures."""

    record: bytes
    index: int
    hashes: tuple[bytes, ...]
    note: Note

    def __str__(self) -> str:
        lines = [HEAD, f"extra {_base64(self.record)}", f"index {self.index}", *map(_base64, self.hashes)]
        return "\n".join(lines) + f"\n\n{self.note}"


def prove(cursor: Cursor, row_id: UUID) -> Proof:
    """
    Prove that the record is in the newest signed tree; the newest cosigned one where it is in that. Four statements.

    :raises NotYetSigned: if no checkpoint covers it.
    :raises DoesNotFit: if it, its leaf or the stored tree is not what was signed.
    """
    cursor.execute("SELECT index, kind, leaf FROM ledger_entry WHERE row_id = %s", [row_id])
    entry = cursor.fetchone()
    if entry is None:
        raise NotYetSigned
    index, kind, leaf = entry
    record, note = _record(cursor, RowKind(kind), row_id), checkpoint_over(cursor, index)
    checkpoint = Checkpoint.parse(note.text)
    try:
        hashes = stored.roots(cursor, merkle.inclusion_ranges(index, checkpoint.size))
    except stored.HashMissing:
        raise DoesNotFit from None
    found = merkle.leaf_hash(record)
    if found != bytes(leaf) or not merkle.includes(
        leaf=found, index=index, size=checkpoint.size, proof=hashes, root=checkpoint.root
    ):
        raise DoesNotFit
    return Proof(record, index, tuple(hashes), note)


def _record(cursor: Cursor, kind: RowKind, row_id: UUID) -> bytes:
    form = leaves.FORMS[kind]
    cursor.execute(f"SELECT {form.prepared} FROM {form.table} AS r WHERE r.id = %s", [row_id])  # noqa: S608
    columns = cursor.fetchone()
    if columns is None:
        raise DoesNotFit
    return leaves.of_columns(form, columns)


def checkpoint_over(cursor: Cursor, index: int) -> Note:
    """Read the newest checkpoint that covers the leaf, a cosigned one if there is any, with its cosignatures."""
    cursor.execute(
        "SELECT note, ARRAY(SELECT line FROM ledger_cosignature AS by WHERE by.size = made.size ORDER BY by.id) "
        "FROM ledger_checkpoint AS made WHERE size > %s AND size = coalesce("
        "(SELECT size FROM ledger_cosignature WHERE size > %s ORDER BY size DESC LIMIT 1), "
        "(SELECT max(size) FROM ledger_checkpoint))",
        [index, index],
    )
    found = cursor.fetchone()
    if found is None:
        raise NotYetSigned
    text, lines = found
    return Note.parse(text).with_lines(lines)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
