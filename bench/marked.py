"""
Read labelled texts written by hand: ``*.marked.txt`` files, in which an identifier is marked where it stands.

A text begins after a line ``### kind language`` and ends before the next one; in it, ⟦PERSON|Ada⟧ is Ada, labelled.
"""

from __future__ import annotations

import re
from typing import Any, Final

HEAD: Final = re.compile(r"^### .*\n", re.MULTILINE)
MARK: Final = re.compile(r"⟦([A-Z_]+)\|([^⟦⟧]+)⟧")


def read(content: str) -> list[dict[str, Any]]:
    """Give the texts of a file with their labels: ``{"text", "spans": [{"start", "end", "type"}]}``."""
    before, *marked = HEAD.split(content)
    if before.strip():
        raise ValueError("Text stands before the first line that begins with ###.")
    return [_unmarked(text.strip()) for text in marked]


def languages(content: str) -> list[str]:
    """Give the language of each text of a file: the last word of the line that it begins with."""
    return [line.split()[-1] for line in HEAD.findall(content)]


def _unmarked(marked: str) -> dict[str, Any]:
    text, spans, reached = "", [], 0
    for mark in MARK.finditer(marked):
        text += marked[reached : mark.start()]
        spans.append({"start": len(text), "end": len(text) + len(mark[2]), "type": mark[1]})
        text += mark[2]
        reached = mark.end()
    text += marked[reached:]
    if "⟦" in text or "⟧" in text:
        raise ValueError(f"A mark is not closed in: {marked[:60]}")
    return {"text": text, "spans": spans}
