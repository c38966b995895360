"""The officers' first page: how much there was, what stands out, and what waits."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from apps.accounts.access import person_of
from apps.accounts.actors import who
from apps.audit import reads
from apps.audit.doors import desk
from apps.audit.overview import drawing, figures
from apps.audit.overview.forms import SpanForm
from apps.audit.overview.models import Facet
from apps.audit.overview.workload import workload
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

LINES_SHOWN = 20


@desk
def overview(request: HttpRequest) -> HttpResponse:
    """Show the sums of a span of days."""
    form, now = SpanForm(request.GET), timezone.now()
    if not form.is_valid():
        return render(request, "audit/overview/overview.html", {"form": form}, status=400)
    with reads.bounded():
        page = _figures(form, now) | {"work": workload(person_of(request), now=now)}
    record_event(
        Action.AUDIT_OVERVIEW_READ, who=who(person_of(request)), details={"days": form.cleaned_data["days"]}, now=now
    )
    return render(request, "audit/overview/overview.html", page)


def _figures(form: SpanForm, now: datetime) -> dict[str, Any]:
    span = form.span(timezone.localtime(now).date())
    total, trend = figures.total(span), figures.trend(span)
    masked = figures.masked_types(span)
    return {
        "form": form,
        "span": span,
        "total": total,
        "before": figures.total(span.before),
        "plot": drawing.stacked(trend.labels, trend.by_kind),
        "step": "hour" if span.first == span.last else span.grain.label.lower(),
        "teams": figures.lines(Facet.TEAM, span, total)[:LINES_SHOWN],
        "models": figures.lines(Facet.MODEL, span, total)[:LINES_SHOWN],
        "masked": masked,
        "most_masked": masked[0][1] if masked else 0,
    }
