"""Characters that take no room or change the order of others: named where text is shown, refused in names."""

from __future__ import annotations

import re
from typing import Final

from django.core.exceptions import ValidationError

# Controls but for tab and the ends of lines, surrogates, formats (bidirectional marks, joiners, tags), separators of
# lines and paragraphs, fillers and variants.
UNSEEN: Final = re.compile(
    "\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
REFUSED: Final = "A name takes letters, digits and signs that can be seen, on one line. Type it instead of pasting it."


def can_be_seen(name: str) -> None:
    """
    Judge the name of a thing, which stands in lists, messages, records and other systems.

    :raises ValidationError: if it holds a character that cannot be seen, or more than one line.
    """
    if UNSEEN.search(name) or len(name.splitlines()) > 1:
        raise ValidationError(REFUSED, code="unseen")
