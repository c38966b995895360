"""Recomputing from the record which exchanges of a day belonged in a queue, and comparing that with what is in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from uuid import UUID

from django.utils import timezone

from apps.accounts.actors import who
from apps.accounts.models import User
from apps.audit.review import facts, placing
from apps.audit.review.models import Follower, Item, Queue
from apps.audit.review.placing import InForce
from apps.audit.review.queues import QUEUE
from apps.audit.scope import outcomes_for
from apps.ledger.models import Entry, Outcome
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

BATCH = 2_000


class TooMany(Exception):
    """The day has more exchanges than a page can wait for."""

    sentence = "This day has too many exchanges for a page. Run `manage.py review recompute` on the server."


@dataclass(frozen=True, slots=True)
class Comparison:
    """
    One day of one queue: how many exchanges ended, how many belonged in it, what is missing and what is too much.

    `unreadable` could not be decided again, because their text was erased or roles may have changed since.
    """

    day: date
    exchanges: int
    expected: int
    missing: tuple[UUID, ...]
    extra: tuple[UUID, ...]
    unreadable: int

    @property
    def is_equal(self) -> bool:
        """Say whether the queue holds what it must, and nothing else."""
        return not self.missing and not self.extra


def recompute(queue: Queue, day: date, *, by: User | None, most: int | None = None) -> Comparison:
    """
    Decide about every exchange that began on a day again, as the version in force at its place in the tree would.

    Exchanges that have no place yet, or that the follower has not reached, are left out, and `by`'s own. Reads the
    day's records once; with `most`, no more than that.

    :raises TooMany: if the day has more than `most`.
    """
    expected: set[UUID] = set()
    looked = unreadable = 0
    for ended, version in _day_of(queue, day, by, most):
        looked += 1
        if version is None:
            continue
        conditions = version.definition.conditions
        if conditions.has_lexicon and ended.text is None:
            unreadable += 1
            continue
        roles = facts.roles_of([ended.person_id]) if conditions.roles else {}
        if version.why(ended, roles) is not None:
            expected.add(ended.exchange_id)
    begin, end = _span(day)
    held = _held(queue, by, begin, end)
    return Comparison(
        day=day, exchanges=looked, expected=len(expected), missing=tuple(sorted(expected - held)),
        extra=tuple(sorted(held - expected)) if not unreadable else (), unreadable=unreadable,
    )  # fmt: skip


def recompute_on_record(
    queue: Queue, day: date, *, most: int | None = None, by: User | None, now: datetime
) -> Comparison:
    """Recompute, and record who did and how it ended; nobody for a command. Raises what `recompute` does."""
    compared = recompute(queue, day, by=by, most=most)
    record_event(
        Action.REVIEW_SAMPLE_RECOMPUTED, who=who(by) if by else None, subject_kind=QUEUE, subject_id=str(queue.pk),
        subject_label=queue.name, now=now,
        details={
            "day": day.isoformat(), "expected": compared.expected, "missing": len(compared.missing),
            "extra": len(compared.extra),
        },
    )  # fmt: skip
    return compared


def _day_of(queue: Queue, day: date, by: User | None, most: int | None) -> Iterator[tuple[facts.Ended, InForce | None]]:
    begin, end = _span(day)
    reached = Follower.objects.values_list("next_index", flat=True).first() or 0
    versions = [version for version in placing.versions_until(reached) if version.queue_id == queue.pk]
    outcomes = outcomes_for(by) if by else Outcome.objects.all()
    ids = outcomes.filter(started_at__gte=begin, started_at__lt=end).values_list("id", flat=True)
    if most is not None and len(ids[: most + 1]) > most:
        raise TooMany
    streamed = ids.iterator(chunk_size=BATCH)
    with_text = any(version.lexicon for version in versions)
    while batch := list(islice(streamed, BATCH)):
        at = places_of(batch, reached)
        for outcome_id, ended in facts.of_outcomes(list(at), with_text=with_text).items():
            found = list(placing.in_force_at(at[outcome_id], versions))
            yield ended, found[0] if found else None


def places_of(outcome_ids: list[UUID], reached: int) -> dict[UUID, int]:
    """Read the leaves of outcomes, as far as the tree was followed. One query."""
    places = Entry.objects.filter(row_id__in=outcome_ids, index__lt=reached)
    return dict(places.values_list("row_id", "index"))


def _held(queue: Queue, by: User | None, begin: datetime, end: datetime) -> set[UUID]:
    """The exchanges of the span that are in the queue. An exchange ends within hours of its beginning."""
    seen = Item.objects.visible_to(by) if by else Item.objects.all()
    items = seen.filter(queue=queue, ended_at__gte=begin, ended_at__lt=end + timedelta(days=2))
    ids = set(items.values_list("exchange_id", flat=True))
    began = Outcome.objects.filter(intent_id__in=ids, started_at__gte=begin, started_at__lt=end)
    return set(began.values_list("intent_id", flat=True))


def _span(day: date) -> tuple[datetime, datetime]:
    begin = timezone.make_aware(datetime.combine(day, time.min))
    return begin, timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))
