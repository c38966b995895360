"""What a text of others holds besides plain words: placeholders, and characters that nobody would see."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.audit.unseen import UNSEEN
from apps.privacy.restore import Piece

_PLACEHOLDER = re.compile(r"<[A-Z][A-Z_]*_[0-9]+>")
_PARTS = re.compile(f"(?P<placeholder>{_PLACEHOLDER.pattern})|(?P<unseen>{UNSEEN.pattern})")


def parts(text: str, placeholders: frozenset[str] | None = None) -> Iterator[str | SafeString]:
    """
    Take a text apart: its plain stretches as they are, and in between, as safe HTML, what is shown in another way.

    Given `placeholders`, only those are marked: others are words that happen to look like one.
    """
    end = 0
    for part in _PARTS.finditer(text):
        if placeholders is not None and part.lastgroup == "placeholder" and part.group() not in placeholders:
            continue
        yield text[end : part.start()]
        yield _named(part.group()) if part.lastgroup == "unseen" else _masked(part.group())
        end = part.end()
    yield text[end:]


def put_back(piece: Piece, words: SafeString) -> SafeString:
    """Mark the `words` of a piece that was put back in the place of its placeholder."""
    return format_html('<mark class="unmasked" title="{}">{}</mark>', piece.placeholder, words)


def _masked(placeholder: str) -> SafeString:
    return format_html('<span class="masked">{}</span>', placeholder)


def _named(character: str) -> SafeString:
    name = unicodedata.name(character, "CONTROL CHARACTER")
    return format_html('<span class="unseen" title="{}">{}</span>', name, f"U+{ord(character):04X}")
