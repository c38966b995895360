"""The admins' door: all keys of the company."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.accounts.access import person_of, roles_required
from apps.accounts.models import Role
from apps.api import standing
from apps.api.forms import KeysFilter
from apps.api.models import ApiKey, ApiKeyQuerySet

PAGE = 50


@roles_required(Role.ADMIN)
@require_safe
def every_key(request: HttpRequest) -> HttpResponse:
    """List every key, newest first, fifty a page, filtered."""
    admin, now = person_of(request), timezone.now()
    form = KeysFilter(request.GET)
    found = _filtered(ApiKey.objects.visible_to(admin), form)
    shown = _after(found, request.GET.get("after", ""))
    rows = list(shown.with_standing().select_related("person", "team").order_by("-pk")[: PAGE + 1])
    context = {
        "form": form,
        "keys": standing.of(rows[:PAGE], now=now),
        "is_filtered": any(request.GET.get(name) for name in form.fields),
        "is_first_page": "after" not in request.GET,
        "first_page": _address(request, after=None),
        "next_page": _address(request, after=rows[PAGE - 1].pk) if len(rows) > PAGE else "",
    }
    return render(request, "api/every_key.html", context)


def _filtered(keys: ApiKeyQuerySet, form: KeysFilter) -> ApiKeyQuerySet:
    if not form.is_valid():
        return keys.none()
    wanted, now = form.cleaned_data, timezone.now()
    if sought := wanted["q"]:
        keys = keys.filter(
            Q(name__icontains=sought) | Q(person__name__icontains=sought) | Q(team__name__icontains=sought)
        )
    if wanted["kind"]:
        keys = keys.filter(kind=wanted["kind"])
    if wanted["state"] == "working":
        keys = keys.alive(now)
    elif wanted["state"] == "ended":
        keys = keys.filter(Q(revoked_at__isnull=False) | Q(expires_at__lte=now))
    return keys


def _after(keys: ApiKeyQuerySet, last_seen: str) -> ApiKeyQuerySet:
    """Go on behind the key the previous page ended with; ids sort by time."""
    if not last_seen:
        return keys
    try:
        return keys.filter(pk__lt=UUID(last_seen))
    except ValueError:
        raise Http404 from None


def _address(request: HttpRequest, *, after: UUID | None) -> str:
    query = request.GET.copy()
    query.pop("after", None)
    if after:
        query["after"] = str(after)
    return f"?{query.urlencode()}"
