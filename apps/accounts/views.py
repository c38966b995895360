"""Doors: sign-in, sign-out, one's own page."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from apps.accounts import demo, oidc, sign_in
from apps.accounts.access import person_of, signed_in
from apps.accounts.models import User
from apps.ledger.vocabulary import Action


def has_demo_sign_in() -> bool:
    """Say whether one-click sign-in exists: switched on, and only on the one-machine demo."""
    return bool(settings.HAS_DEMO_SIGN_IN and settings.IS_EMBEDDED)


@never_cache
@require_safe
def show_sign_in(request: HttpRequest) -> HttpResponse:
    """Offer the ways in that exist here; somebody who is in already goes on."""
    next_address = sign_in.own_address(request.GET.get("next"))
    if request.user.is_authenticated:
        return HttpResponseRedirect(next_address)
    context = {
        "next_address": next_address,
        "refusal": sign_in.sentence_for(request.GET.get("refused", "")),
        "has_left": request.GET.get("left") == "yes",
        "company_sign_in": settings.OIDC_NAME if settings.OIDC_ISSUER else "",
        "demo_company": demo.COMPANY,
        "demo_cards": demo.cards() if has_demo_sign_in() else [],
    }
    return render(request, "accounts/sign_in.html", context)


@never_cache
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in as a person of the demo company; this address does not exist outside the demo."""
    if not has_demo_sign_in():
        raise Http404
    return _demo_sign_in(request)


@require_POST
def _demo_sign_in(request: HttpRequest) -> HttpResponse:
    username = request.POST.get("username", "")
    if username not in demo.USERNAMES:
        raise Http404
    person = get_object_or_404(User, username=username, is_demo=True)
    now = timezone.now()
    try:
        sign_in.let_in(request, person, action=Action.DEMO_SIGNED_IN, proved_at=now, now=now)
    except sign_in.Deactivated:
        return sign_in.refuse(request, sign_in.Refusal.DEACTIVATED, person=person, now=now)
    return sign_in.onward(request.POST.get("next"))


@never_cache
@require_GET
def oidc_begin(request: HttpRequest) -> HttpResponse:
    """
    Send the browser to the company's provider.

    By GET: browsers apply the page's `form-action` policy to the redirects of a form too, and those lead to the
    provider. All that a forged link can do is show somebody their own company's sign-in.
    """
    if not settings.OIDC_ISSUER:
        raise Http404
    anew = request.GET.get("again") == "yes"
    return oidc.begin(request, next_address=sign_in.own_address(request.GET.get("next")), anew=anew)


@never_cache
@require_GET
def oidc_callback(request: HttpRequest) -> HttpResponse:
    """Take the browser back from the company's provider."""
    if not settings.OIDC_ISSUER:
        raise Http404
    return oidc.callback(request)


@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session everywhere it is known."""
    sign_in.leave(request, now=timezone.now())
    return sign_in.farewell()


@never_cache
@signed_in
@require_safe
def again(request: HttpRequest) -> HttpResponse:
    """Ask somebody who is in to prove once more who they are, before what weighs heavily."""
    context = {
        "next_address": sign_in.own_address(request.GET.get("next")),
        "minutes": settings.SIGN_IN_AGAIN_MINUTES,
        "company_sign_in": settings.OIDC_NAME if settings.OIDC_ISSUER else "",
        "has_demo_sign_in": has_demo_sign_in() and person_of(request).is_demo,
    }
    return render(request, "accounts/again.html", context)


@signed_in
@require_safe
def profile(request: HttpRequest) -> HttpResponse:
    """Show people what the portal knows about them: roles, teams, how they sign in."""
    person = person_of(request)
    context = {
        "person": person,
        "role_labels": [assignment.get_role_display() for assignment in person.role_assignments.order_by("role")],
        "memberships": person.memberships.select_related("team").order_by("team__name"),
    }
    return render(request, "accounts/profile.html", context)
