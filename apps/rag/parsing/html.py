"""HTML: what a browser would show, as headings, paragraphs and table rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import lxml.etree
import lxml.html

from apps.rag.parsing import Block, Parsed, Reason, Role, Unreadable
from apps.rag.parsing.cleaning import one_line, tidy
from apps.rag.parsing.decoding import decode
from apps.rag.parsing.tables import rows

UNSEEN = frozenset(
    {"script", "style", "head", "template", "noscript", "iframe", "object", "embed", "svg", "math", "canvas", "audio",
     "video", "select", "option", "textarea", "button", "input", "map", "dialog"}
)  # fmt: skip
HEADINGS = {f"h{level}": level for level in range(1, 7)}
BLOCKS = frozenset(
    {"p", "div", "li", "ul", "ol", "dl", "dt", "dd", "section", "article", "main", "aside", "header", "footer", "nav",
     "blockquote", "pre", "figure", "figcaption", "address", "form", "fieldset", "hr", "body", "html", "details",
     "summary"}
)  # fmt: skip
_HIDING_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0(?:\.0+)?\s*(?:;|$)"
    r"|font-size\s*:\s*0(?:\.0+)?\s*(?:[a-z%]+\s*)?(?:!|;|$)|text-indent\s*:\s*-\d{3,}|(?:left|top)\s*:\s*-\d{3,}",
    re.IGNORECASE,
)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


def parse(data: bytes) -> Parsed:
    """
    Read an HTML file.

    :raises Unreadable: if it has no element at all, or is nested too deeply to be read to its end.
    """
    return Parsed(tuple(blocks_of(decode(data, may_declare=True))))


def blocks_of(markup: str) -> list[Block]:
    """
    Read a piece of HTML.

    :raises Unreadable: if it has no element at all, or is nested too deeply to be read to its end.
    """
    parser = lxml.html.HTMLParser(no_network=True, huge_tree=False, remove_comments=True, remove_pis=True)
    try:
        root = lxml.html.document_fromstring(_XML_DECLARATION.sub("", markup), parser=parser)
    except (lxml.etree.ParserError, lxml.etree.XMLSyntaxError, ValueError):
        raise Unreadable(Reason.NO_TEXT) from None
    if any(error.level_name == "FATAL" for error in parser.error_log):  # the parser gave up and dropped the rest
        raise Unreadable(Reason.DAMAGED)
    return list(_Walk().over(root))


def is_hidden(element: Any) -> bool:
    """Say whether an element says of itself that it is not shown."""
    if element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return True
    return bool(_HIDING_STYLE.search(element.get("style") or ""))


class _Walk:
    """Collects inline text until a block begins or ends. Uses a stack of its own: depth is the file's to choose."""

    def __init__(self) -> None:
        self.inline: list[str] = []
        self.heading = 0

    def over(self, root: Any) -> Iterator[Block]:
        stack: list[tuple[Any, bool]] = [(root, False)]
        while stack:
            element, is_leaving = stack.pop()
            if is_leaving:
                yield from self._leave(element)
                continue
            if not isinstance(element.tag, str) or element.tag in UNSEEN or is_hidden(element):
                self.inline.append(element.tail or "")
                continue
            yield from self._enter(element)
            if element.tag == "table" and not _holds_layout(element):
                yield from (Block(Role.ROW, row) for row in rows(_cells(element), has_header=_has_header(element)))
                self.inline.append(element.tail or "")
                continue
            stack.append((element, True))
            stack.extend((child, False) for child in reversed(element))
        yield from self._flush()

    def _enter(self, element: Any) -> Iterator[Block]:
        if element.tag in HEADINGS:
            yield from self._flush()
            self.heading = HEADINGS[element.tag]
        elif element.tag in BLOCKS or element.tag in {"table", "tr", "td", "th"}:
            yield from self._flush()
        elif element.tag == "br":
            self.inline.append("\x0b" if self.heading else "\n")
        if element.tag != "table":
            text = element.text or ""
            self.inline.append(text if element.tag == "pre" else re.sub(r"\s+", " ", text))

    def _leave(self, element: Any) -> Iterator[Block]:
        if element.tag in HEADINGS or element.tag in BLOCKS or element.tag in {"table", "tr", "td", "th"}:
            yield from self._flush()
        self.inline.append(re.sub(r"\s+", " ", element.tail or ""))

    def _flush(self) -> Iterator[Block]:
        joined, level = "".join(self.inline), self.heading
        self.inline.clear()
        self.heading = 0
        text = one_line(joined) if level else tidy(joined)
        if text:
            yield Block(Role.HEADING if level else Role.PARAGRAPH, text, level)


def _holds_layout(table: Any) -> bool:
    return table.find(".//table") is not None or any(table.find(f".//{tag}") is not None for tag in HEADINGS)


def _has_header(table: Any) -> bool:
    first = table.find(".//tr")
    return first is not None and len(first.findall("th")) > 1 and not first.findall("td")


def _cells(table: Any) -> Iterator[list[str]]:
    for row in table.iter("tr"):
        if not is_hidden(row):
            yield [one_line(_seen_text(cell)) for cell in row if cell.tag in {"td", "th"} and not is_hidden(cell)]


def _seen_text(element: Any) -> str:
    parts: list[str] = []
    stack: list[tuple[Any, bool]] = [(element, False)]
    while stack:
        node, is_tail = stack.pop()
        if is_tail:
            parts.append(node.tail or "")
            continue
        if node is not element:
            stack.append((node, True))
        if isinstance(node.tag, str) and node.tag not in UNSEEN and not is_hidden(node):
            parts.append(" " if node.tag in BLOCKS or node.tag == "br" else "")
            parts.append(node.text or "")
            stack.extend((child, False) for child in reversed(node))
    return "".join(parts)
