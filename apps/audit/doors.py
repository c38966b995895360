"""Who comes in at the officers' desk, and on which terms: every look is recorded before anything is shown."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.access import roles_required
from apps.accounts.models import Role
from apps.ledger.records import LedgerUnavailable

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def desk(view: View[P]) -> View[P]:
    """Let officers and auditors read, keep nothing in any cache, and show nothing that could not be recorded."""
    return roles_required(Role.COMPLIANCE_OFFICER, Role.AUDITOR)(require_GET(_on_the_record(view)))


def officers_read(view: View[P]) -> View[P]:
    """Let officers read what auditors have no part in, on the same terms."""
    return roles_required(Role.COMPLIANCE_OFFICER)(require_GET(_on_the_record(view)))


def officers_only(view: View[P]) -> View[P]:
    """Let officers act, who are neither auditors nor admins, on the same terms."""
    return roles_required(Role.COMPLIANCE_OFFICER)(require_POST(_on_the_record(view)))


def desk_acts(view: View[P]) -> View[P]:
    """Let officers and auditors act on what changes nothing that was recorded, on the same terms."""
    return roles_required(Role.COMPLIANCE_OFFICER, Role.AUDITOR)(require_POST(_on_the_record(view)))


def _on_the_record(view: View[P]) -> View[P]:
    @wraps(view)
    def page(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except LedgerUnavailable:
            return HttpResponse(render_to_string("audit/not_recorded.html"), status=503)

    return cache_control(no_store=True, private=True)(page)
