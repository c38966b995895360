"""The page on which an officer learns, with a reason, who is behind a pseudonym, and hides it again."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from apps.accounts.access import person_of
from apps.audit import names
from apps.audit.doors import officers_only, officers_read
from apps.audit.forms import FindForm, RevealForm
from apps.audit.names import NobodyCalledSo, TooManyCalledSo
from apps.audit.pseudonyms import NotAPseudonym, person_behind
from apps.audit.telling import written


@officers_read
def people(request: HttpRequest) -> HttpResponse:
    """Show the two ways to a name, and the names that are shown now."""
    asked = {"pseudonym": request.GET.get("pseudonym", ""), "back": request.GET.get("back", "")}
    return _page(request, RevealForm(initial=asked), FindForm())


@officers_only
def reveal(request: HttpRequest) -> HttpResponse:
    """Show who is behind a pseudonym, then go back to where the officer came from."""
    form = written(RevealForm(request.POST), by=person_of(request))
    if not form.is_valid():
        return _page(request, form, FindForm(), status=400)
    asked = form.cleaned_data
    names.reveal(
        person_of(request), asked["pseudonym"], reason=asked["reason"], session=request.session, now=timezone.now()
    )
    return _back(request, asked["back"])


@officers_only
def find(request: HttpRequest) -> HttpResponse:
    """Look somebody up by name."""
    form = written(FindForm(request.POST), by=person_of(request))
    if not form.is_valid():
        return _page(request, RevealForm(), form, status=400)
    asked = form.cleaned_data
    try:
        found = names.find(
            person_of(request), asked["name"], reason=asked["reason"], session=request.session, now=timezone.now()
        )
    except (NobodyCalledSo, TooManyCalledSo) as refused:
        form.add_error("name", refused.sentence)
        return _page(request, RevealForm(), form, status=404 if isinstance(refused, NobodyCalledSo) else 400)
    return _page(request, RevealForm(), FindForm(), found=len(found))


@officers_only
def hide(request: HttpRequest) -> HttpResponse:
    """Hide a name again."""
    try:
        person_id = person_behind(request.POST.get("pseudonym", ""))
    except NotAPseudonym as unknown:
        form = RevealForm()
        return _page(request, form, FindForm(), trouble=unknown.sentence, status=400)
    names.hide(person_of(request), person_id, session=request.session, now=timezone.now())
    return _back(request, request.POST.get("back", ""))


def _page(
    request: HttpRequest,
    reveal_form: RevealForm,
    find_form: FindForm,
    *,
    found: int = 0,
    trouble: str = "",
    status: int = 200,
) -> HttpResponse:
    page = {"reveal_form": reveal_form, "find_form": find_form, "found": found, "trouble": trouble}
    return render(request, "audit/people.html", page, status=status)


def _back(request: HttpRequest, address: str) -> HttpResponseRedirect:
    """Go to an address of this portal; anything else leads to the page about names."""
    is_ours = address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None)
    return HttpResponseRedirect(address if is_ours else reverse("audit:people"))
