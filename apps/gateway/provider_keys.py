"""A provider's key at rest: sealed under the master key, bound to its provider, never shown again."""

from __future__ import annotations

from apps.gateway.models import Provider
from apps.privacy import keys

PURPOSE = "provider-key"


def seal(provider: Provider, key: str) -> bytes:
    """
    Seal `key` for `provider` (AES-256-GCM; the provider's id is authenticated, so it opens nowhere else).

    :raises keys.KeyUnavailable: if the master key cannot be used.
    """
    return _box(provider).seal(key.encode())


def unseal(provider: Provider) -> str:
    """
    Open the provider's key for a call.

    :raises keys.SealBroken: if it was altered, moved, or sealed under another master key.
    :raises keys.KeyUnavailable: if the master key cannot be used.
    """
    return _box(provider).unseal(bytes(provider.sealed_key or b"")).decode()


def unseal_with(master_key: bytes, provider: Provider) -> str:
    """
    Open the provider's key with another master key, to seal it anew.

    :raises keys.SealBroken: if it was sealed under neither.
    """
    return _box(provider, master_key).unseal(bytes(provider.sealed_key or b"")).decode()


def _box(provider: Provider, master_key: bytes | None = None) -> keys.Box:
    secret = keys.derive(master_key or keys.master_key(), purpose=PURPOSE)
    return keys.Box(secret, PURPOSE.encode() + b"/" + provider.pk.bytes)
