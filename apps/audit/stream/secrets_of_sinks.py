"""
The secret that a webhook's posts are signed with: made here, shown once, sealed under a data key of the stream's own.

So a change of the master key, which wraps every data key anew, leaves receivers as they are.
"""

from __future__ import annotations

import secrets
from typing import Final
from uuid import UUID

from apps.audit.stream.models import Sink
from apps.privacy import keys

PURPOSE: Final = "stream-secret"
KEY_ID: Final = UUID("73747265-616d-4e79-8d73-0000000000aa")  # the data key that is no conversation's


def new() -> str:
    """Make a secret of 256 bits."""
    return f"whsec_{secrets.token_urlsafe(32)}"


def seal(sink: Sink, secret: str) -> bytes:
    """
    Seal a secret for its sink alone.

    :raises keys.KeyUnavailable: if the master key cannot be used.
    """
    return _box().seal(secret.encode(), label=str(sink.pk))


def unseal(sink: Sink) -> bytes:
    """
    Open a sink's secret.

    :raises keys.SealBroken: if it was altered or moved.
    :raises keys.KeyUnavailable: if the master key cannot be used.
    """
    return _box().unseal(bytes(sink.sealed_secret), label=str(sink.pk))


def _box() -> keys.Box:
    return keys.open_key(KEY_ID).box(PURPOSE)
