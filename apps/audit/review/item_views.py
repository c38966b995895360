"""Doors to an officer's work: take, decide, pass on, note. Each act has an address of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from apps.accounts.access import person_of
from apps.accounts.models import User
from apps.audit.approvals.asking import ReasonTooShort
from apps.audit.approvals.forms import WhyForm
from apps.audit.doors import officers_only, officers_read
from apps.audit.review import acts, deciding, looks, notes, quality, work
from apps.audit.review.forms import VerdictForm, WordsForm
from apps.audit.review.models import Item, Queue, Recheck
from apps.audit.review.queue_views import items_page
from apps.audit.telling import written

LISTED_AT_MOST = 100
RECHECKS_SHOWN = 20


@officers_read
def mine(request: HttpRequest) -> HttpResponse:
    """Show what this officer holds, what was assigned to them, what waits for a second one, and what to check again."""
    now, officer = timezone.now(), person_of(request)
    items = Item.objects.visible_to(officer).open().select_related("queue").order_by("due_at", "id")
    assigned = list(items.filter(assigned_to=officer, claimed_by=None)[:LISTED_AT_MOST])
    shown = {
        "held": items.filter(claimed_by=officer)[:LISTED_AT_MOST],
        "assigned": [each for each in assigned if not work.is_waiting(each, now)],
        "waiting": [each for each in assigned if work.is_waiting(each, now)],
        "rechecks": Recheck.objects.offered_to(officer).select_related("item__queue")[:RECHECKS_SHOWN],
        "now": now,
    }
    looks.looked(officer, "mine", now=now)
    return render(request, "audit/review/mine.html", shown)


@officers_only
def take_next(request: HttpRequest) -> HttpResponse:
    """Take what is due first, of one queue or of all, and open it."""
    officer = person_of(request)
    queue = _queue(request.POST.get("queue", ""))
    item = work.take_next(by=officer, queue_id=queue.pk if queue else None, now=timezone.now())
    if item is None:
        messages.info(request, "Nothing is left to take" + (f" in “{queue.name}”." if queue else "."))
        return redirect("review:queue", queue.pk) if queue else redirect("review:queues")
    return redirect(_page_of(item))


@officers_only
def claim(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Take one item."""
    return _done(request, item_id, "", lambda by, now: work.claim(item_id, by=by, now=now))


@officers_only
def release(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Let go of an item."""
    return _done(request, item_id, "You let go of it.", lambda by, now: work.release(item_id, by=by, now=now))


@officers_only
def assign(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Hand an item to an officer, or to nobody in particular."""
    to = _officer(request.POST.get("officer", ""))
    said = f"{to.name} has it now." if to else "It is anybody's again."
    return _done(request, item_id, said, lambda by, now: work.assign(item_id, to=to, by=by, now=now))


@officers_only
def escalate(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Pass an item on to level 2."""
    return _with_words(
        request, item_id, title="Escalate to level 2", label="Why", done="It is at level 2 now.",
        act=lambda text, by, now: work.escalate(item_id, reason=text, by=by, now=now),
    )  # fmt: skip


@officers_only
def note(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Write a note."""
    return _with_words(
        request, item_id, title="Note", label="Note", done="Your note is kept.",
        act=lambda text, by, now: notes.add(item_id, text=text, by=by, now=now),
    )  # fmt: skip


@officers_only
def reopen(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Open a closed item again."""
    return _with_words(
        request, item_id, title="Open again", label="Why", done="It is open again.",
        act=lambda text, by, now: deciding.reopen(item_id, reason=text, by=by, now=now),
    )  # fmt: skip


@officers_only
def close(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Close an item with a finding."""
    item, form = _item(request, item_id), VerdictForm(request.POST)
    if not form.is_valid():
        return _again(request, item, "Decide", {"verdict_form": form}, status=422)
    try:
        deciding.close(
            item_id, verdict=form.verdict(), note=form.cleaned_data["note"], by=person_of(request), now=timezone.now()
        )
    except acts.CannotBeDone as reason:
        return _again(request, item, "Decide", {"verdict_form": form, "trouble": reason.sentence}, status=409)
    messages.success(request, "Decided, and on the record.")
    return redirect(_page_of(item))


@officers_only
def ask_to_close(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Ask a second officer to consent to closing an item of high severity."""
    item, form = _item(request, item_id), VerdictForm(request.POST)
    why = written(WhyForm(request.POST), by=person_of(request))
    forms = {"verdict_form": form, "why_form": why}
    if not (form.is_valid() & why.is_valid()):
        return _again(request, item, "Ask a second officer", forms, status=422)
    try:
        deciding.ask_to_close(
            item_id, verdict=form.verdict(), why=why.cleaned_data["why"], by=person_of(request), now=timezone.now()
        )
    except (acts.CannotBeDone, ReasonTooShort) as reason:
        return _again(request, item, "Ask a second officer", forms | {"trouble": reason.sentence}, status=409)
    messages.success(request, "You asked. It closes when a second officer consents.")
    return redirect(_page_of(item))


@officers_only
def close_many(request: HttpRequest, queue_id: UUID) -> HttpResponse:
    """Close the ticked items of a queue alike, each with a record of its own."""
    queue, form = get_object_or_404(Queue, pk=queue_id), VerdictForm(request.POST)
    chosen = _ids(request.POST.getlist("items"))
    if not form.is_valid() or not chosen or len(chosen) > deciding.MANY_AT_MOST:
        sentence = f"Tick 1 to {deciding.MANY_AT_MOST} items and choose what you found."
        return items_page(request, queue, verdict_form=form, chosen=chosen, many_trouble=sentence, status=422)
    if Item.objects.filter(pk__in=chosen).exclude(queue=queue).exists():
        raise Http404
    done, left = deciding.close_many(chosen, verdict=form.verdict(), by=person_of(request), now=timezone.now())
    return items_page(request, queue, done=done, left=left, status=200 if done else 409)


@officers_only
def recheck(request: HttpRequest, recheck_id: UUID) -> HttpResponse:
    """Say what one finds in an item that another officer closed."""
    officer = person_of(request)
    waiting = Recheck.objects.offered_to(officer).select_related("item__queue").filter(pk=recheck_id).first()
    if waiting is None:
        raise Http404
    form = VerdictForm(request.POST)
    typed = {"verdict_form": form, "recheck": waiting}
    if not form.is_valid():
        return _again(request, waiting.item, "Check again", typed, status=422)
    try:
        quality.recheck(recheck_id, verdict=form.verdict(), by=officer, now=timezone.now())
    except acts.NoSuchItem:
        raise Http404 from None
    except acts.CannotBeDone as reason:
        return _again(request, waiting.item, "Check again", typed | {"trouble": reason.sentence}, status=409)
    messages.success(request, "Kept beside the first finding.")
    return redirect("review:mine")


def _done(request: HttpRequest, item_id: UUID, said: str, act: Callable[[User, datetime], object]) -> HttpResponse:
    item = _item(request, item_id)
    try:
        act(person_of(request), timezone.now())
    except acts.CannotBeDone as reason:
        messages.error(request, reason.sentence)
    else:
        if said:
            messages.success(request, said)
    return redirect(_page_of(item))


def _with_words(
    request: HttpRequest,
    item_id: UUID,
    *,
    title: str,
    label: str,
    done: str,
    act: Callable[[str, User, datetime], object],
) -> HttpResponse:
    """Do something that needs words; words that will not do are shown again with what is wrong."""
    item, form = _item(request, item_id), WordsForm(request.POST)
    form.fields["text"].label = label
    if not form.is_valid():
        return _again(request, item, title, {"words_form": form}, status=422)
    try:
        act(form.cleaned_data["text"], person_of(request), timezone.now())
    except acts.CannotBeDone as reason:
        return _again(request, item, title, {"words_form": form, "trouble": reason.sentence}, status=409)
    messages.success(request, done)
    return redirect(_page_of(item))


def _again(request: HttpRequest, item: Item, title: str, typed: dict[str, Any], *, status: int) -> HttpResponse:
    page = {"item": item, "title": title, "back": _page_of(item), **typed}
    return render(request, "audit/review/again.html", page, status=status)


def _item(request: HttpRequest, item_id: UUID) -> Item:
    found = Item.objects.visible_to(person_of(request)).select_related("queue").filter(pk=item_id).first()
    if found is None:
        raise Http404
    return found


def _queue(code: str) -> Queue | None:
    return get_object_or_404(Queue, pk=_uuid(code)) if code else None


def _officer(code: str) -> User | None:
    return get_object_or_404(User, pk=_uuid(code), is_active=True) if code else None


def _uuid(code: str) -> UUID:
    try:
        return UUID(code)
    except ValueError:
        raise Http404 from None


def _ids(codes: list[str]) -> list[UUID]:
    return list(dict.fromkeys(_uuid(code) for code in codes))


def _page_of(item: Item) -> str:
    return f"{reverse('audit:exchange', args=[item.exchange_id])}?{urlencode({'item': str(item.pk)})}"
