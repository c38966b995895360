"""The officers' pages. Every look is recorded before anything is shown: no record, no page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from apps.accounts.access import person_of
from apps.accounts.models import Role, User
from apps.audit import events as event_list
from apps.audit import exchange as one
from apps.audit import exchanges as exchange_list
from apps.audit import integrity, looks
from apps.audit.doors import desk, desk_acts, officers_only
from apps.audit.filters import EventFilter, ExchangeFilter
from apps.audit.original import CannotBeShown, ReasonForm, with_original_text
from apps.audit.paging import Cursor, CursorBroken, cursor_of
from apps.audit.reads import TookTooLong
from apps.ledger.proofs import DoesNotFit, NotYetSigned
from apps.ledger.vocabulary import Action


@desk
def exchanges(request: HttpRequest) -> HttpResponse:
    """List exchanges, newest first."""
    form = ExchangeFilter(request.GET)
    officer, now = person_of(request), timezone.now()
    return _list_page(
        request, "audit/exchanges.html", form=form, read=exchange_list.listed,
        searched=Action.AUDIT_SEARCHED, paged=Action.AUDIT_PAGED,
        more=lambda: {"today": exchange_list.today(officer, now), "estimate": _estimate(officer, form)},
    )  # fmt: skip


@desk
def events(request: HttpRequest) -> HttpResponse:
    """List events, newest first: sign-ins, changes by admins, and who looked at which record."""
    return _list_page(
        request, "audit/events.html", form=EventFilter(request.GET), read=event_list.listed,
        searched=Action.AUDIT_EVENTS_SEARCHED, paged=Action.AUDIT_EVENTS_PAGED, more=dict,
    )  # fmt: skip


@desk
def exchange(request: HttpRequest, exchange_id: UUID) -> HttpResponse:
    """Show one exchange in full, scrubbed as it left."""
    form = ReasonForm() if person_of(request).has_role(Role.COMPLIANCE_OFFICER) else None
    return _scrubbed_page(request, _found(request, exchange_id), form=form)


@officers_only
def original(request: HttpRequest, exchange_id: UUID) -> HttpResponse:
    """Show one exchange with the words behind its placeholders, to an officer who says why."""
    found, officer = _found(request, exchange_id), person_of(request)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _scrubbed_page(request, found, form=form, status=400)
    try:
        shown = with_original_text(found, officer=officer, reason=form.cleaned_data["reason"], now=timezone.now())
    except CannotBeShown as reason:
        return _scrubbed_page(request, found, form=None, trouble=reason.sentence, status=409)
    page = {"exchange": shown, "looks": one.looks_at(exchange_id), "is_unmasked": True}
    return render(request, "audit/exchange.html", page)


@desk
def ledger(request: HttpRequest) -> HttpResponse:
    """Say how the ledger stands: what is signed, what waits, what the witnesses have seen, which alarms are open."""
    return render(request, "audit/ledger.html", {"ledger": integrity.now_standing(timezone.now())})


@desk_acts
def ledger_check(request: HttpRequest) -> HttpResponse:
    """Check the newest records against the signed tree and say in words how that ended."""
    now = timezone.now()
    report = integrity.check(person_of(request), now=now)
    return render(request, "audit/ledger.html", {"ledger": integrity.now_standing(now), "report": report})


@desk
def proof(request: HttpRequest, exchange_id: UUID, part: str) -> HttpResponse:
    """Hand out the proof of a record as a file; where there is none, say why in plain text."""
    try:
        made = integrity.proof(person_of(request), exchange_id, part, now=timezone.now())
    except one.NoSuchExchange:
        raise Http404 from None
    except (NotYetSigned, DoesNotFit) as reason:
        return HttpResponse(reason.sentence, status=409, content_type="text/plain; charset=utf-8")
    answer = HttpResponse(str(made), content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{exchange_id}-{part}.tlog-proof"'
    return answer


def _found(request: HttpRequest, exchange_id: UUID) -> one.FullExchange:
    try:
        return one.read(person_of(request), exchange_id)
    except one.NoSuchExchange:
        raise Http404 from None


def _scrubbed_page(
    request: HttpRequest, exchange: one.FullExchange, *, form: ReasonForm | None, trouble: str = "", status: int = 200
) -> HttpResponse:
    """Record the look, then show the exchange without what its placeholders stand for."""
    exchange_id = exchange.intent.id
    looks.opened(person_of(request), exchange_id=exchange_id, label=exchange.label, now=timezone.now())
    page = {"exchange": exchange, "looks": one.looks_at(exchange_id), "reason_form": form, "trouble": trouble}
    page["ledger_key"] = integrity.key_in_force()
    return render(request, "audit/exchange.html", page, status=status)


def _list_page(
    request: HttpRequest,
    template: str,
    *,
    form: Any,
    read: Callable[[User, Any, Cursor | None], Any],
    searched: Action,
    paged: Action,
    more: Callable[[], dict[str, Any]],
) -> HttpResponse:
    """Validate, read, record the look, show; a list that cannot be read says why and shows nothing."""
    officer = person_of(request)
    page: dict[str, Any] = {"form": form, "chips": []}
    try:
        cursor = cursor_of(request.GET)
        if not form.is_valid():
            return render(request, template, page, status=400)
        page |= {"list": read(officer, form, cursor), "chips": form.chips(), "is_first_page": cursor is None, **more()}
    except CursorBroken as broken:
        return render(request, template, page | {"trouble": broken.sentence}, status=400)
    except TookTooLong as slow:
        looks.stopped(officer, action=searched, filters=form.in_force(), now=timezone.now())
        return render(request, template, page | {"trouble": slow.sentence, "chips": form.chips()}, status=503)
    looks.looked_through(
        officer, action=paged if cursor else searched, filters=form.in_force(), cursor=cursor,
        shown=[row.id for row in page["list"].rows], now=timezone.now(),
    )  # fmt: skip
    return render(request, template, page)


def _estimate(officer: User, form: ExchangeFilter) -> exchange_list.Estimate | None:
    """Count what was found, on the first page of a search alone."""
    is_search = bool(form.in_force()) and not {"older", "newer"} & form.asked.keys()
    return exchange_list.estimated(officer, form) if is_search else None
