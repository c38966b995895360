"""What a text of others holds besides plain words: placeholders, and characters that nobody would see."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.privacy.restore import Piece

_PLACEHOLDER = re.compile(r"<[A-Z][A-Z_]*_[0-9]+>")
# Everything that takes no room, or changes the order of what does: controls but for tab and the ends of lines,
# surrogates, formats (bidirectional marks, joiners, tags), separators of lines and paragraphs, fillers and variants.
_UNSEEN = re.compile(
    "\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_PARTS = re.compile(f"(?P<placeholder>{_PLACEHOLDER.pattern})|(?P<unseen>{_UNSEEN.pattern})")


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
