"""Take out of a text what a reader would not see."""

from __future__ import annotations

import re
import unicodedata

# Tag characters, zero-width and joining characters, direction overrides, invisible operators, fillers and variation
# selectors can carry a message that a person never sees but a model reads.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_SPACES = re.compile("[ \t\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_LINE_BREAK = re.compile("\r\n?|\x0c|\x85|\u2028|\u2029")


def visible(text: str) -> str:
    """Drop invisible and control characters and compose accents (NFC). Line breaks and form feeds stay."""
    return unicodedata.normalize("NFC", _CONTROL.sub("", _INVISIBLE.sub("", text)))


def tidy(text: str) -> str:
    """Make `text` visible-only, with single spaces, plain line breaks and no empty lines."""
    lines = (_SPACES.sub(" ", line).strip() for line in _LINE_BREAK.sub("\n", visible(text)).split("\n"))
    return "\n".join(line for line in lines if line)


def one_line(text: str) -> str:
    """Tidy `text` into a single line."""
    return tidy(text).replace("\n", " ")
