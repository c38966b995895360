"""Read the colours of static/css/tokens.css and measure their contrast as WCAG 2.2 defines it."""

from __future__ import annotations

import re
from pathlib import Path

TOKENS = Path(__file__).resolve().parents[2] / "static" / "css" / "tokens.css"
_COLOUR = re.compile(r"--([a-z0-9-]+):\s*(?:light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)|(#[0-9a-f]{6}));")


def read_tokens() -> dict[str, tuple[str, str]]:
    """Map each colour's name to its light and its dark value."""
    return {
        name: (light or both, dark or both) for name, light, dark, both in _COLOUR.findall(TOKENS.read_text("utf-8"))
    }


def contrast(one: str, other: str) -> float:
    """Give the contrast ratio of two #rrggbb colours: 1 (same) to 21 (black on white)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
