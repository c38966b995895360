"""Defining queues: each change is a version, and each version an event that stands in the tree before it counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from apps.accounts.actors import who
from apps.accounts.models import User
from apps.audit.review import sampling
from apps.audit.review.definition import Definition
from apps.audit.review.models import Follower, Lexicon, LexiconVersion, Queue, QueueVersion
from apps.ledger import stored
from apps.ledger.facts import Json
from apps.ledger.ids import new_id
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

QUEUE = "review queue"


class NameTaken(Exception):
    """Another queue has this name."""

    sentence = "Another queue has this name. Choose another one."


class ChangedMeanwhile(Exception):
    """Somebody else changed the queue since the page was opened."""

    sentence = "Another officer changed this queue meanwhile. Reload the page, then make your change again."


@transaction.atomic
def define(definition: Definition, *, lexicon: Lexicon | None, by: User, now: datetime) -> Queue:
    """
    Make a queue. It takes exchanges that end after its event has its place in the tree, about a second later.

    :raises NameTaken: if there is a queue of this name.
    """
    _begin_following()
    queue = Queue(name=definition.name, **_columns(definition))
    _saved(queue, is_new=True)
    _write_version(queue, definition, lexicon, action=Action.REVIEW_QUEUE_DEFINED, by=by, now=now)
    return queue


@transaction.atomic
def change(
    queue_id: UUID, definition: Definition, *, lexicon: Lexicon | None, seen_number: int, by: User, now: datetime
) -> Queue:
    """
    Give a queue another definition. Items that are in it stay as they came; the sample gets a fresh seed.

    :raises ChangedMeanwhile: if its newest version is not the one that was seen.
    :raises NameTaken: if another queue has this name.
    """
    queue = Queue.objects.select_for_update().get(pk=queue_id)
    if queue.number != seen_number:
        raise ChangedMeanwhile
    _set(queue, definition)
    _write_version(queue, definition, lexicon, action=Action.REVIEW_QUEUE_CHANGED, by=by, now=now)
    return queue


@transaction.atomic
def switch(queue_id: UUID, *, is_on: bool, by: User, now: datetime) -> Queue:
    """Let a queue take exchanges again, or no more. What is in it stays. Doing it twice changes nothing."""
    queue = Queue.objects.select_for_update().get(pk=queue_id)
    if queue.is_on == is_on:
        return queue
    newest = newest_version(queue)
    definition = replace(Definition.from_json(newest.definition), is_on=is_on)
    _set(queue, definition)
    action = Action.REVIEW_QUEUE_SWITCHED_ON if is_on else Action.REVIEW_QUEUE_SWITCHED_OFF
    lexicon = newest.lexicon_version.lexicon if newest.lexicon_version else None
    _write_version(queue, definition, lexicon, action=action, by=by, now=now)
    return queue


@transaction.atomic
def bring_into_force(version: LexiconVersion, *, by: User, now: datetime) -> list[Queue]:
    """Use a version of a lexicon from now on: each queue that uses the lexicon gets a version of its own for it."""
    lexicon = Lexicon.objects.select_for_update().get(pk=version.lexicon_id)
    lexicon.in_force = version
    lexicon.save(update_fields=["in_force"])
    details: dict[str, Json] = {"number": version.number, "digest": version.digest}
    record_event(
        Action.LEXICON_BROUGHT_INTO_FORCE, who=who(by), subject_kind="lexicon", subject_id=str(lexicon.pk),
        subject_label=lexicon.name, details=details, now=now,
    )  # fmt: skip
    using = [queue for queue in Queue.objects.select_for_update() if _lexicon_of(queue) == lexicon]
    for queue in using:
        definition = Definition.from_json(newest_version(queue).definition)
        _set(queue, definition)
        _write_version(queue, definition, lexicon, action=Action.REVIEW_QUEUE_CHANGED, by=by, now=now)
    return using


def newest_version(queue: Queue) -> QueueVersion:
    """Read the newest version of a queue with its lexicon. One query."""
    return QueueVersion.objects.select_related("lexicon_version__lexicon").get(queue=queue, number=queue.number)


def published_of(versions: Iterable[QueueVersion]) -> dict[UUID, dict[str, Json]]:
    """Say what each version's event must say, by the event's id."""
    return {
        version.event_id: _published(version.number, version.definition, version.seed, version.lexicon_version)
        for version in versions
    }


def _lexicon_of(queue: Queue) -> Lexicon | None:
    used = newest_version(queue).lexicon_version
    return used.lexicon if used else None


def _columns(definition: Definition) -> dict[str, object]:
    return {
        "is_on": definition.is_on,
        "severity": definition.severity,
        "hours": definition.hours,
        "recheck_share": definition.recheck_share,
    }


def _set(queue: Queue, definition: Definition) -> None:
    queue.name = definition.name
    for column, value in _columns(definition).items():
        setattr(queue, column, value)
    queue.number += 1
    _saved(queue, is_new=False)


def _saved(queue: Queue, *, is_new: bool) -> None:
    try:
        with transaction.atomic():
            queue.save(force_insert=is_new)
    except IntegrityError:
        raise NameTaken from None


def _write_version(
    queue: Queue, definition: Definition, lexicon: Lexicon | None, *, action: Action, by: User, now: datetime
) -> None:
    seed = sampling.new_seed()
    words = lexicon.in_force if lexicon and definition.conditions.has_lexicon else None
    event_id = record_event(
        action, who=who(by), subject_kind=QUEUE, subject_id=str(queue.pk), subject_label=queue.name,
        details=_published(queue.number, definition.as_json(), seed, words), now=now,
    )  # fmt: skip
    QueueVersion.objects.create(
        id=new_id(), queue=queue, number=queue.number, definition=definition.as_json(), seed=seed,
        lexicon_version=words, event_id=event_id, made_by=by.name, made_at=now,
    )  # fmt: skip


def _published(number: int, definition: Json, seed: str, words: LexiconVersion | None) -> dict[str, Json]:
    """All of it, so that the record alone can say which exchanges belonged in the queue."""
    lexicon: Json = {"id": str(words.lexicon_id), "number": words.number, "digest": words.digest} if words else None
    return {"number": number, "definition": definition, "seed": seed, "lexicon": lexicon}


def _begin_following() -> None:
    """Have the tree followed from here on, unless it is already: no queue can take what came before the first one."""
    with connection.cursor() as cursor:
        size = stored.size_of(cursor)
    Follower.objects.bulk_create([Follower(pk=1, next_index=size)], ignore_conflicts=True)
