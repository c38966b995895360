"""What the ledger compares of the stream: its receivers, where they are and what they are sent."""

from __future__ import annotations

import hashlib

from apps.ledger import registers
from apps.ledger.registers import Rows, Told
from apps.ledger.stored import Cursor
from apps.ledger.vocabulary import Action


def rows(cursor: Cursor) -> Rows:
    """Read every receiver. One statement."""
    cursor.execute("SELECT id::text, kind, format, has_names, has_text, address, is_on FROM stream_sink")
    return {
        key: {
            "kind": kind, "format": form, "names": names, "texts": texts, "address": digest_of(address), "is_on": is_on,
        }
        for key, kind, form, names, texts, address, is_on in cursor.fetchall()
    }  # fmt: skip


def apply(sinks: Rows, told: Told) -> None:
    """Set up, pause, resume or remove a receiver, as one event says."""
    if told.action == Action.STREAM_CREATED:
        names = ("kind", "format", "names", "texts", "address")
        sinks[told.subject_id] = {name: told.details[name] for name in names} | {"is_on": True}
    elif told.action == Action.STREAM_REMOVED:
        sinks.pop(told.subject_id, None)
    elif told.subject_id not in sinks:
        return
    elif told.action == Action.STREAM_WIDENED:
        sinks[told.subject_id] |= {name: told.details[name] for name in ("names", "texts")}
    else:
        sinks[told.subject_id]["is_on"] = told.action == Action.STREAM_RESUMED


def digest_of(address: str) -> str:
    """Commit to an address without saying it: addresses of receivers often have a secret in them."""
    return hashlib.sha256(address.encode()).hexdigest()


SINKS = registers.Register(
    "receivers", "receiver of the stream",
    (
        Action.STREAM_CREATED, Action.STREAM_WIDENED, Action.STREAM_PAUSED, Action.STREAM_RESUMED,
        Action.STREAM_REMOVED,
    ), rows, apply, ("stream_sink",),
)  # fmt: skip
