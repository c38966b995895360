"""The figures of a month as a page for people and as JSON for programs; both say the same."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, Final

from apps.audit import paper
from apps.audit.overview import drawing
from apps.audit.overview.figures import Line, Sums
from apps.audit.reports.figures import Figures, QueueOfMonth, few
from apps.audit.review.vocabulary import Tag

FORM: Final = "portcullis-month/1"
PAGE, DATA = "report.html", "report.json"
SHOWN: Final = 20


def page(figures: Figures) -> bytes:
    """Draw the report as one page that needs nothing else and prints."""
    trend = figures.trend
    told = {
        "figures": figures,
        "months": [("This month", figures.total), ("The month before", figures.before)],
        "plot": drawing.stacked(trend.labels, trend.by_kind),
        "lists": [("Teams", "Team", _drawn(figures.teams)), ("Models", "Model", _drawn(figures.models))],
        "masked": [(kind, few(count), _share(count, figures.masked[0][1])) for kind, count in figures.masked],
        "queues": [(queue, _findings(queue)) for queue in figures.queues],
        "tags": Tag.choices,
        "complete": sum(day.is_complete for day in figures.days),
        "missing": [day for day in figures.days if not day.is_complete],
    }
    return paper.page("audit/reports/report.html", told).encode()


def data(figures: Figures) -> bytes:
    """Write the report for programs. A count of one to four exchanges by model, type or finding is null."""
    told = {
        "form": FORM,
        "month": str(figures.month),
        "days": [figures.month.span.first.isoformat(), figures.month.span.last.isoformat()],
        "is_over": figures.month.is_over,
        "as_of": figures.as_of.isoformat(timespec="seconds"),
        "total": _sums(figures.total),
        "before": _sums(figures.before),
        "by_day": {"days": figures.trend.labels, **figures.trend.by_kind},
        "teams": [{"team": line.label, **_sums(line.now)} for line in figures.teams],
        "teams_left_out": figures.teams_left_out,
        "models": [{"model": line.label, "exchanges": few(line.now.exchanges)} for line in figures.models],
        "masked": {kind: few(count) for kind, count in figures.masked},
        "review": [_queue(queue) for queue in figures.queues],
        "checked_again": asdict(figures.agreement),
        "acts": {heading: dict(counts) for heading, counts in figures.acts.items()},
        "reconciled": [{"day": day.day.isoformat(), "missing": dict(day.missing)} for day in figures.days],
        "ledger": _ledger(figures),
    }  # fmt: skip
    return json.dumps(told, indent=1).encode() + b"\n"


def _drawn(lines: list[Line]) -> list[tuple[Line, int | None, float]]:
    most = lines[0].now.exchanges if lines else 0
    return [(line, few(line.now.exchanges), _share(line.now.exchanges, most)) for line in lines[:SHOWN]]


def _share(count: int, most: int) -> float:
    """How long a bar is, in hundredths; what is not told apart has none."""
    return round(100 * count / most, 2) if few(count) and most else 0.0


def _findings(queue: QueueOfMonth) -> list[int | None]:
    return [few(queue.by_tag[tag]) for tag in Tag.values]


def _sums(sums: Sums) -> dict[str, Any]:
    return {
        "exchanges": sums.exchanges, "refused": sums.refused, "not_finished": sums.not_finished,
        "values_masked": sums.masked, "with_a_secret": sums.secrets, "tokens": sums.tokens,
        "cost": {currency: str(amount) for amount, currency in sums.money},
    }  # fmt: skip


def _queue(queue: QueueOfMonth) -> dict[str, Any]:
    return {
        "queue": queue.name, "severity": queue.severity, "shown": queue.seen, "taken": few(queue.placed),
        "closed": few(queue.closed), "findings": dict(zip(Tag.values, _findings(queue), strict=True)),
    }  # fmt: skip


def _ledger(figures: Figures) -> dict[str, Any]:
    stands = figures.ledger
    return {
        "state": stands.state,
        "records_signed": stands.size,
        "signed_at": stands.signed_at.isoformat() if stands.signed_at else None,
        "words": stands.words,
        "key": figures.key,
        "alarms": [{"kind": alarm.kind, "since": alarm.since.isoformat()} for alarm in stands.alarms],
        "witnesses": [
            {"name": seen.witness, "size": seen.size, "at": seen.at.isoformat()} for seen in stands.witnesses
        ],
        "stamps": [{"by": seen.authority, "size": seen.size, "at": seen.at.isoformat()} for seen in stands.stamps],
    }
