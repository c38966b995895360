"""The calm pages for what went wrong; each says what happened and what to do."""

from __future__ import annotations

import sys

from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from apps.ledger.records import LedgerUnavailable
from apps.ledger.vocabulary import Action
from portal import recording

RETRY_AFTER_SECONDS = 30


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Show 400."""
    return render(request, "errors/400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Show 403, and put on the record who was refused what."""
    recording.denied(request, Action.ACCESS_DENIED)
    return render(request, "errors/403.html", status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Show 403 for a form that was opened in another session, or by another site."""
    recording.denied(request, Action.FORM_REFUSED)
    return render(request, "errors/csrf.html", status=403)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Show 404."""
    return render(request, "errors/404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Show 500, or 503 when the database cannot be reached or written; needs neither the database nor the session."""
    if isinstance(sys.exception(), OperationalError | InterfaceError | InternalError | LedgerUnavailable):
        return not_ready(request)
    return HttpResponse(render_to_string("errors/500.html"), status=500)


def not_ready(request: HttpRequest) -> HttpResponse:
    """Show 503: what an answer needs cannot be reached, so nothing is sent."""
    page = render_to_string("errors/not_ready.html")
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS), "Cache-Control": "no-store"}
    return HttpResponse(page, status=503, headers=headers)
