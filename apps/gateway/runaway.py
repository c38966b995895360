"""
The guard against programs that run away: it knows them by what they ask and when, and needs nothing of the caller.

First the caller is slowed, then stopped for a while, told why, and the owner sees it. A person who asks again, a batch
that was marked and an agent at work are let through. What counts as repetition is decided in `repetition`; the numbers
and their reasons are in docs/gateway.md and decision 0102.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import JSONField

from apps.accounts import editions
from apps.accounts.actors import who
from apps.gateway.budgets import Shape
from apps.gateway.models import LoopStop
from apps.gateway.refusals import RanAway, RunAtCeiling
from apps.gateway.repetition import (
    REPEATED_WITHIN_SECONDS,
    RUN_PAUSE_SECONDS,
    Call,
    Past,
    Rules,
    Tally,
    Verdict,
    judge,
    shapes_of,
)
from apps.ledger.compiled import Stated
from apps.ledger.facts import Json
from apps.ledger.prepared import Condition
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

if TYPE_CHECKING:
    from apps.accounts.models import User
    from apps.privacy.scrub import Scrubbed

REMEMBERED_CALLS: Final = 600
# One value: the rules, the stop in force, the mark, the calls this one continues, and how many it repeats. Only the
# newest calls are looked at, so a busy caller costs no more than that: those of an hour where this call continues any,
# and those of the last minutes for what it repeats. Of these only the sums are read, so a program that always asks the
# same costs no more than others.
REMEMBERED = """
WITH ended AS (SELECT max(coalesce(lifted_at, until)) AS at FROM gateway_loopstop
                WHERE {caller} AND coalesce(lifted_at, until) <= %(now)s)
SELECT json_build_array(
       (SELECT row_to_json(r) FROM gateway_runawayrules r),
       (SELECT row_to_json(s) FROM (SELECT reason, until FROM gateway_loopstop
         WHERE {caller} AND lifted_at IS NULL AND until > %(now)s ORDER BY until DESC LIMIT 1) s),
       EXISTS (SELECT 1 FROM gateway_batchmark WHERE person_id = %(person)s OR key_id = %(key)s),
       (SELECT json_agg(json_build_array(
                   extract(epoch FROM created_at), extract(epoch FROM closed_at), encode(step, 'hex'),
                   CASE state WHEN 'RELEASED' THEN 0 ELSE coalesce(cost, amount) END::text))
          FROM (SELECT created_at, closed_at, shape, step, state, cost, amount
                  FROM gateway_reservation WHERE {caller} AND created_at > %(since)s
                 ORDER BY created_at DESC LIMIT %(most)s) AS newest
         WHERE cardinality(%(beginnings)s::bytea[]) > 0 AND shape = ANY (%(beginnings)s)
           AND created_at > coalesce((SELECT at FROM ended), '-infinity')),
       (SELECT json_build_array(
                   count(*), coalesce(sum(paid), 0)::text,
                   count(*) FILTER (WHERE has_failed), coalesce(sum(paid) FILTER (WHERE has_failed), 0)::text)
          FROM (SELECT created_at, shape, state, output_tokens, cost, amount
                  FROM gateway_reservation WHERE {caller} AND created_at > %(lately)s
                 ORDER BY created_at DESC LIMIT %(most)s) AS newest
         CROSS JOIN LATERAL (
               SELECT CASE state WHEN 'RELEASED' THEN 0 ELSE coalesce(newest.cost, amount) END AS paid,
                      state = 'RELEASED' OR (state = 'SETTLED' AND coalesce(output_tokens, 0) = 0) AS has_failed) AS its
         WHERE shape = %(shape)s AND created_at > coalesce((SELECT at FROM ended), '-infinity')))::text
"""
# Whether the guard lets a call pass as it is: no stop is in force, and no count or cost of what the call continues or
# repeats comes near a limit, by whichever of them a run or a pause might still be left out. Where that is not so,
# `watch` decides. Of work that may repeat only what failed is counted, for which there is an index of its own.
PLAIN = """
SELECT true AS is_there
  FROM {repeated} AS repeated, {continued} AS continued
 WHERE {edition} = %s
   AND NOT EXISTS (SELECT FROM gateway_loopstop WHERE {caller} AND lifted_at IS NULL AND until > %s)
   AND (SELECT count(*) FROM gateway_reservation WHERE {caller} AND created_at > %s AND shape = %s AND {failed}) < %s
   AND repeated.calls < %s AND continued.calls < %s AND continued.alike < %s
   AND (repeated.calls + continued.calls = 0 OR repeated.cost + continued.cost + 2 * %s::numeric <= %s)
"""
FAILED = "(state = 'RELEASED' OR (state = 'SETTLED' AND (output_tokens IS NULL OR output_tokens = 0)))"
PAID = "coalesce(sum(CASE state WHEN 'RELEASED' THEN 0 ELSE coalesce(newest.cost, amount) END), 0) AS cost"
NOTHING = "(SELECT 0 AS calls, 0 AS cost, 0 AS alike)"
REPEATED = """(SELECT count(*) AS calls, {paid}
   FROM (SELECT shape, state, cost, amount FROM gateway_reservation WHERE {caller} AND created_at > %s
          ORDER BY created_at DESC LIMIT %s) AS newest
  WHERE shape = %s)"""
CONTINUED = """(SELECT count(*) AS calls, {paid}, count(*) FILTER (WHERE step = %s) AS alike
   FROM (SELECT shape, step, state, cost, amount FROM gateway_reservation WHERE {caller} AND created_at > %s
          ORDER BY created_at DESC LIMIT %s) AS newest
  WHERE shape = ANY (%s::bytea[]))"""
NO_LIMIT: Final = 1_000_000
OF_A_KEY = REMEMBERED.format(caller="key_id = %(key)s")
OF_A_PERSON = REMEMBERED.format(caller="person_id = %(person)s AND key_id IS NULL")


@dataclass(frozen=True, slots=True)
class Question:
    """What the guard asks about one call: its shape and those of its beginnings, and since when it matters."""

    shape: Shape
    beginnings: list[bytes]
    now: datetime

    @property
    def values(self) -> dict[str, Any]:
        """The values for `past_of_a_key` and `past_of_a_person`, beside ``person``, ``key`` and ``now``."""
        return {
            "since": self.now - timedelta(hours=1),
            "lately": self.now - timedelta(seconds=REPEATED_WITHIN_SECONDS),
            "most": REMEMBERED_CALLS,
            "shape": self.shape.whole,
            "beginnings": self.beginnings,
        }


def question(prompt: Scrubbed, *, model_id: UUID, now: datetime) -> Question:
    """Say what has to be known of a caller's past to judge this call; no query."""
    return Question(*shapes_of(prompt, model_id=model_id, now=now), now)


def past_of_a_key() -> Stated:
    """Give, as a column of another query, what `watch` needs to know of the key ``key``."""
    return Stated(OF_A_KEY, JSONField())


def past_of_a_person() -> Stated:
    """Give the same of the person ``person``, by whom no key was used."""
    return Stated(OF_A_PERSON, JSONField())


@dataclass(frozen=True, slots=True)
class Watched:
    """
    What admission needs to know: the shape to remember, and how long the client is to wait before it sends.

    `rules` and `is_batch` are what it went by, `verdict` is what it thinks of the call.
    """

    shape: Shape
    rules: Rules
    is_batch: bool
    verdict: Verdict

    @property
    def delay_seconds(self) -> float:
        """How long the client is to wait before it sends."""
        return self.verdict.delay_seconds

    @property
    def is_to_be_noted(self) -> bool:
        """Whether the guard stops the caller with this call, or slows it for the first time; see `note`."""
        return self.verdict.stop_for is not None or self.verdict.is_first_delay


def watch(
    *,
    asked: Question,
    answer: list[Any],
    worst_case: Decimal,
    may_repeat: bool = False,
) -> Watched:
    """
    Look at one call beside the caller's last ones; no statement. `note` has to follow where there is something to note.

    `answer` is what `past_of_a_key` or `past_of_a_person` gave.

    :raises RanAway: if a stop is in force.
    :raises RunAtCeiling: if this call would pass the ceiling of one run; whoever records the refusal records that.
    """
    shape, now = asked.shape, asked.now
    rules, stop, is_batch, past = _remembered(answer)
    if stop is not None:
        raise _refusal(LoopStop.Reason(stop["reason"]), datetime.fromisoformat(stop["until"]), now)
    may_repeat = may_repeat or is_batch
    verdict = judge(shape, past, rules=rules, worst_case=worst_case, seconds=now.timestamp(), may_repeat=may_repeat)
    if verdict.is_refused:
        raise _refusal(LoopStop.Reason.CEILING, now + timedelta(seconds=RUN_PAUSE_SECONDS), now, kind=RunAtCeiling)
    return Watched(shape, rules, is_batch, verdict)


def note(watched: Watched, *, person: User, key_id: UUID | None, currency: str, now: datetime) -> None:
    """
    Stop the caller for a while where a program ran away, and put on the record that it is stopped or slowed.

    Joins the caller's transaction. No statement where there is nothing to note, three where it stops somebody.
    """
    verdict = watched.verdict
    if verdict.stop_for:
        until = now + timedelta(minutes=watched.rules.stop_minutes)
        _stop(person, key_id, verdict, currency=currency, until=until, now=now)
    elif verdict.is_first_delay:
        _record(Action.LOOP_SLOWED, person, key_id, {"calls": verdict.calls}, by=None, now=now)


def plain_call(
    asked: Question,
    *,
    person: User,
    key_id: UUID | None,
    edition: str,
    rules: Rules,
    worst_case: Decimal,
    may_repeat: bool,
) -> Condition:
    """
    Give the condition under which a call passes without `watch`: the database is in this edition, and nothing is near a
    limit. `may_repeat` is also true for callers whose work is marked as batch work.
    """
    caller, name = (key_id, "key_id = %s") if key_id else (person.pk, "person_id = %s AND key_id IS NULL")
    shape, values = asked.shape, asked.values
    repeated = () if may_repeat else (caller, values["lately"], REMEMBERED_CALLS, shape.whole)
    continued = (shape.step, caller, values["since"], REMEMBERED_CALLS, asked.beginnings) if asked.beginnings else ()
    fewer = (NO_LIMIT,) * 3 if may_repeat else (rules.slow_after, rules.longest_run * 3 // 4, rules.slow_after)
    return Condition(
        _plain(name, bool(repeated), bool(continued)),
        (
            *repeated, *continued, edition, caller, asked.now, caller, values["lately"], shape.whole,
            rules.slow_after // 2, *fewer, worst_case, rules.run_ceiling,
        ),
    )  # fmt: skip


@cache
def _plain(caller: str, counts_repeated: bool, counts_continued: bool) -> str:
    return PLAIN.format(
        repeated=REPEATED.format(caller=caller, paid=PAID) if counts_repeated else NOTHING,
        continued=CONTINUED.format(caller=caller, paid=PAID) if counts_continued else NOTHING,
        edition=editions.NOW,
        caller=caller,
        failed=FAILED,
    )


def require_no_stop(*, person: User, key_id: UUID | None, now: datetime) -> None:
    """
    Refuse at the door what admission would refuse, before anything is scrubbed. One query.

    :raises RanAway: if a stop is in force.
    """
    in_force = LoopStop.objects.in_force(now)
    of_caller = in_force.filter(key_id=key_id) if key_id else in_force.filter(person=person, key_id=None)
    if found := of_caller.first():
        raise _refusal(LoopStop.Reason(found.reason), found.until, now)


def hand_over(key_id: UUID, *, to: User, now: datetime) -> None:
    """Let whoever answers for a key from now on lift the stop that it is under, and nobody else. One statement."""
    LoopStop.objects.in_force(now).filter(key_id=key_id).update(person=to)


@transaction.atomic
def lift(stop: LoopStop, *, by: User, now: datetime) -> bool:
    """Let the caller go on at once, on the record; say whether this lifted it. What was counted starts afresh."""
    still = LoopStop.objects.in_force(now).filter(pk=stop.pk)
    if not still.update(lifted_at=now, lifted_by=by):
        return False
    _record(Action.LOOP_STOP_LIFTED, stop.person, stop.key_id, {"reason": stop.reason}, by=by, now=now)
    return True


def _remembered(answer: list[Any]) -> tuple[Rules, dict[str, Any] | None, bool, Past]:
    """Read the rules, the stop in force, whether repetition is known work, and what this call continues or repeats."""
    rules, stop, is_batch, continued, repeated = answer
    count, cost, failures, cost_of_failures = repeated
    past = Past(
        [_call(row) for row in continued or ()],
        Tally(count, Decimal(cost)),
        Tally(failures, Decimal(cost_of_failures)),
    )
    if rules is None:
        return Rules(), stop, is_batch, past
    kept = Rules(
        rules["slow_after"], rules["stop_after"], rules["longest_run"], Decimal(str(rules["run_ceiling"])),
        rules["stop_minutes"],
    )  # fmt: skip
    return kept, stop, is_batch, past


def _call(row: list[Any]) -> Call:
    began, ended, step, cost = row
    return Call(float(began), None if ended is None else float(ended), bytes.fromhex(step), Decimal(cost))


@transaction.atomic
def _stop(
    person: User, key_id: UUID | None, verdict: Verdict, *, currency: str, until: datetime, now: datetime
) -> None:
    reason = verdict.stop_for or LoopStop.Reason.REPEATS
    stop = LoopStop.objects.create(
        person=person,
        key_id=key_id,
        reason=reason,
        calls=verdict.calls + 1,
        cost=verdict.cost,
        currency=currency,
        began_at=now,
        until=until,
    )
    details: dict[str, Json] = {"reason": reason, "calls": stop.calls, "until": until.isoformat()}
    _record(Action.LOOP_STOPPED, person, key_id, details, by=None, now=now)


def _refusal(reason: LoopStop.Reason, until: datetime, now: datetime, *, kind: type[RanAway] = RanAway) -> RanAway:
    seconds = max(1, math.ceil((until - now).total_seconds()))
    wait = f"{seconds} s" if seconds < 120 else f"{math.ceil(seconds / 60)} minutes"
    return kind(
        f"A program seems to run away: {reason.label}. Nothing was sent, and further calls are refused for {wait}. "
        "Stop the program; then whoever answers for it can lift this in the chat, and an administrator under Limits.",
        retry_after=seconds,
    )


def _record(
    action: Action, person: User, key_id: UUID | None, details: dict[str, Json], *, by: User | None, now: datetime
) -> None:
    record_event(
        action,
        who=who(by) if by else None,
        subject_kind="key" if key_id else "person",
        subject_id=str(key_id or person.pk),
        subject_label=person.name,
        details=details,
        now=now,
    )
