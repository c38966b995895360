"""Pages that leave the portal as files: one HTML page with its style inside, no script, no picture from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

STYLE: Final = (Path(__file__).parent / "data" / "paper.css").read_text("utf-8")
POLICY: Final = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    + "'"
)


def page(template: str, told: Mapping[str, Any]) -> str:
    """Write a page whose template extends ``audit/paper.html``. Its policy lets a browser load nothing at all."""
    style = mark_safe(f"<style>{STYLE}</style>")  # noqa: S308  our own words alone
    return render_to_string(template, {**told, "policy": POLICY, "style": style}).lstrip()
