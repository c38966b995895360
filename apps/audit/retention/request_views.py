"""Doors to what people ask for about their own data: packages and erasures; and to one's own packages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from apps.accounts.access import person_of, signed_in
from apps.accounts.models import Role
from apps.audit.approvals.asking import NotApproved, ReasonTooShort
from apps.audit.doors import desk, officers_only
from apps.audit.retention import packaging, requests
from apps.audit.retention.forms import ErasureForm, RequestForm
from apps.audit.retention.looking import looked_at, looked_up_in_vain, refused
from apps.audit.retention.models import PersonRequest
from apps.audit.telling import written
from apps.privacy.keys import KeyDestroyed

SHOWN = 50
NAME = "your-data.zip"


@desk
def page(request: HttpRequest) -> HttpResponse:
    """Show what people asked for and how far it is."""
    looked_at("requests", by=person_of(request), now=timezone.now())
    return _page(request)


@desk
def list_piece(request: HttpRequest) -> HttpResponse:
    """Show how far requests are, for a page that watches them."""
    return render(request, "audit/retention/_requests.html", _listed(request))


@officers_only
def package(request: HttpRequest) -> HttpResponse:
    """Have a copy of a person's data made."""
    officer = person_of(request)
    form = written(RequestForm(request.POST, by=officer, auto_id="package_%s"), by=officer)
    if not form.is_valid():
        refused("requests", form, by=officer, now=timezone.now())
        return _page(request, package_form=form, status=422)
    said = form.cleaned_data
    try:
        requests.ask_for_package(said["person"], why=said["why"], by=officer, now=timezone.now())
    except requests.AlreadyAsked as reason:
        looked_up_in_vain("requests", found=1, reason=said["why"], by=officer, now=timezone.now())
        form.add_error(None, reason.sentence)
        return _page(request, package_form=form, status=409)
    messages.success(request, "The package is being made. It can be downloaded here, and by the person, for 14 days.")
    return redirect("retention:requests")


@officers_only
def erasure(request: HttpRequest) -> HttpResponse:
    """Ask a second officer to consent to an erasure."""
    officer = person_of(request)
    form = written(ErasureForm(request.POST, by=officer, auto_id="erasure_%s"), by=officer)
    if not form.is_valid():
        refused("requests", form, by=officer, now=timezone.now())
        return _page(request, erasure_form=form, status=422)
    said = form.cleaned_data
    try:
        requests.ask_for_erasure(
            said["person"], closes_account=said["closes_account"], why=said["why"], by=officer, now=timezone.now()
        )
    except (requests.PersonHeld, ReasonTooShort) as reason:
        looked_up_in_vain("requests", found=1, reason=said["why"], by=officer, now=timezone.now())
        form.add_error(None, reason.sentence)
        return _page(request, erasure_form=form, status=409)
    messages.success(request, "You asked. Nothing is erased until a second officer consents.")
    return redirect("retention:requests")


@officers_only
def discard(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Discard a package before its time is over."""
    officer = person_of(request)
    found = get_object_or_404(PersonRequest.objects.visible_to(officer), pk=request_id)
    if packaging.discard(found, by=officer, now=timezone.now()):
        messages.success(request, "The package is discarded. Nobody can read it any more.")
    else:
        messages.info(request, "Nothing changed: there is no package to discard, or a legal hold keeps it.")
    return redirect("retention:requests")


@officers_only
def download(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Hand a package out to the officer who gives it to the person; where that takes two, ask the second one."""
    officer, now = person_of(request), timezone.now()
    found = get_object_or_404(PersonRequest.objects.visible_to(officer), pk=request_id)
    try:
        return _handed_out(found, partial(packaging.download_for, found, by=officer, now=now))
    except NotApproved:
        requests.ask_to_download(found, by=officer, now=now)
    messages.info(
        request,
        "It holds a person's own words, so a second officer has to consent first. They are asked; download it here "
        "when they have. The person can download it at any time.",
    )
    return redirect("retention:requests")


@require_GET
@signed_in
@cache_control(no_store=True, private=True)
def mine(request: HttpRequest) -> HttpResponse:
    """Show a person the packages that were made of their own data."""
    own = PersonRequest.objects.of_person(person_of(request)).filter(state=PersonRequest.State.DONE)
    return render(request, "audit/retention/mine.html", {"packages": own[:SHOWN]})


@require_GET
@signed_in
@cache_control(no_store=True, private=True)
def download_mine(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Hand a package out to the person it is about."""
    person = person_of(request)
    found = get_object_or_404(PersonRequest.objects.of_person(person), pk=request_id)
    return _handed_out(found, partial(packaging.download, found, by=person, now=timezone.now()))


def _handed_out(found: PersonRequest, opened: Callable[[], Iterator[bytes]]) -> HttpResponse:
    if found.state != PersonRequest.State.DONE:
        raise Http404
    try:
        pieces = opened()
        first = next(pieces, b"")
    except (KeyDestroyed, FileNotFoundError):
        raise Http404 from None

    def whole() -> Any:
        yield first
        yield from pieces

    response = StreamingHttpResponse(whole(), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{NAME}"'
    response["Content-Length"] = str(found.size)
    response["X-Content-Type-Options"] = "nosniff"
    return response  # type: ignore[return-value]  # it streams, and is a response in every other way


def _listed(request: HttpRequest) -> dict[str, Any]:
    officer = person_of(request)
    seen = list(PersonRequest.objects.visible_to(officer)[:SHOWN])
    return {
        "requests": seen,
        "is_live": any(each.is_open for each in seen),
        "is_officer": officer.has_role(Role.COMPLIANCE_OFFICER),
    }


def _page(
    request: HttpRequest,
    *,
    package_form: RequestForm | None = None,
    erasure_form: ErasureForm | None = None,
    status: int = 200,
) -> HttpResponse:
    officer = person_of(request)
    context = {
        **_listed(request),
        "package_form": package_form or RequestForm(by=officer, auto_id="package_%s"),
        "erasure_form": erasure_form or ErasureForm(by=officer, auto_id="erasure_%s"),
    }
    return render(request, "audit/retention/requests.html", context, status=status)
