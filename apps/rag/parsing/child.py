"""
The program that reads a file: bytes on standard input, one line of JSON on standard output.

Run by `process.read` as ``python -m apps.rag.parsing.child KIND`` and by nobody else.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeAlias

from apps.rag.parsing import MOST_BLOCKS, Kind, Parsed, Reason, Unreadable, kinds
from apps.rag.parsing.isolation import CannotIsolate, close_the_doors, limit_resources

Reader: TypeAlias = Callable[[bytes], Parsed]
_MODULES = {Kind.PDF: "pdf", Kind.DOCX: "docx", Kind.MARKDOWN: "markdown", Kind.TEXT: "plain", Kind.HTML: "html"}


def reader_of(kind: Kind) -> Reader:
    """Import the reader of one kind, and only that: the libraries take longer to load than a file to read."""
    reader: Reader = import_module(f"apps.rag.parsing.{_MODULES[kind]}").parse
    return reader


def read(kind: Kind, reader: Reader, data: bytes) -> Parsed:
    """
    Confirm and read one file.

    :raises Unreadable: if it cannot be read.
    """
    kinds.confirm(kind, data)
    parsed = reader(data)
    if not parsed.blocks:
        raise Unreadable(Reason.NO_TEXT)
    if len(parsed.blocks) > MOST_BLOCKS:
        raise Unreadable(Reason.TOO_MUCH_TEXT)
    return parsed


def answer(kind: Kind, reader: Reader, data: bytes) -> dict[str, Any]:
    """Read one file and describe the result in what JSON can say."""
    try:
        parsed = read(kind, reader, data)
    except Unreadable as refusal:
        return {"reason": refusal.reason}
    except (MemoryError, RecursionError):
        return {"reason": Reason.TOO_MUCH_MEMORY}
    blocks = [[block.role, block.text, block.level, block.page] for block in parsed.blocks]
    return {"pages": parsed.pages, "blocks": blocks}


def main() -> None:
    """Read what is given on standard input, behind closed doors."""
    kind = Kind(sys.argv[1])
    reader = reader_of(kind)
    try:
        limit_resources()
        data = sys.stdin.buffer.read()
        close_the_doors()
    except CannotIsolate:
        result: dict[str, Any] = {"reason": Reason.NOT_ISOLATED}
    else:
        result = answer(kind, reader, data)
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main()
