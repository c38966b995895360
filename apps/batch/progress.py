"""How far a batch is, in numbers and one sentence, for its owner's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Sum
from django.utils import timezone

from apps.batch.models import Batch, LaneModel, Line
from apps.gateway.prices import in_figures

State = Line.State
TONES = {
    Batch.State.DRAFT: "",
    Batch.State.RUNNING: "info",
    Batch.State.PAUSED: "warning",
    Batch.State.CANCELLED: "",
    Batch.State.FINISHED: "success",
}
UNDER_WAY = (State.TAKEN, State.SENT)
NOT_ENDED = (State.WAITING, *UNDER_WAY)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Lines that ended without an answer for the same reason."""

    state: str
    label: str
    sentence: str
    count: int


@dataclass(frozen=True, slots=True)
class Progress:
    """Numbers of one batch; `costs` are amounts with their currency, `percent` is of lines that ended."""

    total: int
    ended: int
    answered: int
    without_answer: int
    cancelled: int
    under_way: int
    waiting: int
    unknown: int
    percent: int
    costs: Sequence[tuple[str, str]]
    troubles: Sequence[Trouble]
    sentence: str
    state: str
    label: str
    tone: str


def progress_of(batch: Batch, *, now: datetime) -> Progress:
    """Count the lines of a batch. Three queries."""
    counts: dict[str, int] = dict(batch.lines.values_list("state").annotate(Count("pk")).order_by())
    total = batch.line_count
    ended = total - sum(counts.get(state, 0) for state in NOT_ENDED)
    answered = counts.get(State.ANSWERED, 0)
    return Progress(
        total=total,
        ended=ended,
        answered=answered,
        without_answer=ended - answered,
        cancelled=counts.get(State.CANCELLED, 0),
        under_way=sum(counts.get(state, 0) for state in UNDER_WAY),
        waiting=counts.get(State.WAITING, 0),
        unknown=counts.get(State.UNKNOWN, 0),
        percent=100 * ended // total if total else 0,
        costs=_costs(batch),
        troubles=_troubles(batch),
        sentence=_sentence(batch, counts, now),
        state=batch.state,
        label=batch.get_state_display(),
        tone=TONES[Batch.State(batch.state)],
    )


def _costs(batch: Batch) -> list[tuple[str, str]]:
    paid = batch.lines.exclude(currency="").values_list("currency").annotate(Sum("cost")).order_by("currency")
    return [(in_figures(amount), currency) for currency, amount in paid]


def _troubles(batch: Batch) -> list[Trouble]:
    troubled = batch.lines.filter(state__in=[State.REFUSED, State.FAILED, State.STOPPED, State.UNKNOWN])
    rows = (
        troubled.values_list("state", "reason")
        .annotate(Max("sentence"), count=Count("pk"))
        .order_by("-count", "reason")
    )
    return [Trouble(state, str(State(state).label), sentence, count) for state, _, sentence, count in rows]


def _sentence(batch: Batch, counts: dict[str, int], now: datetime) -> str:
    if batch.state == Batch.State.PAUSED:
        return batch.pause_sentence
    if batch.state == Batch.State.CANCELLED:
        return "It was cancelled. What was answered before is kept."
    if batch.state == Batch.State.FINISHED:
        return "Every line has ended."
    if any(counts.get(state) for state in UNDER_WAY):
        return "Lines are being answered as there is room."
    lane = LaneModel.objects.filter(model=batch.model_id).first()
    if lane is None:
        return ""
    if lane.resting_until and lane.resting_until > now:
        again = timezone.localtime(lane.resting_until, timezone.get_default_timezone())
        return f"{batch.model_label} is not free at the moment. The next try is at {again:%H:%M:%S}."
    if not LaneModel.objects.open_now(now).filter(pk=lane.pk).exists():
        return f"It waits for its hours: {batch.model_label} takes batches {lane.hours}."
    return "It waits for its turn."
