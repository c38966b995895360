"""What this room shows on the page of an exchange."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from apps.audit.exchange import FullExchange
from apps.audit.retention import holding

register = template.Library()


@register.inclusion_tag("audit/retention/_panel.html")
def retention_panel(exchange: FullExchange) -> Mapping[str, Any]:
    """Say which holds cover an exchange."""
    return {"holds": holding.holds_on(exchange.intent)}
