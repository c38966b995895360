"""
How models answer: judged from real calls, with hysteresis, shared between processes through one small table.

Each process watches its own calls in memory, which costs a call nothing but arithmetic. Every few seconds `share`
writes what changed and takes over what other processes wrote. Nobody's text is looked at; an idle model's server is
asked for its list of models, never with a question.

A model goes *down* after three failures in a row, or when half of its last calls failed; it comes back only after two
successes in a row. It is *slow* when its first word takes longer than `PORTCULLIS_MODEL_SLOW_SECONDS` on average, and
until that falls to 60 % of it. So a model that fails every other time stays down instead of flapping.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.gateway.models import LanguageModel, ModelHealth
from apps.gateway.upstream import FaultKind
from apps.ledger.compiled import Compiled
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

State = ModelHealth.State

_ALL: Final = Compiled(lambda: ModelHealth.objects.all())
REMEMBERED: Final = 20
"""Calls of a model that are judged together."""

FAILURES_TO_GO_DOWN: Final = 3
SUCCESSES_TO_COME_BACK: Final = 2
CALLS_TO_JUDGE_A_SHARE: Final = 6
SHARE_TO_GO_DOWN: Final = 0.5
CALLS_TO_JUDGE_THE_PACE: Final = 3
WEIGHT_OF_THE_NEWEST: Final = 0.3
SHARE_OF_SLOW_TO_BE_FAST: Final = 0.6
SECONDS_BETWEEN_TRIALS: Final = 5.0
"""While a model is down and others answer for it, one call in this time tries it again."""

SECONDS_OF_PROOF: Final = 60.0
"""For so long a whole answer shows that a model is there."""

SHARED_EVERY: Final = timedelta(seconds=10)
SEEN_BY_A_PROBE: Final = frozenset({FaultKind.UNREACHABLE.value, FaultKind.KEY_REFUSED.value})
THE_MESSAGE_ITSELF: Final = frozenset({FaultKind.TOO_LONG, FaultKind.REQUEST_REFUSED})
"""Faults of a message, not of the model."""


@dataclass(slots=True)
class Watch:
    """What one process has seen of one model. Times of the first word are in seconds."""

    state: str = State.OK
    fault: str = ""
    calls: deque[bool] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    in_a_row: int = 0
    """Successes in a row where positive, failures where negative."""
    first_word: float | None = None
    paced: int = 0
    is_news: bool = False
    shared_at: datetime | None = None
    tried_at: float = 0.0
    answered_at: float | None = None
    """When a call ended whole, on the monotonic clock."""

    def succeed(self, seconds: float | None) -> None:
        """Take a call that ended whole; `seconds` to its first word, None where nothing was measured."""
        self.calls.append(True)
        self.in_a_row = max(self.in_a_row, 0) + 1
        if seconds is not None:
            self.paced += 1
            before = seconds if self.first_word is None else self.first_word
            self.first_word = before + WEIGHT_OF_THE_NEWEST * (seconds - before)
        self._judge()

    def fail(self, kind: FaultKind) -> None:
        """Take a call that the model or its provider failed."""
        self.calls.append(False)
        self.in_a_row = min(self.in_a_row, 0) - 1
        self.fault = kind.value
        self._judge()

    @property
    def error_share(self) -> float:
        """Failures among the calls remembered, 0 to 1."""
        return self.calls.count(False) / len(self.calls) if self.calls else 0.0

    def adopt(self, state: str, fault: str) -> None:
        """Take over what another process found; what was counted here begins anew."""
        if state != self.state:
            self.state, self.fault = state, fault
            self.calls.clear()
            self.in_a_row = 0

    def learn_pace(self, row: ModelHealth) -> None:
        """Take over from others how long the first word usually takes, where nothing was measured here."""
        if self.first_word is None and row.first_token_ms is not None:
            self.first_word = row.first_token_ms / 1000

    def _judge(self) -> None:
        self.state = self._state()
        self.is_news = True

    def _state(self) -> str:
        if self.state == State.DOWN:
            if self.in_a_row < SUCCESSES_TO_COME_BACK:
                return State.DOWN
            self.calls.clear()  # what led to the judgement is spent: the next one needs evidence of its own
        is_unreliable = len(self.calls) >= CALLS_TO_JUDGE_A_SHARE and self.error_share >= SHARE_TO_GO_DOWN
        if self.in_a_row <= -FAILURES_TO_GO_DOWN or (self.in_a_row < 0 and is_unreliable):
            return State.DOWN
        return self._pace()

    def _pace(self) -> str:
        slow = settings.MODEL_SLOW_SECONDS
        if self.first_word is None or self.paced < CALLS_TO_JUDGE_THE_PACE:
            return State.OK
        limit = slow * SHARE_OF_SLOW_TO_BE_FAST if self.state == State.SLOW else slow
        return State.SLOW if self.first_word > limit else State.OK


_watches: dict[UUID, Watch] = {}
_lock = threading.Lock()


def note_answer(model_id: UUID | None, first_word_seconds: float | None) -> None:
    """Note that a call ended whole."""
    if model_id is not None:
        with _lock:
            watch = _watch(model_id)
            watch.succeed(first_word_seconds)
            if first_word_seconds is not None:
                watch.answered_at = time.monotonic()


def note_fault(model_id: UUID | None, kind: FaultKind) -> None:
    """Note that a call failed, unless it was the message's own fault."""
    if model_id is not None and kind not in THE_MESSAGE_ITSELF:
        with _lock:
            _watch(model_id).fail(kind)


def is_down(model_id: UUID) -> bool:
    """Say whether the model is down as far as this process knows. No query."""
    watch = _watches.get(model_id)
    return watch is not None and watch.state == State.DOWN


def has_answered_lately(model_id: UUID, *, clock: float) -> bool:
    """Say whether a call of this process ended whole within the last minute; `clock` is monotonic."""
    watch = _watches.get(model_id)
    return watch is not None and watch.answered_at is not None and clock - watch.answered_at < SECONDS_OF_PROOF


def should_try_again(model_id: UUID, *, clock: float) -> bool:
    """Say, at most once in five seconds, that a model which is down should be given a call; `clock` is monotonic."""
    with _lock:
        watch = _watch(model_id)
        if clock - watch.tried_at < SECONDS_BETWEEN_TRIALS:
            return False
        watch.tried_at = clock
        return True


def usual_first_word(model_id: UUID) -> float | None:
    """Say how long the model's first word usually takes, in seconds; None before anybody's first whole answer."""
    watch = _watches.get(model_id)
    return watch.first_word if watch else None


def forget() -> None:
    """Forget everything this process has seen."""
    with _lock:
        _watches.clear()


def share(*, now: datetime) -> None:
    """
    Write what this process found since the last time, and take over what others wrote. One query, one for each news.

    Changes of state between down and not down are events of the record, written by the process that was first.
    """
    rows = {row.model_id: row for row in _ALL.rows()}
    for model_id, watch in list(_watches.items()):
        with _lock:
            row = rows.get(model_id)
            is_due = watch.is_news and _is_due(watch, row, now)
            if not is_due and row is not None and not watch.is_news:
                watch.adopt(row.state, row.fault)
                watch.learn_pace(row)
        if is_due:
            _write(model_id, watch, now)
    _take_over_unknown(rows.values(), now)


def note_probe(model_id: UUID, *, fault: FaultKind | None, now: datetime) -> None:
    """
    Note what an idle model's server said when it was asked for its list of models, and share it at once.

    A server that is there may still fail every question: a model that is down for other faults than those a probe can
    see comes back by real calls alone.
    """
    watch = _watch(model_id)
    if fault is not None:
        note_fault(model_id, fault)
    elif watch.state != State.DOWN or watch.fault in SEEN_BY_A_PROBE:
        note_answer(model_id, None)
    _write(model_id, watch, now)


def _watch(model_id: UUID) -> Watch:
    return _watches.setdefault(model_id, Watch())


def _is_due(watch: Watch, row: ModelHealth | None, now: datetime) -> bool:
    if row is None or row.state != watch.state or watch.shared_at is None:
        return True
    return now - watch.shared_at >= SHARED_EVERY


def _take_over_unknown(rows: Iterable[ModelHealth], now: datetime) -> None:
    with _lock:
        for row in rows:
            if row.model_id not in _watches:
                is_fresh = row.is_fresh(now)
                watch = Watch(state=row.state, fault=row.fault) if is_fresh else Watch()
                watch.learn_pace(row)
                _watches[row.model_id] = watch


@transaction.atomic
def _write(model_id: UUID, watch: Watch, now: datetime) -> None:
    with _lock:
        watch.is_news, watch.shared_at = False, now
        state = watch.state
        values = {
            "seen_at": now,
            "first_token_ms": None if watch.first_word is None else round(watch.first_word * 1000),
            "error_percent": round(watch.error_share * 100),
            "fault": watch.fault if state == State.DOWN else "",
        }
    model = LanguageModel.objects.filter(pk=model_id).first()
    if model is None:
        return
    row, is_new = ModelHealth.objects.get_or_create(model=model, defaults={"state": state, "since": now, **values})
    before = State.OK if is_new else row.state
    has_changed = is_new or ModelHealth.objects.filter(pk=model_id).exclude(state=state).update(
        state=state, since=now, **values
    )
    if not has_changed:
        ModelHealth.objects.filter(pk=model_id).update(**values)
    elif State.DOWN in (before, state) and before != state:
        _record(model, state, values["fault"], now)


def _record(model: LanguageModel, state: str, fault: object, now: datetime) -> None:
    record_event(
        Action.MODEL_DOWN if state == State.DOWN else Action.MODEL_UP,
        who=None,
        subject_kind="model",
        subject_id=str(model.pk),
        subject_label=model.label,
        details={"fault": str(fault)},
        now=now,
    )
