"""The officers' pages. Every look is recorded before anything is shown: no record, no page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from apps.accounts.access import person_of, roles_required
from apps.accounts.models import Role, User
from apps.audit import events as event_list
from apps.audit import exchange as one
from apps.audit import exchanges as exchange_list
from apps.audit import looks
from apps.audit.filters import EventFilter, ExchangeFilter
from apps.audit.paging import Cursor, CursorBroken, cursor_of
from apps.audit.reads import TookTooLong
from apps.ledger.records import LedgerUnavailable
from apps.ledger.vocabulary import Action

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def desk(view: View[P]) -> View[P]:
    """Let officers and auditors read, keep nothing in any cache, and show nothing that could not be recorded."""

    @wraps(view)
    def page(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except LedgerUnavailable:
            return HttpResponse(render_to_string("audit/not_recorded.html"), status=503)

    guarded = require_GET(cache_control(no_store=True, private=True)(page))
    return roles_required(Role.COMPLIANCE_OFFICER, Role.AUDITOR)(guarded)


@desk
def exchanges(request: HttpRequest) -> HttpResponse:
    """List exchanges, newest first."""
    form = ExchangeFilter(request.GET)
    now = timezone.now()
    return _list_page(
        request, "audit/exchanges.html", form=form, read=exchange_list.listed,
        searched=Action.AUDIT_SEARCHED, paged=Action.AUDIT_PAGED,
        more=lambda: {"today": exchange_list.today(now)},
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
    """Show one exchange in full."""
    try:
        found = one.read(exchange_id)
    except one.NoSuchExchange:
        raise Http404 from None
    looks.opened(person_of(request), exchange_id=exchange_id, label=found.label, now=timezone.now())
    return render(request, "audit/exchange.html", {"exchange": found, "looks": one.looks_at(exchange_id)})


def _list_page(
    request: HttpRequest,
    template: str,
    *,
    form: Any,
    read: Callable[[Any, Cursor | None], Any],
    searched: Action,
    paged: Action,
    more: Callable[[], dict[str, Any]],
) -> HttpResponse:
    """Validate, read, record the look, show; a list that cannot be read says why and shows nothing."""
    officer = person_of(request)
    page: dict[str, Any] = {"form": form, "people": _people(), "chips": []}
    try:
        cursor = cursor_of(request.GET)
        if not form.is_valid():
            return render(request, template, page, status=400)
        page |= {"list": read(form, cursor), "chips": form.chips(), "is_first_page": cursor is None, **more()}
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


def _people() -> list[str]:
    """Names to choose from while typing, 200 at most; any other name can be typed."""
    return list(User.objects.order_by("name").values_list("name", flat=True)[:200])
