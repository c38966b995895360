"""
Text that PostgreSQL cannot hold, made storable without losing anything.

PostgreSQL text takes neither NUL nor lone surrogates. A record must not fail because somebody typed one, so each
becomes a visible mark, ``␛{0000}``, and so does ``␛`` itself (U+241B), which makes `original` undo it exactly.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from apps.ledger.facts import Json

ESCAPE = "\N{SYMBOL FOR ESCAPE}"
LABEL_LENGTH = 300
_UNSTORABLE = re.compile(f"[\x00\ud800-\udfff{ESCAPE}]")
_NEVER_STORED = re.compile("[\x00\ud800-\udfff]")
_MARK = re.compile(f"{ESCAPE}\\{{([0-9A-F]{{4}})\\}}")


def storable(text: str) -> str:
    """Write `text` so that PostgreSQL can hold it; text without such characters comes back unchanged."""
    return _UNSTORABLE.sub(lambda found: f"{ESCAPE}{{{ord(found.group()):04X}}}", text)


def is_storable(text: str) -> bool:
    """Say whether PostgreSQL can hold `text` as it is, so that it may be looked for there."""
    return _NEVER_STORED.search(text) is None


def original(text: str) -> str:
    """Undo `storable` exactly."""
    return _MARK.sub(lambda found: chr(int(found.group(1), 16)), text)


def label(text: str) -> str:
    """Make `text` storable on one short line: labels are indexed, so they end at 300 characters with an ellipsis."""
    line = storable(text)
    return line if len(line) <= LABEL_LENGTH else line[: LABEL_LENGTH - 1] + "…"


def storable_json(value: Json) -> Any:
    """
    Make every string in `value` storable, keys included; numbers that JSON lacks (NaN, infinities) become their names.

    :raises TypeError: for anything that is not JSON.
    """
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {storable(key): storable_json(inner) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [storable_json(inner) for inner in value]
    raise TypeError(f"A ledger event's details hold JSON only, not {type(value).__name__}.")
