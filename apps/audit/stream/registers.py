"""What the ledger compares of the stream: its receivers, where they are and what they are sent."""

from __future__ import annotations

import hashlib
from typing import Any, Final

from apps.ledger import registers
from apps.ledger.registers import Rows, Told
from apps.ledger.stored import Cursor
from apps.ledger.vocabulary import Action

PULL: Final = "PULL"
_SINKS: Final = """
    SELECT id::text, kind, format, has_names, has_text, address, is_on, first_place, encode(digest, 'hex'), expires_at
    FROM stream_sink LEFT JOIN stream_pullkey ON sink_id = id
"""


def rows(cursor: Cursor) -> Rows:
    """Read every receiver. One statement."""
    cursor.execute(_SINKS)
    return {
        key: {
            "kind": kind, "format": form, "names": names, "texts": texts, "address": digest_of(address), "is_on": is_on,
            "from": first if kind == PULL else None, "key": digest, "key_ends": registers.stamp(ends),
        }
        for key, kind, form, names, texts, address, is_on, first, digest, ends in cursor.fetchall()
    }  # fmt: skip


def apply(sinks: Rows, told: Told) -> None:
    """Set up, pause, resume or remove a receiver, or replace its key, as one event says."""
    if told.action == Action.STREAM_CREATED:
        names = ("kind", "format", "names", "texts", "address")
        sinks[told.subject_id] = {name: told.details[name] for name in names} | {"is_on": True} | _of_pulling(told)
    elif told.action == Action.STREAM_REMOVED:
        sinks.pop(told.subject_id, None)
    elif told.subject_id not in sinks:
        return
    elif told.action == Action.STREAM_WIDENED:
        names = ("names", "texts", *(("from",) if sinks[told.subject_id]["kind"] == PULL else ()))
        sinks[told.subject_id] |= {name: told.details[name] for name in names}
    elif told.action == Action.STREAM_SECRET_CHANGED:
        sinks[told.subject_id] |= _key(told)
    else:
        sinks[told.subject_id]["is_on"] = told.action == Action.STREAM_RESUMED


def _of_pulling(told: Told) -> dict[str, Any]:
    """What only a receiver that pulls has: where its records begin, and its key."""
    return {"from": told.details["from"] if told.details["kind"] == PULL else None} | _key(told)


def _key(told: Told) -> dict[str, Any]:
    return {"key": told.details.get("key"), "key_ends": registers.stamp(told.details.get("key_ends"))}


def digest_of(address: str) -> str:
    """Commit to an address without saying it: addresses of receivers often have a secret in them."""
    return hashlib.sha256(address.encode()).hexdigest()


SINKS = registers.Register(
    "receivers", "receiver of the stream",
    (
        Action.STREAM_CREATED, Action.STREAM_WIDENED, Action.STREAM_PAUSED, Action.STREAM_RESUMED,
        Action.STREAM_REMOVED, Action.STREAM_SECRET_CHANGED,
    ), rows, apply, ("stream_sink", "stream_pullkey"),
)  # fmt: skip
