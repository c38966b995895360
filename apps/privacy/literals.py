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

LOOKS_LIKE_ONE: Final = "It looks like a placeholder and must come back as it is"
MARKS: Final = re.compile(r"[_<\[{&%\\]|[^\x00-\x7f]")
DIGIT: Final = re.compile("[0-9]")
TOUCHING: Final = re.compile(f"(?:{'|'.join(sorted(vocabulary.TYPES))})_[0-9]+")
"""A placeholder's name in the middle of other letters: where those are masked, it stands alone and looks like one."""
UNSPEAKABLE: Final = re.compile("[\x00\ud800-\udfff]+")


def find(text: str) -> Iterator[Finding]:
    """Find what looks like a placeholder of any type, and runs of characters that are not text."""
    if DIGIT.search(text) and MARKS.search(text):
        covered = 0
        for match in grammar_of(vocabulary.TYPES).find(text):
            yield from _touching(text, covered, match.start())
            yield _literal(match.start(), match.end(), LOOKS_LIKE_ONE)
            covered = match.end()
        yield from _touching(text, covered, len(text))
    for match in UNSPEAKABLE.finditer(text):
        yield _literal(match.start(), match.end(), "Not a character that can be sent")


def _touching(text: str, start: int, end: int) -> Iterator[Finding]:
    for match in TOUCHING.finditer(text, start, end):
        yield _literal(match.start(), match.end(), LOOKS_LIKE_ONE)


def _literal(start: int, end: int, reason: str) -> Finding:
    return Finding(vocabulary.LITERAL, start, end, 1.0, reason)
