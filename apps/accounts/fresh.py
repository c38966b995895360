"""Whether somebody proved lately who they are: what weighs heavily is not done from a browser left open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
_IN_SESSION = "proved_at"


def keep(request: HttpRequest, proved_at: datetime | None) -> None:
    """Keep when the person of this session proved who they are; None where the provider does not say."""
    request.session[_IN_SESSION] = proved_at.isoformat() if proved_at else ""


def proved_at(request: HttpRequest) -> datetime | None:
    """Say when the person of this session proved who they are, as far as it is known."""
    kept = request.session.get(_IN_SESSION, "")
    return datetime.fromisoformat(kept) if kept else None


def is_fresh(request: HttpRequest, *, now: datetime) -> bool:
    """Say whether that was within the minutes of the settings; 0 minutes never ask again."""
    if not settings.SIGN_IN_AGAIN_MINUTES:
        return True
    proved = proved_at(request)
    return proved is not None and now - proved <= timedelta(minutes=settings.SIGN_IN_AGAIN_MINUTES)


def freshly_signed_in(view: View[P]) -> View[P]:
    """Let people act who proved lately who they are; send others to do so, and back to the page they came from."""

    @wraps(view)
    def door(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if is_fresh(request, now=timezone.now()):
            return view(request, *args, **kwargs)
        came_from = urlsplit(request.headers.get("Referer", ""))
        back = f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path
        return HttpResponseRedirect(f"{reverse('accounts:again')}?{urlencode({'next': back or '/'})}")

    return door
