"""
The program that reads a file: bytes on standard input, one line of JSON on standard output.

Run by `process.read` as ``python -m apps.rag.parsing.child KIND`` and by nobody else.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from apps.rag.parsing import MOST_BLOCKS, Kind, Parsed, Reason, Unreadable, docx, html, kinds, markdown, pdf, plain
from apps.rag.parsing.isolation import CannotIsolate, close_the_doors, limit_resources

_READERS = {
    Kind.PDF: pdf.parse,
    Kind.DOCX: docx.parse,
    Kind.MARKDOWN: markdown.parse,
    Kind.TEXT: plain.parse,
    Kind.HTML: html.parse,
}


def read(kind: Kind, data: bytes) -> Parsed:
    """
    Confirm and read one file.

    :raises Unreadable: if it cannot be read.
    """
    kinds.confirm(kind, data)
    parsed = _READERS[kind](data)
    if not parsed.blocks:
        raise Unreadable(Reason.NO_TEXT)
    if len(parsed.blocks) > MOST_BLOCKS:
        raise Unreadable(Reason.TOO_MUCH_TEXT)
    return parsed


def answer(kind: Kind, data: bytes) -> dict[str, Any]:
    """Read one file and describe the result in what JSON can say."""
    try:
        parsed = read(kind, data)
    except Unreadable as refusal:
        return {"reason": refusal.reason}
    except (MemoryError, RecursionError):
        return {"reason": Reason.TOO_MUCH_MEMORY}
    blocks = [[block.role, block.text, block.level, block.page] for block in parsed.blocks]
    return {"pages": parsed.pages, "blocks": blocks}


def main() -> None:
    try:
        limit_resources()
        data = sys.stdin.buffer.read()
        close_the_doors()
    except CannotIsolate:
        result: dict[str, Any] = {"reason": Reason.NOT_ISOLATED}
    else:
        result = answer(Kind(sys.argv[1]), data)
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main()
