"""The secret that a webhook's posts are signed with: made here, shown once, sealed under the master key."""

from __future__ import annotations

import secrets
from typing import Final

from apps.audit.stream.models import Sink
from apps.privacy import keys

PURPOSE: Final = "stream-secret"


def new() -> str:
    """Make a secret of 256 bits."""
    return f"whsec_{secrets.token_urlsafe(32)}"


def seal(sink: Sink, secret: str) -> bytes:
    """
    Seal a secret for its sink alone.

    :raises keys.KeyUnavailable: if the master key cannot be used.
    """
    return _box(sink).seal(secret.encode())


def unseal(sink: Sink) -> bytes:
    """
    Open a sink's secret.

    :raises keys.SealBroken: if it was altered, moved, or sealed under another master key.
    :raises keys.KeyUnavailable: if the master key cannot be used.
    """
    return _box(sink).unseal(bytes(sink.sealed_secret))


def _box(sink: Sink) -> keys.Box:
    return keys.Box(keys.derive(keys.master_key(), purpose=PURPOSE), PURPOSE.encode() + b"/" + sink.pk.bytes)
