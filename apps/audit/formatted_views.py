"""The formatted view of a text of an exchange: in a frame that can do nothing, through the door of the plain text."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, cast
from uuid import UUID

from csp.constants import SELF
from csp.decorators import csp_update
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.clickjacking import xframe_options_sameorigin

from apps.accounts.access import person_of
from apps.audit import looks
from apps.audit.doors import desk
from apps.audit.exchange import FullExchange, NoSuchExchange, read
from apps.audit.formatted import formatted
from apps.audit.sealed import Opened

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

LEFT, ANSWER, TYPED = "left", "answer", "typed"
STYLE = (Path(__file__).parent / "data" / "formatted.css").read_text("utf-8")
STYLE_HASH = f"'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"
NOTHING_ELSE = f"default-src 'none'; style-src {STYLE_HASH}; base-uri 'none'; form-action 'none'"
POLICY = f"{NOTHING_ELSE}; frame-ancestors 'self'; sandbox"


def in_a_frame(view: View[P]) -> View[P]:
    """Give every answer of a view a policy under which it has no origin, runs nothing and loads nothing."""

    @wraps(view)
    def page(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Content-Security-Policy"] = POLICY
        response["Referrer-Policy"] = "no-referrer"
        return response

    return xframe_options_sameorigin(page)


def may_frame(view: View[P]) -> View[P]:
    """Let the page of a view have such frames; no other page of the product has any."""
    widened: Any = csp_update({"frame-src": [SELF], "style-src": [STYLE_HASH]})
    return cast(View[P], widened(view))


@in_a_frame
@desk
def text(request: HttpRequest, exchange_id: UUID, part: str) -> HttpResponse:
    """Record the look, then show what left or the answer with its Markdown as form, scrubbed as on the plain page."""
    officer, now = person_of(request), timezone.now()
    try:
        exchange = read(officer, exchange_id)
    except NoSuchExchange:
        raise Http404 from None
    looks.opened(officer, exchange_id=exchange_id, label=exchange.label, formatted=part, now=now)
    shown, placeholders = {LEFT: (exchange.left, exchange.placeholders), ANSWER: (exchange.answer, None)}[part]
    return HttpResponse(_document(request, shown, placeholders))


def documents(request: HttpRequest, exchange: FullExchange) -> dict[str, str]:
    """
    Give the formatted texts of an unmasked exchange, by their names, to stand in the page of that one look itself.

    They have no address: words behind placeholders are shown once, and nothing fetches them again.
    """
    opened = {LEFT: exchange.left, ANSWER: exchange.answer, TYPED: exchange.typed or Opened("NOTHING")}
    return {name: _document(request, each, None) for name, each in opened.items() if each.state == "READABLE"}


def _document(request: HttpRequest, opened: Opened, placeholders: frozenset[str] | None) -> str:
    style = mark_safe(f"<style>{STYLE}</style>")  # noqa: S308  a file of our own
    page = {"opened": opened, "messages": formatted(opened, placeholders), "style": style, "policy": NOTHING_ELSE}
    return render_to_string("audit/formatted.html", page, request=request)
