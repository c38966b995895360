"""The demo company's past: exchanges that nobody had, and the officers' work on them, made up in the background."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection

from apps.audit.review import demo as review
from apps.chat import demo as history
from apps.ledger.models import Event
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

HISTORY, REVIEW = "history", "review"
FOLLOWS = "Made-up exchanges follow: nobody had them, and nothing was sent"
ENDS = "Made-up exchanges end here"
WORK_FOLLOWS = "Made-up work of the demo's officers follows: nobody looked at anything"
WORK_ENDS = "Made-up work ends here"
LOCK: Final = 7_021_160  # the advisory lock of whoever makes it up


def make_history(*, now: datetime) -> UUID | None:
    """
    Define the demo's queues and record its past exchanges, between two events that say so; return the second one.

    None where there is nothing to do: review has begun, there are no officers of the demo, or somebody else is at it.
    What died on its way stays as it is and is ended. About two seconds.
    """
    with _alone() as is_alone:
        if not is_alone or not review.has_room():
            return None
        ended = Event.objects.filter(action=Action.DEMO_SEEDED, subject_label=ENDS).values_list("pk", flat=True).first()
        if ended is not None:
            return ended
        if not review.is_begun():
            began = now - timedelta(weeks=history.WEEKS, days=1)
            _say(HISTORY, FOLLOWS, now=now, since=began.isoformat())
            review.define_queues(now=began)
            history.seed_history(now=now)
        return _say(HISTORY, ENDS, now=now)


def play_review(record_id: UUID, *, now: datetime) -> bool:
    """
    Have the officers work through the past, between two events that say so. False until the queues were shown it.

    A record that is not there has nothing to wait for. Done again it does what is left. About five seconds.
    """
    if not Event.objects.filter(pk=record_id).exists():
        return True
    if not review.is_placed(record_id):
        return False
    with _alone() as is_alone:
        if is_alone and not Event.objects.filter(action=Action.DEMO_SEEDED, subject_label=WORK_ENDS).exists():
            _say(REVIEW, WORK_FOLLOWS, now=now)
            _say(REVIEW, WORK_ENDS, now=now, closed=review.play(now=now))
    return True


@contextmanager
def _alone() -> Iterator[bool]:
    """Say whether nobody else makes up the past at this moment; nobody does until the body ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        is_alone = bool(cursor.fetchone()[0])
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _say(kind: str, sentence: str, *, now: datetime, **details: str | int) -> UUID:
    return record_event(
        Action.DEMO_SEEDED, who=None, subject_kind=kind, subject_label=sentence, details=details, now=now
    )
