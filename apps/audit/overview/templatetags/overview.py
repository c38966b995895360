"""Sums in words."""

from __future__ import annotations

from django import template

from apps.ledger.vocabulary import OutcomeKind
from apps.privacy.vocabulary import WORDS_FOR

register = template.Library()
LABELS = {
    OutcomeKind.ANSWERED: "answered", OutcomeKind.REFUSED: "refused", OutcomeKind.STOPPED: "stopped",
    OutcomeKind.FAILED: "failed", OutcomeKind.UNKNOWN: "unknown",
}  # fmt: skip


@register.filter
def percent(share: float) -> str:
    """Write a share of a hundred, with one decimal where it is small."""
    return f"{share:.0f}%" if share >= 10 or share == 0 else f"{share:.1f}%"


@register.filter
def signed(change: int) -> str:
    """Write a change in a hundred with its sign."""
    return f"{change:+d}%"


@register.filter
def ended(kind: str) -> str:
    """Say in one word how exchanges ended."""
    return LABELS.get(OutcomeKind(kind), kind) if kind in OutcomeKind.values else kind


@register.filter
def type_words(kind: str) -> str:
    """Say what a masked type is."""
    words = WORDS_FOR.get(kind, kind)
    return words[0].upper() + words[1:]
