"""Word documents: paragraphs and tables in the order of the page, without what is hidden or deleted."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import docx
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn
from docx.table import Table
from docx.text.paragraph import Paragraph
from lxml import etree

from apps.rag.parsing import Block, Parsed, Reason, Role, Unreadable
from apps.rag.parsing.cleaning import one_line, tidy
from apps.rag.parsing.tables import rows

_HEADING_STYLE = re.compile(r"heading\s*(\d)", re.IGNORECASE)


def parse(data: bytes) -> Parsed:
    """
    Read a Word document whose package was confirmed before.

    :raises Unreadable: if Word would not open it either.
    """
    try:
        document = docx.Document(io.BytesIO(data))
        if document.element.getroottree().docinfo.doctype:  # Word writes none; it could only declare entities
            raise Unreadable(Reason.DAMAGED)
        return Parsed(tuple(_blocks(document)))
    except (PackageNotFoundError, KeyError, ValueError, AttributeError, etree.XMLSyntaxError):
        raise Unreadable(Reason.DAMAGED) from None


def _blocks(document: Any) -> Iterator[Block]:
    for element in document.element.body.iterchildren():
        if element.tag == qn("w:p"):
            yield from _paragraph(Paragraph(element, document))
        elif element.tag == qn("w:tbl"):
            table = Table(element, document)
            yield from (Block(Role.ROW, row) for row in rows(_cells(table), has_header=_has_header(table)))
        elif element.tag == qn("w:sdt"):
            for inner in element.iter(qn("w:p")):
                yield from _paragraph(Paragraph(inner, document))


def _paragraph(paragraph: Paragraph) -> Iterator[Block]:
    text = tidy(_seen_text(paragraph._p))
    if not text:
        return
    level = _level(paragraph)
    if level:
        yield Block(Role.HEADING, one_line(text), level)
        return
    properties = paragraph._p.pPr
    is_item = properties is not None and properties.numPr is not None
    style = paragraph.style.name if paragraph.style is not None else ""
    marker = "- " if is_item or (style or "").startswith("List") else ""
    yield Block(Role.PARAGRAPH, marker + text)


def _level(paragraph: Paragraph) -> int:
    name = (paragraph.style.name if paragraph.style is not None else "") or ""
    if name == "Title":
        return 1
    found = _HEADING_STYLE.match(name)
    return min(int(found.group(1)), 6) if found else 0


def _seen_text(element: Any) -> str:
    """Text of the runs, inserted ones too, but not deleted, moved away or hidden ones."""
    parts = []
    for run in element.iter(qn("w:r")):
        if any(parent.tag in {qn("w:del"), qn("w:moveFrom")} for parent in run.iterancestors()) or _is_hidden(run):
            continue
        for child in run:
            if child.tag == qn("w:t"):
                parts.append(child.text or "")
            elif child.tag == qn("w:tab"):
                parts.append(" ")
            elif child.tag in {qn("w:br"), qn("w:cr")}:
                parts.append("\n")
            elif child.tag == qn("w:noBreakHyphen"):
                parts.append("-")
    return "".join(parts)


def _is_hidden(run: Any) -> bool:
    mark = run.find(f"{qn('w:rPr')}/{qn('w:vanish')}")
    return mark is not None and mark.get(qn("w:val")) not in {"0", "false", "off"}


def _cells(table: Table) -> Iterator[list[str]]:
    for row in table._tbl.tr_lst:
        yield [one_line("\n".join(_seen_text(p) for p in cell.iter(qn("w:p")))) for cell in row.tc_lst]


def _has_header(table: Table) -> bool:
    """The first row is a header if Word repeats it on every page, if it is bold, or from three columns on."""
    first = table._tbl.tr_lst[0] if table._tbl.tr_lst else None
    if first is None or len(table._tbl.tr_lst) < 2:
        return False
    if first.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None or len(first.tc_lst) > 2:
        return True
    runs = [run for run in first.iter(qn("w:r")) if _seen_text_of(run)]
    return bool(runs) and all(run.find(f"{qn('w:rPr')}/{qn('w:b')}") is not None for run in runs)


def _seen_text_of(run: Any) -> str:
    return "".join(child.text or "" for child in run if child.tag == qn("w:t")).strip()
