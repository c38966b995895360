"""
Purging what is past its time: small steps, each one transaction with its own certificate, so that it can stop anywhere.

A conversation ages whole, because it has one key: it is past its time when its last exchange is. What a hold
covers is left and looked at again each day.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max, Q, QuerySet
from django.db.models.functions import Coalesce

from apps.accounts.actors import who
from apps.accounts.models import User
from apps.audit.retention import schedules
from apps.audit.retention.models import Position, Purge
from apps.audit.retention.schedules import Schedule
from apps.ledger.facts import Json
from apps.ledger.models import Intent
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action
from apps.privacy import destruction, holds
from apps.privacy.destruction import Destroyed, Order
from apps.privacy.hold_models import AwaitedDestruction

EXCHANGES_AT_ONCE = 200
EVERY = timedelta(hours=20)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one step found: how many exchanges, which keys are past their time, and which of those are held."""

    exchanges: int
    last: tuple[datetime, UUID] | None
    due: frozenset[UUID]
    held: frozenset[UUID]


def begin_if_due(*, now: datetime) -> Purge | None:
    """Begin today's purge unless one is under way, paused, or less than twenty hours old; give the one to work on."""
    newest = Purge.objects.first()
    if newest is not None and newest.state != Purge.State.FINISHED:
        return newest if newest.state == Purge.State.RUNNING else None
    if newest is not None and now - newest.started_at < EVERY:
        return None
    return begin(now=now)


def begin(*, now: datetime) -> Purge:
    """Begin a purge; the one that is under way is returned where there is one."""
    with transaction.atomic():
        Purge.objects.bulk_create([Purge(started_at=now)], ignore_conflicts=True)  # one is unfinished at most
        return Purge.objects.select_for_update().exclude(state=Purge.State.FINISHED).get()


@transaction.atomic
def start_now(*, by: User, now: datetime) -> None:
    """Begin a purge before its hour, on the record."""
    begin(now=now)
    record_event(Action.PURGE_STARTED, who=who(by), subject_kind="purge", now=now)


@transaction.atomic
def pause(*, by: User, now: datetime) -> None:
    """Destroy nothing from the next step on until somebody resumes; today's and every later purge. On the record."""
    begin(now=now)
    if Purge.objects.filter(state=Purge.State.RUNNING).update(state=Purge.State.PAUSED):
        record_event(Action.PURGE_PAUSED, who=who(by), subject_kind="purge", now=now)


@transaction.atomic
def resume(*, by: User, now: datetime) -> None:
    """Go on where it was paused, on the record."""
    if Purge.objects.filter(state=Purge.State.PAUSED).update(state=Purge.State.RUNNING):
        record_event(Action.PURGE_RESUMED, who=who(by), subject_kind="purge", now=now)


@transaction.atomic
def step(purge_id: UUID, *, now: datetime) -> bool:
    """
    Do one step of a purge; False once there is nothing left, it is paused, or another worker is at it.

    About 200 exchanges; locks the purge's row, and the keys it destroys.
    """
    purge = Purge.objects.select_for_update(skip_locked=True).filter(pk=purge_id, state=Purge.State.RUNNING).first()
    if purge is None:
        return False
    holds.wait_for_holds()
    in_force = schedules.in_force()
    if _released(purge, in_force, now=now) or any(_past(purge, one, in_force, now=now) for one in in_force):
        return True
    Purge.objects.filter(pk=purge.pk).update(state=Purge.State.FINISHED, ended_at=now)
    return False


def _past(purge: Purge, schedule: Schedule, in_force: Sequence[Schedule], *, now: datetime) -> bool:
    """Purge the next exchanges of one schedule; False where none is past its time any more."""
    cutoff = schedule.cutoff(now)
    if cutoff is None:
        return False
    seen = _look(schedule, in_force, cutoff)
    if seen.last is None:
        return False
    destruction.wait_for_release(seen.held, AwaitedDestruction.Cause.SCHEDULE, now=now)
    done = _destroy(seen.due, schedule, cutoff, now=now) if seen.due else None
    Position.objects.update_or_create(
        team_id=schedule.team_id, defaults={"at": seen.last[0], "intent_id": seen.last[1]}
    )
    _count(purge, done, exchanges=seen.exchanges, held=len(seen.held))
    return True


def _look(schedule: Schedule, in_force: Sequence[Schedule], cutoff: datetime) -> Seen:
    rows = list(_following(schedule, in_force, cutoff)[:EXCHANGES_AT_ONCE])
    if not rows:
        return Seen(0, None, frozenset(), frozenset())
    keys = {key for _, _, key in rows}
    later = Intent.objects.filter(conversation_id__in=keys, started_at__gte=cutoff)
    past = destruction.readable(keys - {key for key in later.values_list("conversation_id", flat=True) if key})
    held = holds.covered(past)
    return Seen(len(rows), (rows[-1][0], rows[-1][1]), frozenset(past - held), frozenset(held))


def _following(
    schedule: Schedule, in_force: Sequence[Schedule], cutoff: datetime
) -> QuerySet[Intent, tuple[datetime, UUID, UUID]]:
    """Exchanges of a schedule that are past their time, oldest first, beyond where the last step ended."""
    rows = Intent.objects.filter(started_at__lt=cutoff)
    own = [one.team_id for one in in_force if one.team_id]
    if schedule.team_id:
        rows = rows.filter(team_id=schedule.team_id)
    elif own:
        rows = rows.filter(Q(team_id=None) | ~Q(team_id__in=own))
    place = Position.objects.filter(team_id=schedule.team_id).first()
    if place is not None:
        rows = rows.filter(Q(started_at__gt=place.at) | Q(started_at=place.at, id__gt=place.intent_id))
        rows = rows.filter(started_at__gte=place.at)
    keyed = rows.annotate(key=Coalesce("conversation_id", "id"))
    return keyed.order_by("started_at", "id").values_list("started_at", "id", "key")


def _destroy(keys: Collection[UUID], schedule: Schedule, cutoff: datetime, *, now: datetime) -> Destroyed:
    details: dict[str, Json] = {
        "schedule": schedule.label,
        "version": schedule.number,
        "days": schedule.days,
        "before": cutoff.isoformat(),
    }
    order = Order(Action.PURGE_CERTIFIED, None, "schedule", str(schedule.team_id or schedules.COMPANY), details)
    return destruction.destroy_all(keys, order, now=now)


def _released(purge: Purge, in_force: Sequence[Schedule], *, now: datetime) -> bool:
    """Look again at held keys, once in each purge; False when all were looked at."""
    waiting = AwaitedDestruction.objects.filter(since__lt=purge.started_at).order_by("since", "key_id")
    rows = dict(waiting.values_list("key_id", "cause")[:EXCHANGES_AT_ONCE])
    if not rows:
        return False
    held = holds.covered(rows)
    AwaitedDestruction.objects.filter(pk__in=held).update(since=now)
    free = set(rows) - held
    owned = {key for key in free if rows[key] == AwaitedDestruction.Cause.OWNER}
    past = _still_past(free - owned, in_force, now=now)
    AwaitedDestruction.objects.filter(pk__in=free - owned - past).delete()
    done = None
    if owned | past:
        order = Order(Action.PURGE_CERTIFIED, None, "schedule", "released", {"schedule": "Released from a hold"})
        done = destruction.destroy_all(owned | past, order, now=now)
    _count(purge, done, exchanges=0, held=len(held))
    return True


def _still_past(keys: Collection[UUID], in_force: Sequence[Schedule], *, now: datetime) -> set[UUID]:
    """Ask the schedules again, which may have been changed while the keys were held."""
    rows = Intent.objects.filter(conversation_id__in=keys).values_list("conversation_id", "team_id")
    newest = rows.annotate(newest=Max("started_at")).order_by()
    cutoffs = {key: (schedules.of_team(team, list(in_force)).cutoff(now), at) for key, team, at in newest if key}
    return {key for key, (cutoff, at) in cutoffs.items() if cutoff is not None and at < cutoff}


def _count(purge: Purge, done: Destroyed | None, *, exchanges: int, held: int) -> None:
    Purge.objects.filter(pk=purge.pk).update(
        looked_at=F("looked_at") + exchanges,
        held=F("held") + held,
        keys=F("keys") + (len(done.keys) if done else 0),
        texts=F("texts") + (done.texts if done else 0),
        certificates=F("certificates") + int(bool(done)),
    )
