"""Rotate providers' keys: under a new master key, or one provider's key for a new one. All or nothing."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.db import transaction

from apps.gateway import provider_keys
from apps.gateway.models import Provider
from apps.ledger.facts import Json
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action
from apps.privacy import keys


class BadKey(Exception):
    """What was given cannot be a key. The sentence never repeats it."""


@transaction.atomic
def rewrap(old_file: Path, *, now: datetime) -> int:
    """
    Open every stored key with the master key in `old_file` and seal it under the one in use; return how many.

    A key that is sealed under the master key in use already is left as it is, so doing it again is harmless.

    :raises keys.SealBroken: if a key opens under neither; then nothing is changed.
    :raises keys.KeyUnavailable: if one of the two master keys cannot be used.
    """
    old, count = keys.master_key_in(old_file), 0
    for provider in Provider.objects.select_for_update().filter(credential=Provider.Credential.SEALED):
        if _is_current(provider):
            continue
        key = provider_keys.unseal_with(old, provider)
        Provider.objects.filter(pk=provider.pk).update(sealed_key=provider_keys.seal(provider, key))
        count += 1
    if count:
        record_event(
            Action.PROVIDER_KEYS_REWRAPPED, who=None, subject_kind="provider", details={"count": count}, now=now
        )
    return count


@transaction.atomic
def replace(provider: Provider, key: str, *, now: datetime) -> None:
    """
    Put `key` in the place of the provider's stored key. Calls under way keep the old one; the next uses the new one.

    :raises BadKey: if it is empty or has signs that no key has, or the provider's key comes from the environment.
    """
    if provider.credential == Provider.Credential.ENVIRONMENT:
        raise BadKey(f"The key of {provider.name} comes from this server's environment. Change it there and restart.")
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise BadKey("A key has only letters, digits and signs. Give it on standard input, without spaces.")
    Provider.objects.filter(pk=provider.pk).update(
        sealed_key=provider_keys.seal(provider, key), credential=Provider.Credential.SEALED
    )
    details: dict[str, Json] = {"has_key": True, "by": "command"}
    record_event(
        Action.PROVIDER_SECRET_CHANGED,
        who=None,
        subject_kind="provider",
        subject_id=str(provider.pk),
        subject_label=provider.name,
        details=details,
        now=now,
    )


def _is_current(provider: Provider) -> bool:
    try:
        provider_keys.unseal(provider)
    except keys.SealBroken:
        return False
    return True
