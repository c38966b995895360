"""
Build the demo company's PDF and Word documents from their Markdown sources.

    python scripts/build_demo_documents.py

Needs the development requirements (reportlab). The results are committed, so nothing else runs this.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from xml.sax.saxutils import escape

import docx
from markdown_it import MarkdownIt
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import cm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph, Spacer, Table, TableStyle

HOME = Path(__file__).resolve().parent.parent / "apps" / "rag" / "demo_documents"
AS_PDF = ("Security handbook", "Contract Brightwater Clinics", "Parental leave policy")
AS_WORD = ("Onboarding guide", "Price list 2027", "Contract Halden Water Works", "Salary bands")
COMPANY = "Larkfield Instruments"


@dataclass
class Part:
    """One heading, paragraph, list item or table of a source."""

    kind: str
    text: str = ""
    level: int = 0
    rows: list[list[str]] = field(default_factory=list)


def parts(source: str) -> Iterator[Part]:
    """Read the small part of Markdown that the sources use."""
    tokens = MarkdownIt("commonmark").enable("table").parse(source)
    table: list[list[str]] | None = None
    kind, level = "paragraph", 0
    for token in tokens:
        if token.type == "heading_open":
            kind, level = "heading", int(token.tag[1])
        elif token.type in {"bullet_list_open", "ordered_list_open"}:
            kind = "bullet" if token.type.startswith("bullet") else "number"
        elif token.type.endswith("_list_close") or token.type == "heading_close":
            kind = "paragraph"
        elif token.type == "table_open":
            table = []
        elif token.type == "tr_open" and table is not None:
            table.append([])
        elif token.type == "table_close":
            yield Part("table", rows=table or [])
            table = None
        elif token.type == "inline":
            if table is not None:
                table[-1].append(token.content)
            else:
                yield Part(kind, token.content, level)


def write_word(source: str, target: Path) -> None:
    """Write a Word document with real headings, lists and tables."""
    document = docx.Document()
    document.core_properties.author = COMPANY
    document.core_properties.created = datetime(2026, 1, 5)
    document.core_properties.title = target.stem
    for part in parts(source):
        if part.kind == "heading":
            document.add_heading(part.text, part.level)
        elif part.kind == "table":
            _word_table(document, part.rows)
        else:
            style = {"bullet": "List Bullet", "number": "List Number"}.get(part.kind, "Normal")
            document.add_paragraph(part.text, style=style)
    document.save(str(target))


def _word_table(document: docx.document.Document, rows: list[list[str]]) -> None:
    table = document.add_table(rows=len(rows), cols=len(rows[0]), style="Light Grid Accent 1")
    for row, cells in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    for cell in table.rows[0].cells:
        for run in cell.paragraphs[0].runs:
            run.bold = True


def write_pdf(source: str, target: Path) -> None:
    """Write a PDF with a running header and page numbers, the same bytes every time."""
    styles = getSampleStyleSheet()
    body = ParagraphStyle("body", parent=styles["BodyText"], fontSize=10, leading=14, spaceAfter=6)
    cell = ParagraphStyle("cell", parent=body, fontSize=9, leading=12, spaceAfter=0)
    story: list[object] = []
    number = 0
    for part in parts(source):
        number = number + 1 if part.kind == "number" else 0
        if part.kind == "heading":
            story.append(Paragraph(escape(part.text), styles["Heading1" if part.level == 1 else "Heading2"]))
        elif part.kind == "table":
            story += [_pdf_table(part.rows, cell), Spacer(1, 8)]
        else:
            mark = {"bullet": "• ", "number": f"{number}. "}.get(part.kind, "")
            story.append(Paragraph(mark + escape(part.text), body))
    frame = Frame(2.2 * cm, 2 * cm, A4[0] - 4.4 * cm, A4[1] - 4.4 * cm)
    document = BaseDocTemplate(str(target), pagesize=A4, title=target.stem, author=COMPANY, invariant=1)
    document.addPageTemplates(PageTemplate(frames=[frame], onPage=_furniture(target.stem)))
    document.build(story)


def _pdf_table(rows: list[list[str]], style: ParagraphStyle) -> Table:
    table = Table([[Paragraph(escape(text), style) for text in row] for row in rows], hAlign="LEFT")
    lines = [("GRID", (0, 0), (-1, -1), 0.4, colors.grey), ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke)]
    table.setStyle(TableStyle([*lines, ("VALIGN", (0, 0), (-1, -1), "TOP")]))
    return table


def _furniture(title: str):  # type: ignore[no-untyped-def]
    def draw(canvas: Canvas, document: BaseDocTemplate) -> None:
        canvas.setFont("Helvetica", 8)
        canvas.drawString(2.2 * cm, A4[1] - 1.3 * cm, f"{COMPANY} · {title}")
        canvas.drawRightString(A4[0] - 2.2 * cm, 1.2 * cm, f"Page {document.page}")

    return draw


def main() -> int:
    for names, ending, write in ((AS_PDF, ".pdf", write_pdf), (AS_WORD, ".docx", write_word)):
        for name in names:
            target = HOME / f"{name}{ending}"
            write((HOME / "sources" / f"{name}.md").read_text(encoding="utf-8"), target)
            sys.stdout.write(f"{target.relative_to(HOME.parent.parent.parent)}: {target.stat().st_size:,} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
