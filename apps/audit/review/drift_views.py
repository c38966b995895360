"""The page of capacity and drift."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from apps.accounts.access import person_of
from apps.accounts.models import User
from apps.audit import reads
from apps.audit.doors import desk
from apps.audit.review import capacity, drift, figures, looks, weeks

OF_OFFICERS = ("false_positives", "agreement")
OF_QUEUES = ("flagging", *OF_OFFICERS)


@desk
def drift_page(request: HttpRequest) -> HttpResponse:
    """Show whether officers keep up, and where queues and officers are not as usual."""
    now, reader = timezone.now(), person_of(request)
    with reads.bounded():
        found = weeks.of(reader, now=now)
        waiting = figures.waiting(reader, now=now)
        names = dict(User.objects.filter(pk__in=found.of_officers).order_by("name").values_list("pk", "name"))
    queues = [(each.queue.name, found.of_queues[each.queue.pk]) for each in waiting]
    officers = [(name, found.of_officers[pk]) for pk, name in names.items()]
    page = {
        "capacities": [capacity.of(each, found.of_queues[each.queue.pk], found.mondays) for each in waiting],
        "over": capacity.OVER,
        "groups": [
            ("Queues", [(name, drift.of(each, found.mondays, measures=OF_QUEUES)) for name, each in queues]),
            ("Officers", [(name, drift.of(each, found.mondays, measures=OF_OFFICERS)) for name, each in officers]),
        ],
    }
    looks.looked(reader, "drift", now=now)
    return render(request, "audit/review/drift.html", page)
