"""Set receivers up, pause, test and remove them: each deed in one transaction with its event."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.accounts.actors import who
from apps.accounts.models import User
from apps.audit.stream import delivering, pull_keys, secrets_of_sinks, widening
from apps.audit.stream.files import FileRefused
from apps.audit.stream.models import Sink
from apps.audit.stream.outgoing import NotTaken
from apps.audit.stream.record import Record
from apps.audit.stream.registers import digest_of
from apps.audit.stream.widening import NARROW, Reach
from apps.ledger.facts import Json
from apps.ledger.ids import new_id
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of a new receiver; `reach` and `why` where it is to get more than one may decide alone."""

    name: str
    kind: str
    format: str
    address: str
    reach: Reach = NARROW
    why: str = ""
    days: int = pull_keys.USUAL_DAYS
    """How long the key of a receiver that pulls works."""


class NameTaken(Exception):
    """Another receiver has this name, perhaps since a moment ago."""

    sentence = "Another receiver has this name. Choose another one."


@transaction.atomic
def add(wish: Wish, *, by: User, now: datetime) -> tuple[Sink, str]:
    """
    Set a receiver up; gives it with its secret, or its key, which is shown this once (empty for a file).

    It gets pseudonyms and codes of what happens from now on; for more, an officer is asked.

    :raises NameTaken: if another receiver has the name.
    :raises apps.privacy.keys.KeyUnavailable: if the master key cannot be used.
    :raises apps.audit.approvals.asking.ReasonTooShort: if it is to get more, and `why` says too little.
    """
    size = delivering.size_now()
    sink = Sink(
        name=wish.name, kind=wish.kind, format=wish.format, address=wish.address, created_at=now,
        first_place=size, cursor=size,
    )  # fmt: skip
    secret = secrets_of_sinks.new() if wish.kind == Sink.Kind.WEBHOOK else ""
    sink.sealed_secret = secrets_of_sinks.seal(sink, secret) if secret else b""
    _insert(sink)
    details: dict[str, Json] = {
        "kind": sink.kind, "format": sink.format, "names": sink.has_names, "texts": sink.has_text, "from": sink.cursor,
        "address": digest_of(sink.address),
    }  # fmt: skip
    if wish.kind == Sink.Kind.PULL:
        key, secret = pull_keys.make(sink, days=wish.days, now=now)
        details |= pull_keys.told_of(key)
    _record(Action.STREAM_CREATED, sink, by, now, details)
    if not wish.reach.is_narrow:
        widening.ask(sink, wish.reach, why=wish.why, by=by, now=now)
    return sink, secret


def _insert(sink: Sink) -> None:
    """Insert a receiver; of two of one name that are set up at once, the second is refused."""
    try:
        with transaction.atomic():
            sink.save(force_insert=True)
    except IntegrityError:
        if Sink.objects.filter(name__iexact=sink.name).exists():
            raise NameTaken from None
        raise


@transaction.atomic
def pause(sink: Sink, *, by: User, now: datetime) -> bool:
    """Send nothing more until it is resumed; false if it is paused already."""
    changed = bool(Sink.objects.filter(pk=sink.pk, is_on=True).update(is_on=False))
    if changed:
        _record(Action.STREAM_PAUSED, sink, by, now)
    return changed


@transaction.atomic
def resume(sink: Sink, *, by: User, now: datetime) -> bool:
    """Go on where it was paused, at once; false if it is not paused."""
    changed = bool(Sink.objects.filter(pk=sink.pk, is_on=False).update(is_on=True, next_try_at=None))
    if changed:
        _record(Action.STREAM_RESUMED, sink, by, now)
    return changed


@transaction.atomic
def replace_secret(sink: Sink, *, by: User, now: datetime) -> str:
    """Give a webhook a new secret, or a receiver that pulls a new key, shown this once; the old one counts no more."""
    if sink.kind == Sink.Kind.PULL:
        key, secret = pull_keys.replace(sink, now=now)
        _record(Action.STREAM_SECRET_CHANGED, sink, by, now, pull_keys.told_of(key))
        return secret
    secret = secrets_of_sinks.new()
    Sink.objects.filter(pk=sink.pk).update(sealed_secret=secrets_of_sinks.seal(sink, secret), next_try_at=None)
    _record(Action.STREAM_SECRET_CHANGED, sink, by, now)
    return secret


@transaction.atomic
def remove(sink: Sink, *, by: User, now: datetime) -> None:
    """Take a receiver away. What it was sent stays where it is."""
    Sink.objects.filter(pk=sink.pk).delete()
    _record(Action.STREAM_REMOVED, sink, by, now, {"cursor": sink.cursor})


def test(sink: Sink, *, by: User, now: datetime) -> str:
    """Send one line that is no record, and give what went wrong, or nothing. Takes 15 seconds at most."""
    line = Record(max(0, sink.cursor - 1), _TEST, "ACT", at=now, action="STREAM_TESTED", label="Test of the stream")
    trouble = ""
    try:
        delivering.hand_over(sink, [line], now=now)
    except (NotTaken, FileRefused) as refused:
        trouble = refused.sentence
    _record(Action.STREAM_TESTED, sink, by, now, {"is_ok": not trouble})
    return trouble


def _record(action: Action, sink: Sink, by: User, now: datetime, details: dict[str, Json] | None = None) -> None:
    record_event(
        action, who=who(by), subject_kind="sink", subject_id=str(sink.pk), subject_label=sink.name,
        details=details or {}, now=now,
    )  # fmt: skip


_TEST: UUID = new_id()
