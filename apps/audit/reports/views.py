"""Doors to monthly reports: the desk reads them, officers have them made."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from apps.accounts.access import person_of
from apps.accounts.actors import who
from apps.accounts.models import Role
from apps.audit.cases.export_views import as_download
from apps.audit.cases.exporting import NotToBeHad
from apps.audit.doors import desk, officers_only
from apps.audit.reports import months, reporting, tasks
from apps.audit.reports.models import Report
from apps.audit.reports.months import NotAMonth
from apps.audit.reports.reporting import UnderWay
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

SHOWN = 60


@desk
def reports(request: HttpRequest) -> HttpResponse:
    """List the reports, newest first, and offer to make one."""
    reader, now = person_of(request), timezone.now()
    rows = list(Report.objects.visible_to(reader).select_related("by").order_by("-asked_at")[:SHOWN])
    record_event(Action.AUDIT_REPORTS_LISTED, who=who(reader), details={"shown": len(rows)}, now=now)
    page = {
        "rows": rows,
        "is_live": any(row.is_live for row in rows),
        "months": months.offered(timezone.localdate(now)),
        "is_officer": reader.has_role(Role.COMPLIANCE_OFFICER),
    }
    return render(request, "audit/reports/reports.html", page)


@officers_only
def make(request: HttpRequest) -> HttpResponse:
    """Have the report of a month made."""
    now = timezone.now()
    try:
        month = months.read(request.POST.get("month", ""), today=timezone.localdate(now))
        made = reporting.ask(month, by=person_of(request), now=now)
    except (NotAMonth, UnderWay) as refused:
        messages.error(request, refused.sentence)
    else:
        transaction.on_commit(lambda: tasks.build.delay(str(made.pk)))
        messages.success(request, f"The report of {month.first:%B %Y} is being made. It takes some seconds.")
    return redirect("reports:reports")


@desk
def download(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Send a report; that it was taken is on the record by then."""
    reader = person_of(request)
    found = get_object_or_404(Report.objects.visible_to(reader), pk=report_id)
    try:
        chunks = reporting.downloaded(found, by=reader, now=timezone.now())
    except NotToBeHad:
        raise Http404 from None
    return as_download(request, chunks, name=f"portcullis-{found.month:%Y-%m}.zip")
