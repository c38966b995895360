"""Doors of the stream: see how far each receiver is, set one up, test, pause, resume, remove it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.access import person_of, roles_required
from apps.audit.stream import delivering, files, keeping, widening
from apps.audit.stream.forms import ReachForm, SinkForm
from apps.audit.stream.keeping import NameTaken
from apps.audit.stream.models import KEEPERS, READERS, PullKey, Sink
from apps.audit.stream.widening import Reach
from apps.privacy.keys import KeyUnavailable

kept_nowhere = cache_control(no_store=True, private=True)


@dataclass(frozen=True, slots=True)
class Row:
    """A receiver and how many records it has not got yet; `key` where it asks with one."""

    sink: Sink
    lag: int
    folder: str
    key: PullKey | None
    has_ended: bool
    asked: Reach | None
    wider: ReachForm


@require_GET
@roles_required(*READERS)
def sinks(request: HttpRequest) -> HttpResponse:
    """List the receivers."""
    return _page(request, SinkForm())


@kept_nowhere
@require_POST
@roles_required(*KEEPERS)
def add(request: HttpRequest) -> HttpResponse:
    """Set a receiver up; its secret or key is on the page that answers, and nowhere else."""
    form = SinkForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        sink, secret = keeping.add(form.wish, by=person_of(request), now=timezone.now())
    except NameTaken as taken:
        form.add_error("name", taken.sentence)
        return _page(request, form, status=422)
    except KeyUnavailable as missing:
        form.add_error(None, str(missing))
        return _page(request, form, status=503)
    if not secret:
        messages.success(request, f"{sink.name} is set up. {_waits(form.reach)}The next records come within seconds.")
        return redirect("stream:sinks")
    return _page(request, SinkForm(), made=(sink, secret))


@kept_nowhere
@require_POST
@roles_required(*KEEPERS)
def new_secret(request: HttpRequest, sink_id: UUID) -> HttpResponse:
    """Give a webhook a new secret, or a receiver that pulls a new key."""
    sink = _found(request, sink_id, kind__in=[Sink.Kind.WEBHOOK, Sink.Kind.PULL])
    secret = keeping.replace_secret(sink, by=person_of(request), now=timezone.now())
    return _page(request, SinkForm(), made=(sink, secret))


@require_POST
@roles_required(*KEEPERS)
def widen(request: HttpRequest, sink_id: UUID) -> HttpResponse:
    """Ask an officer to let a receiver have names, texts or past records."""
    sink = _found(request, sink_id)
    form = ReachForm(request.POST, auto_id=f"wider_{sink_id}_%s")
    if not form.is_valid():
        return _page(request, SinkForm(), wider=(sink_id, form), status=422)
    if form.reach.is_narrow:
        messages.info(request, "Nothing was asked: you chose nothing that the receiver does not get already.")
    else:
        widening.ask(sink, form.reach, why=form.cleaned_data["why"], by=person_of(request), now=timezone.now())
        messages.success(request, f"You asked. {_waits(form.reach)}")
    return redirect("stream:sinks")


@require_POST
@roles_required(*KEEPERS)
def test(request: HttpRequest, sink_id: UUID) -> HttpResponse:
    """Send one test line; there is nowhere to send one for a receiver that asks itself."""
    sink = _found(request, sink_id, kind__in=set(Sink.Kind) - {Sink.Kind.PULL})
    trouble = keeping.test(sink, by=person_of(request), now=timezone.now())
    if trouble:
        messages.error(request, f"{sink.name} did not take the test line. {trouble}")
    else:
        messages.success(request, f"{sink.name} took the test line.")
    return redirect("stream:sinks")


@require_POST
@roles_required(*KEEPERS)
def pause(request: HttpRequest, sink_id: UUID) -> HttpResponse:
    """Send nothing more until it is resumed."""
    sink = _found(request, sink_id)
    if keeping.pause(sink, by=person_of(request), now=timezone.now()):
        messages.success(request, f"{sink.name} is paused. Nothing is lost: it goes on where it is.")
    return redirect("stream:sinks")


@require_POST
@roles_required(*KEEPERS)
def resume(request: HttpRequest, sink_id: UUID) -> HttpResponse:
    """Go on where it was paused."""
    sink = _found(request, sink_id)
    if keeping.resume(sink, by=person_of(request), now=timezone.now()):
        messages.success(request, f"{sink.name} goes on.")
    return redirect("stream:sinks")


@require_POST
@roles_required(*KEEPERS)
def remove(request: HttpRequest, sink_id: UUID) -> HttpResponse:
    """Take a receiver away."""
    sink = _found(request, sink_id)
    keeping.remove(sink, by=person_of(request), now=timezone.now())
    messages.success(request, f"{sink.name} is removed. What it was sent stays where it is.")
    return redirect("stream:sinks")


def _found(request: HttpRequest, sink_id: UUID, **asked: Any) -> Sink:
    found: Sink = get_object_or_404(Sink.objects.kept_by(person_of(request)), pk=sink_id, **asked)
    return found


def _waits(reach: Reach) -> str:
    return "" if reach.is_narrow else "Names, texts and past records wait until another officer consents. "


def _page(
    request: HttpRequest,
    form: SinkForm,
    *,
    made: tuple[Sink, str] | None = None,
    wider: tuple[UUID, ReachForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    person, size = person_of(request), delivering.size_now()
    rows = _rows(list(Sink.objects.visible_to(person)), size=size, wider=wider, now=timezone.now())
    page: dict[str, Any] = {
        "rows": rows, "sink_form": form, "made": made, "size": size, "may_keep": person.has_role(*KEEPERS),
        "pull_address": f"{settings.BASE_URL}{reverse('record_api:logs')}",
    }  # fmt: skip
    return render(request, "audit/stream/sinks.html", page, status=status)


def _rows(listed: list[Sink], *, size: int, wider: tuple[UUID, ReachForm] | None, now: datetime) -> list[Row]:
    asked, typed = widening.asked_for(listed, now=now), dict([wider]) if wider else {}
    keys = PullKey.objects.in_bulk([sink.pk for sink in listed])
    return [
        Row(
            sink,
            delivering.lag_of(sink, size=size),
            str(files.folder_of(sink.pk)),
            key := keys.get(sink.pk),
            key is not None and key.has_ended(now),
            asked.get(str(sink.pk)),
            typed.get(sink.pk) or ReachForm(auto_id=f"wider_{sink.pk}_%s"),
        )
        for sink in listed
    ]
