"""
Text that is no personal value but must not travel as it stands.

What already looks like a placeholder would come back as somebody's name, and half surrogates and NUL are not text
for a provider or a database. Both are masked like values, so they come back exactly as they were.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from apps.privacy import vocabulary
from apps.privacy.findings import Finding
from apps.privacy.spelling import grammar_of

MARKS: Final = re.compile(r"[_<\[{&%\\]|[^\x00-\x7f]")
DIGIT: Final = re.compile("[0-9]")
UNSPEAKABLE: Final = re.compile("[\x00\ud800-\udfff]+")


def find(text: str) -> Iterator[Finding]:
    """Find what looks like a placeholder of any type, and runs of characters that are not text."""
    if DIGIT.search(text) and MARKS.search(text):
        for match in grammar_of(vocabulary.TYPES).find(text):
            yield _literal(match.start(), match.end(), "It looks like a placeholder and must come back as it is")
    for match in UNSPEAKABLE.finditer(text):
        yield _literal(match.start(), match.end(), "Not a character that can be sent")


def _literal(start: int, end: int, reason: str) -> Finding:
    return Finding(vocabulary.LITERAL, start, end, 1.0, reason)
