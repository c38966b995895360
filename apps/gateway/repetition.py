"""
Know a program that runs away by its calls alone: what they ask, as keyed hashes, and when. Values in, a verdict out.

Hashes are of the scrubbed prompt without digits and blanks: of the whole, and of its last message. From those a
repetition is known, and a call that continues an earlier one, since a beginning of it has the earlier call's hash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from uuid import UUID

from apps.gateway.budgets import Shape
from apps.gateway.models import LoopStop
from apps.privacy import keys

if TYPE_CHECKING:
    from apps.privacy.scrub import Scrubbed

REPEATED_WITHIN_SECONDS: Final = 120.0
MACHINE_PAUSE_SECONDS: Final = 3.0
"""A person needs longer than this to read an answer and go on; a program seldom does."""
RUN_PAUSE_SECONDS: Final = 30.0
"""Calls that follow one another faster than this are one run, and share its ceiling."""
LONGEST_DELAY_SECONDS: Final = 8.0
WITHOUT_DIGITS_AND_BLANKS: Final = dict.fromkeys(map(ord, "0123456789 \t\n\r\f\v\u00a0"))


@dataclass(frozen=True, slots=True)
class Call:
    """An earlier call that this one continues: begun and ended in seconds of the epoch, its last message, its cost."""

    began: float
    ended: float | None
    step: bytes
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Tally:
    """How many calls, and what they cost."""

    calls: int
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Past:
    """Of a caller's last calls: those that this one continues, those that it repeats, and those of them that failed."""

    continued: Sequence[Call]
    repeated: Tally
    failed: Tally


@dataclass(frozen=True, slots=True)
class Rules:
    """When to slow and when to stop; see `RunawayRules`."""

    slow_after: int = 8
    stop_after: int = 20
    longest_run: int = 200
    run_ceiling: Decimal = Decimal(20)
    stop_minutes: int = 10


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    What to do with a call: let it pass after `delay_seconds`, and where `stop_for` names a reason stop what follows it.

    `calls` and `cost` are of the run or of the repetitions, this call left out.
    """

    delay_seconds: float = 0.0
    stop_for: LoopStop.Reason | None = None
    is_refused: bool = False
    is_first_delay: bool = False
    calls: int = 0
    cost: Decimal = Decimal(0)


def shapes_of(prompt: Scrubbed, *, model_id: UUID, now: datetime) -> tuple[Shape, list[bytes]]:
    """
    Hash a prompt to one model, and each of its beginnings, without digits and blanks, under a key that is new each day.

    Hashes of one day say nothing about another's, and nothing at all without the master key.
    """
    key = keys.derive(keys.master_key(), purpose=f"call-shape {now:%Y-%m-%d}")
    so_far = hashlib.blake2b(model_id.bytes, key=key, digest_size=16)
    digests, step = [], b""
    for message in prompt.messages:
        plain = message.everything.translate(WITHOUT_DIGITS_AND_BLANKS)
        step = b"%s\x00%s\x01" % (message.role.encode(), plain.encode())
        so_far.update(step)
        digests.append(so_far.copy().digest())
    whole = digests.pop() if digests else so_far.digest()
    return Shape(whole, hashlib.blake2b(step, key=key, digest_size=16).digest()), digests


def judge(shape: Shape, past: Past, *, rules: Rules, worst_case: Decimal, seconds: float, may_repeat: bool) -> Verdict:
    """Decide about a call by the earlier ones that it repeats or continues; `seconds` is now, of the epoch."""
    run = tally(_unbroken(past.continued, seconds, pause=RUN_PAUSE_SECONDS))
    calls = run.calls if may_repeat else run.calls + past.repeated.calls
    cost = run.cost if may_repeat else run.cost + past.repeated.cost
    if calls and cost + worst_case > rules.run_ceiling:
        return Verdict(is_refused=True, calls=calls, cost=cost)
    if calls >= max(rules.slow_after, 1) and worst_case > 0 and cost + 2 * worst_case > rules.run_ceiling:
        return Verdict(stop_for=LoopStop.Reason.CEILING, calls=calls, cost=cost)
    found = [
        _by_count(past.failed, LoopStop.Reason.FAILURES, rules.slow_after // 2, max(rules.stop_after // 2, 3)),
    ]
    if not may_repeat:
        fast = _unbroken(past.continued, seconds, pause=MACHINE_PAUSE_SECONDS)
        same_step = [call for call in fast if call.step == shape.step]
        found += [
            _by_count(past.repeated, LoopStop.Reason.REPEATS, rules.slow_after, rules.stop_after),
            _by_count(tally(same_step), LoopStop.Reason.GROWTH, rules.slow_after, rules.stop_after),
            _by_count(tally(fast), LoopStop.Reason.LENGTH, rules.longest_run * 3 // 4, rules.longest_run),
        ]
    return max(found, key=lambda verdict: (verdict.stop_for is not None, verdict.delay_seconds))


def tally(calls: Sequence[Call]) -> Tally:
    """Count calls and add up what they cost."""
    return Tally(len(calls), sum((call.cost for call in calls), Decimal(0)))


def _by_count(past: Tally, reason: LoopStop.Reason, slow_after: int, stop_after: int) -> Verdict:
    """Slow from `slow_after` earlier calls on, twice as long at each further one; stop at `stop_after`."""
    if past.calls < slow_after:
        return Verdict()
    delay = min(LONGEST_DELAY_SECONDS, 0.5 * 2.0 ** min(past.calls - slow_after, 10))
    stop_for = reason if past.calls + 1 >= stop_after else None
    return Verdict(delay, stop_for, is_first_delay=past.calls == slow_after, calls=past.calls, cost=past.cost)


def _unbroken(calls: Sequence[Call], seconds: float, *, pause: float) -> list[Call]:
    """Take the newest calls that follow one another, up to now, without a pause longer than `pause` seconds."""
    run: list[Call] = []
    next_began = seconds
    for call in sorted(calls, key=lambda one: one.began, reverse=True):
        if call.ended is not None and next_began - call.ended > pause:
            break
        run.append(call)
        next_began = call.began
    return run
