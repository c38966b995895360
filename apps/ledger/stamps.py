"""Whether the time-stamps of the ledger's checkpoints are still there and still on these checkpoints."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from cryptography.x509 import Certificate

from apps.ledger.merkle import Range
from apps.ledger.stored import Cursor
from apps.ledger.timestamps import StampDoesNotHold, digest_of, imprint_of, stamped_at
from apps.ledger.vocabulary import Action

EARLIER_THAN_SIGNED = timedelta(minutes=15)
Amiss = tuple[str, int, str]


def check(cursor: Cursor, span: Range, roots: Sequence[Certificate]) -> tuple[int, list[Amiss]]:
    """
    Compare the stamps of checkpoints in `span` with their checkpoints and with the events that they were made.

    Without root certificates a stamp shows what it is on, and not who made it. Two statements; half a millisecond a
    stamp. Returns how many stamps hold, and what is amiss as code, size and sentence.
    """
    cursor.execute(
        "SELECT stamp.size, stamp.token, stamp.stamped_at, held.note, held.signed_at FROM ledger_timestamp AS stamp "
        "LEFT JOIN ledger_checkpoint AS held ON held.size = stamp.size "
        "WHERE stamp.size >= %s AND stamp.size <= %s ORDER BY stamp.size",
        list(span),
    )
    amiss, digests, hold = [], set(), 0
    for size, token, at, note, signed_at in cursor.fetchall():
        digests.add(digest_of(bytes(token)))
        if sentence := _what_is_amiss(bytes(token), at, note, signed_at, roots):
            amiss.append(("TIMESTAMP_DIFFERS", size, sentence))
        else:
            hold += 1
    return hold, [*amiss, *_missing(cursor, span, digests)]


def _what_is_amiss(
    token: bytes, at: datetime, note: str | None, signed_at: datetime | None, roots: Sequence[Certificate]
) -> str:
    if note is None or signed_at is None:
        return "The checkpoint that was time-stamped is gone."
    try:
        if imprint_of(token) != hashlib.sha256(note.encode()).digest():
            return "The time-stamp is on another checkpoint of this size: the ledger was rewritten and signed again."
        said = stamped_at(token, note, roots) if roots else at
    except StampDoesNotHold:
        return "No authority that is trusted made this time-stamp."
    if said != at or said < signed_at - EARLIER_THAN_SIGNED:
        return "The time-stamp states another time than its row, or one before the checkpoint was signed."
    return ""


def _missing(cursor: Cursor, span: Range, digests: set[str]) -> Iterator[Amiss]:
    """Find stamps that are on the record and not there any more."""
    cursor.execute(
        "SELECT details->>'size', details->>'digest', details->>'authority' FROM ledger_event WHERE action = %s "
        "ORDER BY happened_at, id",
        [Action.LEDGER_STAMPED],
    )
    for text, digest, authority in cursor.fetchall():
        size = int(text) if text and text.isascii() and text.isdecimal() else span[0]  # a forged event may say anything
        if span[0] <= size <= span[1] and digest not in digests:
            yield "TIMESTAMP_MISSING", size, f"The time-stamp by {authority} was removed or replaced."
