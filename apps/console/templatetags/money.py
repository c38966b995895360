"""Amounts as people read them: {% load money %} {{ amount|figures }}."""

from __future__ import annotations

from decimal import Decimal

from django import template

from apps.gateway.prices import in_figures

register = template.Library()


@register.filter
def figures(amount: Decimal | None) -> str:
    """Write an amount with two decimals, up to six where it is less than a cent; nothing for an unknown one."""
    return "" if amount is None else in_figures(amount)
