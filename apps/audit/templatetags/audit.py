"""Text of others, shown as text: what cannot be seen is named, what could be markup is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import template
from django.http import HttpRequest
from django.template import Context
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from apps.accounts.access import person_of
from apps.accounts.models import Role
from apps.audit import names, pseudonyms
from apps.audit.seen import parts, put_back
from apps.privacy.restore import Piece

register = template.Library()


@register.filter
def visible(text: object, placeholders: frozenset[str] | None = None) -> SafeString:
    """
    Show `text` exactly, as text: markup escaped, each unseen character named by its code point, placeholders marked.

    Given `placeholders`, only those are marked: others are words that happen to look like one.
    """
    return mark_safe("".join(map(conditional_escape, parts(str(text), placeholders))))  # noqa: S308  escaped here


@register.filter
def found(text: str, wanted: str) -> SafeString:
    """Show `text` like `visible`, with what was looked for marked where it stands, whatever its case."""
    if not wanted:
        return visible(text)
    stretches = re.split(f"({re.escape(wanted)})", text, flags=re.IGNORECASE)
    marked = [
        format_html("<mark>{}</mark>", visible(stretch)) if place % 2 else visible(stretch)
        for place, stretch in enumerate(stretches)
    ]
    return mark_safe("".join(marked))  # noqa: S308  every part was escaped above


@register.filter
def in_clear(pieces: Iterable[Piece]) -> SafeString:
    """Show unmasked text like `visible`; each value that was put back is marked and names its placeholder."""
    shown = [
        put_back(piece, visible(piece.text)) if piece.placeholder else visible(piece.text, frozenset())
        for piece in pieces
    ]
    return mark_safe("".join(shown))  # noqa: S308  every part was escaped above


@register.filter
def pseudonym(person_id: UUID) -> str:
    """Name a person by pseudonym, for addresses and plain text. One query the first time."""
    return pseudonyms.pseudonym(person_id)


@register.simple_tag(takes_context=True)
def person_name(context: Context, person_id: UUID, label: str = "") -> SafeString:
    """
    Name a person by pseudonym; by `label`, their name as it was recorded, while this session shows who they are.

    Without a label the name is looked up: one query.
    """
    words = pseudonyms.pseudonym(person_id)
    if not name_is_shown(context, person_id):
        return format_html('<span class="pseudonym">{}</span>', words)
    name = visible(label or names.name_of(person_id))
    return format_html('<span class="name-shown" title="{}">{}</span>', words, name)


@register.simple_tag(takes_context=True)
def name_is_shown(context: Context, person_id: UUID) -> bool:
    """Say whether the page shows this person by name."""
    request = context["request"]
    is_shown = names.is_shown(person_id, session=request.session, now=timezone.now())
    return is_shown and _may_be_shown_names(request)


@register.inclusion_tag("audit/_names_shown.html", takes_context=True)
def names_shown(context: Context) -> dict[str, Any]:
    """Say which names this session shows, until when and why, each with a way to hide it again."""
    request = context["request"]
    shown = names.shown(request.session, now=timezone.now()) if _may_be_shown_names(request) else []
    return {"shown": shown, "here": request.get_full_path()}


def _may_be_shown_names(request: HttpRequest) -> bool:
    """Say whether the reader is an officer still: a session outlives a role. One query a page."""
    known: bool | None = getattr(request, "_may_be_shown_names", None)
    if known is None:
        known = person_of(request).has_role(Role.COMPLIANCE_OFFICER)
        request._may_be_shown_names = known  # type: ignore[attr-defined]
    return known


@register.filter
def moment(at: datetime | None) -> SafeString | str:
    """Show a moment to the second, with its zone, in the portal's time."""
    if at is None:
        return "-"
    local = timezone.localtime(at)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.isoformat(),
        f"{local:%A, %-d %B %Y, %H:%M:%S.%f %Z}",
        f"{local:%-d %b %Y, %H:%M:%S}",
    )


@register.filter
def clock(at: datetime) -> str:
    """Show the time of day to the millisecond, with its zone."""
    local = timezone.localtime(at)
    return f"{local:%H:%M:%S}.{local.microsecond // 1000:03d} {local:%Z}"


@register.filter
def money(amount: Decimal | None) -> str:
    """Show an amount with as many decimals as it has, two at least; a price of tokens may be a millionth."""
    text = f"{(amount or Decimal(0)).normalize():f}"
    whole, _, decimals = text.partition(".")
    return f"{int(whole):,}.{decimals.ljust(2, '0')}"
