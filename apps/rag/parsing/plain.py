"""Plain text: paragraphs between empty lines, headings where they look like headings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apps.rag.parsing import Block, Parsed, Role
from apps.rag.parsing.cleaning import one_line, visible
from apps.rag.parsing.decoding import decode

_EMPTY_LINE = re.compile(r"\n[ \t]*\n")
_NUMBERED = re.compile(r"(\d{1,2}(?:\.\d{1,2}){0,3})\.?\s+\S")
_UNDERLINE = re.compile(r"\s*([=\-~*])\1{2,}\s*")
_LIST_ITEM = re.compile(r"\s*(?:[-*•·]|\d{1,2}[.)])\s+")
LONGEST_HEADING = 90


def parse(data: bytes) -> Parsed:
    """Read text. Form feeds are page breaks, as printers understand them."""
    text = visible(decode(data, may_declare=False)).replace("\r\n", "\n").replace("\r", "\n")
    pages = text.split("\x0c")
    has_pages = len([page for page in pages if page.strip()]) > 1
    blocks = [
        block for number, page in enumerate(pages, 1) for block in page_blocks(page, number if has_pages else None)
    ]
    return Parsed(tuple(blocks), len(pages) if has_pages else None)


def page_blocks(text: str, page: int | None) -> Iterator[Block]:
    """Cut one page at its empty lines."""
    for chunk in _EMPTY_LINE.split(text):
        lines = [line for line in chunk.split("\n") if line.strip()]
        if not lines:
            continue
        level = heading_level(lines)
        if level:
            yield Block(Role.HEADING, one_line(lines[0]), level, page)
            lines = [line for line in lines[1:] if not _UNDERLINE.fullmatch(line)]
        yield from (Block(Role.PARAGRAPH, paragraph, 0, page) for paragraph in paragraphs(lines))


def paragraphs(lines: list[str]) -> Iterator[str]:
    """Join wrapped lines; a list item or an indented table line keeps its own line."""
    joined: list[str] = []
    for line in lines:
        keeps_own_line = _LIST_ITEM.match(line) or "\t" in line.strip() or re.search(r"\S {3,}\S", line)
        if joined and not keeps_own_line and not joined[-1].endswith("\n"):
            joined[-1] += " " + one_line(line)
        else:
            joined.append(re.sub(r"(\S)(?:\t| {3,})(?=\S)", r"\1 | ", line.strip()))
    text = "\n".join(part for part in (one_line(line) for line in joined) if part)
    if text:
        yield text


def heading_level(lines: list[str]) -> int:
    """Tell how high a heading the first line is: underlined, numbered or in capitals; 0 if it is none."""
    first = lines[0].strip()
    if len(first) > LONGEST_HEADING or not any(letter.isalpha() for letter in first):
        return 0
    if len(lines) > 1 and _UNDERLINE.fullmatch(lines[1]):
        return 1 if lines[1].strip()[0] == "=" else 2
    if first.endswith((".", ",", ";", ":")) or len(lines) > 1:
        return 0
    numbered = _NUMBERED.match(first)
    if numbered:
        return min(2 + numbered.group(1).count("."), 6)
    return 2 if first.isupper() and len(first) > 3 else 0
