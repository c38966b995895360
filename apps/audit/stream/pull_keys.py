"""
The keys of receivers that pull: shown once, kept as a digest, ending, replaced, and dead at once when anything says so.

The text of a key is that of programs' keys, so whatever masks those, or looks for them in repositories, knows these.
"""

from __future__ import annotations

import hmac
import math
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from apps.accounts import key_texts
from apps.audit.stream.models import PullKey, Sink
from apps.audit.stream.refusals import ExpiredKey, Paused, PullRefused, TooFast, UnknownKey
from apps.ledger.facts import Json
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

USUAL_DAYS: Final = 90
LIFETIMES: Final = (7, 30, 90, 180, 365)
MOST_CALLS: Final = 60
MINUTE: Final = timedelta(minutes=1)
REFUSAL_RECORDED_EVERY: Final = timedelta(hours=1)


def make(sink: Sink, *, days: int, now: datetime) -> tuple[PullKey, str]:
    """Give a receiver its key; one that it had counts no more. The text is here this once. One or two statements."""
    secret = key_texts.make()
    values = {
        "digest": key_texts.digest_of(secret), "ending": secret[-4:], "created_at": now,
        "expires_at": now + timedelta(days=days), "last_used_at": None, "last_refused_at": None,
    }  # fmt: skip
    key, _ = PullKey.objects.update_or_create(sink=sink, defaults=values)
    return key, secret


def replace(sink: Sink, *, now: datetime) -> tuple[PullKey, str]:
    """Make a new key that lives as long as the last one was given; the last one is dead at once."""
    last = PullKey.objects.get(sink=sink)
    return make(sink, days=(last.expires_at - last.created_at).days, now=now)


def told_of(key: PullKey) -> dict[str, Json]:
    """What the record says of a key: its digest, which nobody can turn back, and its end."""
    return {"key": bytes(key.digest).hex(), "key_ends": key.expires_at.isoformat()}


def holder_of(secret: str, *, now: datetime) -> PullKey:
    """
    Find the receiver that asks, and count the call. Three statements; text that cannot be a key costs none.

    :raises PullRefused: if the key is none, has expired, is a paused receiver's, or was used 60 times in 60 seconds.
    """
    if not key_texts.is_well_formed(secret):
        raise UnknownKey
    try:
        return _counted(key_texts.digest_of(secret), now=now)
    except (ExpiredKey, Paused) as refused:
        _record_refusal(key_texts.digest_of(secret), refused, now=now)
        raise


@transaction.atomic
def _counted(digest: bytes, *, now: datetime) -> PullKey:
    """Count a call under the lock of the key's row, so that two at once do not both find room for the sixtieth."""
    key = PullKey.objects.select_for_update(of=("self",)).select_related("sink").filter(digest=digest).first()
    if key is None or not hmac.compare_digest(bytes(key.digest), digest):
        raise UnknownKey
    if key.has_ended(now):
        raise ExpiredKey
    if not key.sink.is_on:
        raise Paused
    calls = [at for at in key.calls if at > now - MINUTE]
    if len(calls) >= MOST_CALLS:
        raise TooFast(MOST_CALLS, max(1, math.ceil((min(calls) + MINUTE - now).total_seconds())))
    PullKey.objects.filter(pk=key.pk).update(calls=[*calls, now], last_used_at=now)
    return key


@transaction.atomic
def _record_refusal(digest: bytes, refused: PullRefused, *, now: datetime) -> None:
    """Record that a receiver asks in vain: once an hour, however often a forgotten script tries."""
    key = PullKey.objects.select_for_update(of=("self",)).select_related("sink").filter(digest=digest).first()
    if key is None or (key.last_refused_at and key.last_refused_at > now - REFUSAL_RECORDED_EVERY):
        return
    PullKey.objects.filter(pk=key.pk).update(last_refused_at=now)
    record_event(
        Action.STREAM_REFUSED, who=None, subject_kind="sink", subject_id=str(key.sink_id),
        subject_label=key.sink.name, details={"reason": refused.code.upper()}, now=now,
    )  # fmt: skip
