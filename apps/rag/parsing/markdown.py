"""Markdown (CommonMark with tables), read by its tokens and never rendered."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

from apps.rag.parsing import Block, Parsed, Reason, Role, Unreadable
from apps.rag.parsing.cleaning import one_line, tidy
from apps.rag.parsing.decoding import decode
from apps.rag.parsing.html import blocks_of
from apps.rag.parsing.tables import rows

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_READER = MarkdownIt("commonmark").enable("table")


def parse(data: bytes) -> Parsed:
    """Read a Markdown file. Raw HTML inside it is read as a browser would show it."""
    text = decode(data, may_declare=False).replace("\r\n", "\n").replace("\r", "\n")
    return Parsed(tuple(_blocks(_READER.parse(_FRONT_MATTER.sub("", text)))))


def _blocks(tokens: list[Token]) -> Iterator[Block]:
    position, markers = 0, _Markers()
    while position < len(tokens):
        token = tokens[position]
        markers.see(token)
        if token.type == "table_open":
            end = next(index for index in range(position, len(tokens)) if tokens[index].type == "table_close")
            yield from (Block(Role.ROW, row) for row in rows(_cells(tokens[position:end]), has_header=True))
            position = end
        elif token.type == "inline":
            yield from _inline(token, tokens[position - 1], markers)
        elif token.type in {"fence", "code_block"}:
            yield from _paragraph(tidy(token.content))
        elif token.type == "html_block":
            yield from _html(token.content)
        position += 1


def _inline(token: Token, opening: Token, markers: _Markers) -> Iterator[Block]:
    text = _text(token)
    if opening.type == "heading_open":
        if one_line(text):
            yield Block(Role.HEADING, one_line(text), int(opening.tag[1]))
        return
    yield from _paragraph(tidy(text), markers.take())


def _paragraph(text: str, marker: str = "") -> Iterator[Block]:
    if text:
        yield Block(Role.PARAGRAPH, marker + text)


def _html(markup: str) -> Iterator[Block]:
    try:
        yield from blocks_of(markup)
    except Unreadable as refusal:
        if refusal.reason is not Reason.NO_TEXT:  # a lone comment is nothing that a reader would see
            raise


def _cells(tokens: list[Token]) -> Iterator[list[str]]:
    row: list[str] = []
    for token in tokens:
        if token.type == "tr_open":
            row = []
        elif token.type == "inline":
            row.append(one_line(_text(token)))
        elif token.type == "tr_close":
            yield row


def _text(token: Token) -> str:
    parts = []
    for child in token.children or []:
        if child.type in {"text", "code_inline", "image"}:
            parts.append(child.content)
        elif child.type in {"softbreak", "hardbreak"}:
            parts.append("\n" if child.type == "hardbreak" else " ")
    return "".join(parts)


class _Markers:
    """Numbers and dashes of list items, which are not part of the text of a token."""

    def __init__(self) -> None:
        self.waiting = ""

    def see(self, token: Token) -> None:
        if token.type == "list_item_open":
            self.waiting = f"{token.info}. " if token.info else "- "

    def take(self) -> str:
        marker, self.waiting = self.waiting, ""
        return marker
