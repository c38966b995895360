"""Doors to queues: how they stand, what is in one, how they are defined, and whether a day's sample is right."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from apps.accounts.access import person_of
from apps.accounts.models import Role
from apps.audit.doors import desk, officers_only, officers_read
from apps.audit.paging import CursorBroken
from apps.audit.reads import TookTooLong
from apps.audit.review import figures, listing, looks, quality, queues, reproducing, trying
from apps.audit.review.definition import Definition
from apps.audit.review.forms import QueueForm, VerdictForm
from apps.audit.review.lexicon import matcher
from apps.audit.review.models import Queue, QueueVersion
from apps.ledger.facts import Json

VERSIONS_SHOWN = 20
RECOMPUTED_AT_MOST = 20_000


@desk
def overview(request: HttpRequest) -> HttpResponse:
    """Show every queue with what waits in it."""
    now, reader = timezone.now(), person_of(request)
    shown = {
        "queues": figures.waiting(reader, now=now),
        "is_behind": figures.is_behind(now=now),
        "is_officer": reader.has_role(Role.COMPLIANCE_OFFICER),
        "now": now,
    }
    looks.looked(reader, "queues", now=now)
    return render(request, "audit/review/queues.html", shown)


@desk
def queue(request: HttpRequest, queue_id: UUID) -> HttpResponse:
    """List what is in a queue, due first."""
    return items_page(request, get_object_or_404(Queue, pk=queue_id))


def items_page(
    request: HttpRequest, shown: Queue, *, verdict_form: VerdictForm | None = None, status: int = 200, **more: Any
) -> HttpResponse:
    """Show a page of items; on the record first. ``verdict_form`` brings back what was typed for many."""
    now, reader = timezone.now(), person_of(request)
    form = listing.ItemFilter(request.GET)
    page = {
        "queue": shown, "form": form, "now": now, "is_officer": reader.has_role(Role.COMPLIANCE_OFFICER),
        "verdict_form": verdict_form or VerdictForm(), **more,
    }  # fmt: skip
    template = "audit/review/queue.html"
    if not form.is_valid():
        return render(request, template, page | {"trouble": "This filter is not one of ours. Clear it."}, status=400)
    try:
        listed = listing.listed(shown, form, after=request.GET.get("after", ""), by=reader, now=now)
    except CursorBroken as broken:
        return render(request, template, page | {"trouble": broken.sentence}, status=400)
    except TookTooLong as slow:
        return render(request, template, page | {"trouble": slow.sentence}, status=503)
    place = request.GET.get("after", "")
    details: dict[str, Json] = {"filters": form.in_force(), "shown": len(listed.items), "after": place}
    looks.looked(reader, "queue", queue=shown, details=details, now=now)
    return render(request, template, page | {"list": listed}, status=status)


@desk
def rates(request: HttpRequest) -> HttpResponse:
    """Show how often queues are right, who has how much, and how far officers agree."""
    now, reader = timezone.now(), person_of(request)
    shown = {
        "rates": figures.rates(reader, now=now), "loads": figures.loads(reader, now=now),
        "agreement": quality.agreement(reader, now=now),
        "days": figures.DAYS,
    }  # fmt: skip
    looks.looked(reader, "figures", now=now)
    return render(request, "audit/review/figures.html", shown)


@officers_read
def new(request: HttpRequest) -> HttpResponse:
    """Offer an empty form for a queue."""
    return _form_page(request, QueueForm())


@officers_only
def define(request: HttpRequest) -> HttpResponse:
    """Make a queue."""
    form = QueueForm(request.POST)
    if not form.is_valid():
        return _form_page(request, form, status=422)
    try:
        made = queues.define(
            form.definition(), lexicon=form.cleaned_data["lexicon"], by=person_of(request), now=timezone.now()
        )
    except queues.NameTaken as taken:
        form.add_error("name", taken.sentence)
        return _form_page(request, form, status=422)
    messages.success(request, f"“{made.name}” takes exchanges that end from now on.")
    return redirect("review:queues")


@desk
def edit(request: HttpRequest, queue_id: UUID) -> HttpResponse:
    """Show a queue's definition and its versions; officers may change it."""
    shown = get_object_or_404(Queue, pk=queue_id)
    newest = queues.newest_version(shown)
    lexicon = newest.lexicon_version.lexicon if newest.lexicon_version else None
    looks.looked(person_of(request), "definition", queue=shown, now=timezone.now())
    form = QueueForm.showing(Definition.from_json(newest.definition), lexicon=lexicon, number=shown.number)
    return _form_page(request, form, queue=shown)


@officers_only
def change(request: HttpRequest, queue_id: UUID) -> HttpResponse:
    """Give a queue another definition."""
    shown, form = get_object_or_404(Queue, pk=queue_id), QueueForm(request.POST)
    if not form.is_valid():
        return _form_page(request, form, queue=shown, status=422)
    try:
        queues.change(
            queue_id, form.definition(is_on=shown.is_on), lexicon=form.cleaned_data["lexicon"],
            seen_number=form.cleaned_data["seen_number"] or 0, by=person_of(request), now=timezone.now(),
        )  # fmt: skip
    except queues.NameTaken as taken:
        form.add_error("name", taken.sentence)
        return _form_page(request, form, queue=shown, status=422)
    except queues.ChangedMeanwhile as changed:
        return _form_page(request, form, queue=shown, trouble=changed.sentence, status=409)
    messages.success(request, "Changed. What is in the queue stays as it came.")
    return redirect("review:edit", queue_id)


@officers_only
def try_out(request: HttpRequest) -> HttpResponse:
    """Say how much of the last seven days a definition would have caught; nothing is saved."""
    form = QueueForm(request.POST)
    shown = _queue_named_in(request)
    if not form.is_valid():
        return _form_page(request, form, queue=shown, status=422)
    lexicon = form.cleaned_data["lexicon"]
    words = matcher(lexicon.in_force.entries) if lexicon else None
    try:
        preview = trying.preview(form.definition(), words, by=person_of(request), now=timezone.now())
    except TookTooLong as slow:
        return _form_page(request, form, queue=shown, trouble=slow.sentence, status=503)
    return _form_page(request, form, queue=shown, preview=preview)


@officers_only
def switch_on(request: HttpRequest, queue_id: UUID) -> HttpResponse:
    """Let a queue take exchanges again."""
    return _switched(request, queue_id, is_on=True)


@officers_only
def switch_off(request: HttpRequest, queue_id: UUID) -> HttpResponse:
    """Let a queue take no more exchanges."""
    return _switched(request, queue_id, is_on=False)


@desk
def sample(request: HttpRequest, queue_id: UUID) -> HttpResponse:
    """Recompute a day of a queue from the record, and say whether it holds what it must."""
    shown, now = get_object_or_404(Queue, pk=queue_id), timezone.now()
    asked = request.GET.get("day", "")
    page: dict[str, Any] = {"queue": shown, "day": asked or timezone.localdate(now).isoformat()}
    try:
        day = date.fromisoformat(page["day"])
        page["compared"] = reproducing.recompute_on_record(
            shown, day, most=RECOMPUTED_AT_MOST, by=person_of(request), now=now
        )
    except (ValueError, OverflowError):
        page["trouble"] = "Write a day such as 2026-03-31."
    except reproducing.TooMany as many:
        page["trouble"] = many.sentence
    page["versions"] = QueueVersion.objects.filter(queue=shown)[:VERSIONS_SHOWN]
    return render(request, "audit/review/sample.html", page, status=400 if "trouble" in page else 200)


def _switched(request: HttpRequest, queue_id: UUID, *, is_on: bool) -> HttpResponse:
    get_object_or_404(Queue, pk=queue_id)
    switched = queues.switch(queue_id, is_on=is_on, by=person_of(request), now=timezone.now())
    words = "takes exchanges again" if is_on else "takes no more exchanges; what is in it stays"
    messages.success(request, f"“{switched.name}” {words}.")
    return redirect("review:queues")


def _form_page(
    request: HttpRequest, form: QueueForm, *, queue: Queue | None = None, status: int = 200, **more: Any
) -> HttpResponse:
    page = {
        "form": form,
        "queue": queue,
        "versions": QueueVersion.objects.filter(queue=queue)[:VERSIONS_SHOWN] if queue else [],
        "is_officer": person_of(request).has_role(Role.COMPLIANCE_OFFICER),
        **more,
    }
    return render(request, "audit/review/queue_form.html", page, status=status)


def _queue_named_in(request: HttpRequest) -> Queue | None:
    """The queue whose definition is being tried; None for one that is not made yet."""
    try:
        return Queue.objects.filter(pk=UUID(request.POST.get("queue", ""))).first()
    except ValueError:
        return None
