"""The officers' pages. Every look is recorded before anything is shown: no record, no page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from apps.accounts.access import person_of
from apps.accounts.fresh import freshly_signed_in, proved_at
from apps.accounts.models import Role, User
from apps.audit import events as event_list
from apps.audit import exchange as one
from apps.audit import exchanges as exchange_list
from apps.audit import integrity, looks
from apps.audit.approvals.asking import NotApproved
from apps.audit.conversation import around
from apps.audit.doors import desk, desk_acts, officers_only
from apps.audit.filters import EventFilter, ExchangeFilter
from apps.audit.formatted_views import documents, may_frame
from apps.audit.forms import AcknowledgeForm
from apps.audit.original import (
    CannotBeShown,
    ReasonForm,
    ask_for_consent,
    reason_of,
    way_for,
    with_original_text,
)
from apps.audit.paging import Cursor, CursorBroken, cursor_of
from apps.audit.reads import TookTooLong
from apps.audit.telling import written
from apps.ledger.alarms import NoSuchAlarm
from apps.ledger.proofs import DoesNotFit, NotYetSigned
from apps.ledger.standing import INCIDENTS
from apps.ledger.verify import Report
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


@may_frame
@desk
def exchange(request: HttpRequest, exchange_id: UUID) -> HttpResponse:
    """Show one exchange in full, scrubbed as it left."""
    return _scrubbed_page(request, _found(request, exchange_id))


@may_frame
@officers_only
def ask_original(request: HttpRequest, exchange_id: UUID) -> HttpResponse:
    """Ask a second officer to consent to showing the original text."""
    officer = person_of(request)
    found, form = _found(request, exchange_id), written(ReasonForm(request.POST), by=officer)
    if not form.is_valid():
        return _scrubbed_page(request, found, form=form, status=400)
    try:
        ask_for_consent(found, officer=officer, reason=form.cleaned_data["reason"], now=timezone.now())
    except CannotBeShown as reason:
        return _scrubbed_page(request, found, trouble=reason.sentence, status=409)
    messages.success(request, "You asked. As soon as another officer consents, this page offers the original text.")
    return redirect("audit:exchange", exchange_id)


@may_frame
@officers_only
@freshly_signed_in
def original(request: HttpRequest, exchange_id: UUID) -> HttpResponse:
    """Show one exchange with the words behind its placeholders: with a reason, or with another officer's consent."""
    found, officer, now = _found(request, exchange_id), person_of(request), timezone.now()
    way = way_for(officer, found, form=written(ReasonForm(request.POST), by=officer), now=now)
    if way and not way.takes_two and not way.form.is_valid():
        return _scrubbed_page(request, found, form=way.form, status=400)
    try:
        reason = reason_of(way)
        shown = with_original_text(found, officer=officer, reason=reason, signed_in_at=proved_at(request), now=now)
    except (CannotBeShown, NotApproved) as refused:
        return _scrubbed_page(request, found, trouble=refused.sentence, status=409)
    mark = f"Shown to {officer.name}, {timezone.localtime(now):%-d %b %Y, %H:%M}: {reason}"
    page = {"exchange": shown, "looks": one.looks_at(exchange_id), "is_unmasked": True, "watermark": mark}
    page |= {"around": around(officer, shown.intent), "formatted": documents(request, shown)}
    return render(request, "audit/exchange.html", page)


@desk
def ledger(request: HttpRequest) -> HttpResponse:
    """Say how the ledger stands: what is signed, what waits, what the witnesses have seen, which alarms are open."""
    return _ledger_page(request)


@officers_only
def ledger_acknowledge(request: HttpRequest) -> HttpResponse:
    """Put on the record that this officer knows of an alarm, and what they do about it."""
    form = written(AcknowledgeForm(request.POST), by=person_of(request))
    if not form.is_valid():
        return _ledger_page(request, form=form, status=422)
    try:
        integrity.acknowledge(person_of(request), now=timezone.now(), **form.cleaned_data)
    except NoSuchAlarm as gone:
        messages.error(request, gone.sentence)
    else:
        is_over = form.cleaned_data["kind"] in INCIDENTS
        then = "The alarm has ended with that." if is_over else "The alarm stays until it ends."
        messages.success(request, f"It is on the record that you know. {then}")
    return redirect("audit:ledger")


@desk_acts
def ledger_check(request: HttpRequest) -> HttpResponse:
    """Check the newest records against the signed tree and say in words how that ended."""
    return _ledger_page(request, report=integrity.check(person_of(request), now=timezone.now()))


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


def _ledger_page(
    request: HttpRequest, *, report: Report | None = None, form: AcknowledgeForm | None = None, status: int = 200
) -> HttpResponse:
    """Show how the ledger stands; each alarm with a form for officers, the one that was sent as they typed it."""
    stands = integrity.now_standing(timezone.now())
    sent = form.data.get("kind") if form else None
    alarms = [
        (alarm, form if alarm.kind == sent else AcknowledgeForm.about(alarm)) for alarm in stands.standing.alarms
    ]  # fmt: skip
    may_acknowledge = person_of(request).has_role(Role.COMPLIANCE_OFFICER)
    page = {"ledger": stands, "report": report, "alarms": alarms, "may_acknowledge": may_acknowledge}
    return render(request, "audit/ledger.html", page, status=status)


def _found(request: HttpRequest, exchange_id: UUID) -> one.FullExchange:
    try:
        return one.read(person_of(request), exchange_id)
    except one.NoSuchExchange:
        raise Http404 from None


def _scrubbed_page(
    request: HttpRequest,
    exchange: one.FullExchange,
    *,
    form: ReasonForm | None = None,
    trouble: str = "",
    status: int = 200,
) -> HttpResponse:
    """Record the look, then show the exchange without what its placeholders stand for."""
    exchange_id, officer, now = exchange.intent.id, person_of(request), timezone.now()
    looks.opened(officer, exchange_id=exchange_id, label=exchange.label, now=now)
    page = {"exchange": exchange, "looks": one.looks_at(exchange_id), "trouble": trouble}
    page |= {"way": way_for(officer, exchange, form=form, now=now), "ledger_key": integrity.key_in_force()}
    page |= {"around": around(officer, exchange.intent)}
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
