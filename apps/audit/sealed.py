"""Opening what the ledger keeps sealed: what left, and the answer as it came."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from apps.privacy import keys
from apps.privacy.restore import Piece

PAYLOAD = "ledger.payload"
ANSWER = "ledger.answer"
TYPED = "ledger.typed"


@dataclass(frozen=True, slots=True)
class Said:
    """
    One message as it left: who spoke in the prompt, and the words, which no error message repeats.

    ``pieces`` are the same words with what the placeholders stand for, once an officer has unmasked them.
    """

    role: str = field(repr=False)
    text: str = field(repr=False)
    pieces: tuple[Piece, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class InClear:
    """A value that left as it stood, by policy or by the person's word. The messages show its placeholder."""

    placeholder: str
    type: str
    reason: str


@dataclass(frozen=True, slots=True)
class Opened:
    """
    What became of sealed bytes.

    ``READABLE`` with its messages (placeholders also for what left ``in_clear``), ``NOTHING`` where none were recorded,
    ``ERASED`` where the key was destroyed, ``BROKEN`` where they do not open under this conversation, ``LOCKED``
    without a master key.
    """

    state: Literal["READABLE", "NOTHING", "ERASED", "BROKEN", "LOCKED"]
    messages: tuple[Said, ...] = ()
    in_clear: tuple[InClear, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Scrubbed labels of the passages that went along, by the passage's id."""


def open_payload(conversation_id: UUID | None, sealed: bytes) -> Opened:
    """Open the messages that left. One query. Never raises for what the bytes are."""
    return _opened(conversation_id, sealed, purpose=PAYLOAD)


def open_answer(conversation_id: UUID | None, sealed: bytes) -> Opened:
    """Open the answer as it came, placeholders and all. One query. Never raises for what the bytes are."""
    return _opened(conversation_id, sealed, purpose=ANSWER)


def open_typed(conversation_id: UUID | None, sealed: bytes) -> Opened:
    """
    Open what was typed, word for word: nothing in it is masked, so only after it is on the record who reads it and why.

    One query. Never raises for what the bytes are.
    """
    return _opened(conversation_id, sealed, purpose=TYPED)


def _opened(conversation_id: UUID | None, sealed: bytes, *, purpose: str) -> Opened:
    if not sealed or conversation_id is None:
        return Opened("NOTHING")
    try:
        plain = keys.unseal(conversation_id, bytes(sealed), purpose=purpose)
    except keys.KeyDestroyed:
        return Opened("ERASED")
    except keys.SealBroken:
        return Opened("BROKEN")
    except keys.KeyUnavailable:
        return Opened("LOCKED")
    if purpose == ANSWER:
        return Opened("READABLE", (Said("", _text(plain)),))
    return _payload(plain)


def _payload(plain: bytes) -> Opened:
    """
    Read the messages of a payload; a payload of another shape is shown whole, as it is.

    What left in clear is masked here all the same: seeing it takes a reason, like all that is masked.
    """
    try:
        payload = json.loads(plain)
        whole = payload if isinstance(payload, dict) else {"messages": payload}
        listed = whole.get("scrubbed") or whole["messages"]
        said = [Said(str(one["role"]), str(one["content"] if "content" in one else one["text"])) for one in listed]
        in_clear = [InClear(one["placeholder"], one["type"], one["reason"]) for one in whole.get("in_clear", [])]
    except (ValueError, KeyError, TypeError):
        return Opened("READABLE", (Said("", _text(plain)),))
    return Opened("READABLE", tuple(said), tuple(in_clear), _labels(plain))


def _labels(plain: bytes) -> dict[str, str]:
    try:
        return {str(passage): str(label) for passage, label in json.loads(plain)["passages"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _text(plain: bytes) -> str:
    return plain.decode("utf-8", errors="backslashreplace")
