"""Doors for everybody to their own record: what was recorded, what they were told, and how to object."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.access import person_of, signed_in
from apps.audit.notices import objecting, own, sending, words
from apps.audit.notices.forms import ABOUT_RECORD, ObjectionForm, ReplyForm

NOTHING_KEPT = cache_control(no_store=True, private=True)


@require_GET
@signed_in
@NOTHING_KEPT
def mine(request: HttpRequest) -> HttpResponse:
    """List the exchanges that the record has of this person."""
    before = request.GET.get("before", "")
    try:
        page = own.listed(person_of(request), before=UUID(before) if before else None)
    except (ValueError, sending.NoSuchExchange):
        raise Http404 from None
    return render(request, "audit/notices/own_list.html", {"page": page, "is_first_page": not before})


@require_GET
@signed_in
@NOTHING_KEPT
def exchange(request: HttpRequest, exchange_id: UUID) -> HttpResponse:
    """Show one exchange of the person's own as it was recorded."""
    try:
        found = own.opened(person_of(request), exchange_id, now=timezone.now())
    except sending.NoSuchExchange:
        raise Http404 from None
    return _record_page(request, found)


@require_POST
@signed_in
@NOTHING_KEPT
def object_to(request: HttpRequest, exchange_id: UUID) -> HttpResponse:
    """Object to what was recorded of an exchange, or to a finding about it."""
    person = person_of(request)
    try:
        found = own.read(person, exchange_id)
    except sending.NoSuchExchange:
        raise Http404 from None
    form = ObjectionForm(request.POST, told=found.told)
    if not form.is_valid():
        return _record_page(request, found, form=form, status=422)
    about = form.cleaned_data["about"]
    try:
        objecting.object_to(
            exchange_id, text=form.cleaned_data["text"], by=person, now=timezone.now(),
            notice_id=None if about == ABOUT_RECORD else UUID(about),
        )  # fmt: skip
    except (objecting.CannotObject, words.WordsUnusable) as reason:
        form.add_error(None, reason.sentence)
        return _record_page(request, found, form=form, status=409)
    messages.success(request, "Your objection is kept. An officer who had no part in it answers within 30 days.")
    return redirect("record:exchange", exchange_id)


@require_GET
@signed_in
@NOTHING_KEPT
def notices(request: HttpRequest) -> HttpResponse:
    """Show a person what the compliance office told them."""
    return _notices_page(request)


@require_POST
@signed_in
@NOTHING_KEPT
def acknowledge(request: HttpRequest, notice_id: UUID) -> HttpResponse:
    """Keep that the person read a notice, with their answer where it asks for one."""
    person, reply = person_of(request), request.POST.get("reply", "")
    try:
        sending.acknowledge(notice_id, reply=reply, by=person, now=timezone.now())
    except sending.NoSuchNotice:
        raise Http404 from None
    except (sending.ReplyMissing, words.WordsUnusable) as reason:
        form = ReplyForm({"reply": reply}, auto_id=f"reply_{notice_id}_%s")
        form.is_valid()
        form.errors["reply"] = form.error_class([reason.sentence])
        return _notices_page(request, typed={notice_id: form}, status=422)
    messages.success(request, "Kept, with the time.")
    return redirect("record:notices")


def _record_page(
    request: HttpRequest, found: own.OwnRecord, *, form: ObjectionForm | None = None, status: int = 200
) -> HttpResponse:
    page = {"record": found, "exchange": found.exchange, "form": form or ObjectionForm(told=found.told)}
    return render(request, "audit/notices/own_record.html", page, status=status)


def _notices_page(
    request: HttpRequest, *, typed: dict[UUID, ReplyForm] | None = None, status: int = 200
) -> HttpResponse:
    forms: dict[UUID, ReplyForm] = typed or {}
    shown: list[tuple[words.Letter, Any]] = [
        (letter, forms.get(letter.notice.pk) or ReplyForm(auto_id=f"reply_{letter.notice.pk}_%s"))
        for letter in own.letters_to(person_of(request))
    ]
    return render(request, "audit/notices/own_notices.html", {"letters": shown}, status=status)
