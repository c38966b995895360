"""Counts in words."""

from __future__ import annotations

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma

from apps.audit.reports import figures

register = template.Library()
register.filter("few", figures.few)


@register.filter
def told(count: int | None) -> str:
    """Write a count that may not be told apart."""
    return "fewer than 5" if count is None else str(intcomma(count))
