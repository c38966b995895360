"""PDF: text by page, with headings told by their size."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as pdfium

from apps.rag.parsing import MOST_PAGES, Block, Parsed, Reason, Role, Unreadable
from apps.rag.parsing.cleaning import one_line

_WRONG_PASSWORD = 4  # FPDF_ERR_PASSWORD
_HEADING_RATIO = 1.12
_PARAGRAPH_GAP = 1.75
_LONGEST_HEADING = 120
_MANY_PAGES = 4
_ON_MOST = 0.6  # of many pages: chapters often begin without a header
_DIGITS = re.compile(r"\d+")
_LIST_ITEM = re.compile(r"(?:[-*•·▪◦]|\d{1,2}[.)])\s+")


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line: its text, the size of its letters in points, and how high on the page it stands."""

    text: str
    size: float
    height: float
    page: int


def parse(data: bytes) -> Parsed:
    """
    Read a PDF.

    :raises Unreadable: if it is locked, damaged or has too many pages.
    """
    try:
        document = pypdfium2.PdfDocument(data)
        if len(document) > MOST_PAGES:
            raise Unreadable(Reason.TOO_MANY_PAGES)
        pages = [list(_lines(document[index], index + 1)) for index in range(len(document))]
    except pypdfium2.PdfiumError as error:
        is_locked = error.err_code == _WRONG_PASSWORD
        raise Unreadable(Reason.PASSWORD if is_locked else Reason.DAMAGED) from None
    if not pages:
        raise Unreadable(Reason.DAMAGED)
    running = _running_lines(pages)
    levels = _heading_levels([line for page in pages for line in page])
    blocks = [block for page in pages for block in _blocks([x for x in page if _shape(x) not in running], levels)]
    return Parsed(tuple(blocks), len(pages))


def _lines(page: pypdfium2.PdfPage, number: int) -> Iterator[Line]:
    textpage = page.get_textpage()
    position = 0
    for raw in re.split(r"(?<=\n)", textpage.get_text_range(errors="replace")):
        text = one_line(raw.replace("\ufffe", ""))  # PDFium's mark for a hyphen at a line's end
        if text:
            letter = position + len(raw) - len(raw.lstrip())
            yield Line(text, _size(textpage, letter), _height(textpage, letter), number)
        position += len(raw)
    textpage.close()
    page.close()


def _size(textpage: pypdfium2.PdfTextPage, letter: int) -> float:
    """Size in points as printed: the font's size times the scale of its matrix, which some programs use instead."""
    matrix = pdfium.FS_MATRIX()
    scale = 1.0
    if pdfium.FPDFText_GetMatrix(textpage, letter, matrix):
        scale = abs(matrix.d) or abs(matrix.b) or 1.0
    return round(float(pdfium.FPDFText_GetFontSize(textpage, letter)) * scale, 1)


def _height(textpage: pypdfium2.PdfTextPage, letter: int) -> float:
    try:
        return float(textpage.get_charbox(letter)[1])
    except (pypdfium2.PdfiumError, IndexError):
        return 0.0


def _shape(line: Line) -> str:
    return _DIGITS.sub("#", line.text)


def _running_lines(pages: list[list[Line]]) -> frozenset[str]:
    """Headers and footers: outermost lines that come back, apart from their numbers, on all pages (or most of many)."""
    filled = [page for page in pages if page]
    if len(filled) < 2:
        return frozenset()
    needed = len(filled) * _ON_MOST if len(filled) >= _MANY_PAGES else len(filled)
    seen = Counter(shape for page in filled for shape in {_shape(line) for line in (*page[:2], *page[-2:])})
    return frozenset(shape for shape, count in seen.items() if count >= needed)


def _heading_levels(lines: list[Line]) -> dict[float, int]:
    """Sizes that are larger than the body's, largest first, are heading levels 1 to 4."""
    letters: Counter[float] = Counter()
    for line in lines:
        letters[line.size] += len(line.text)
    if not letters:
        return {}
    body = max(letters, key=lambda size: letters[size])
    larger = sorted((size for size in letters if size > body * _HEADING_RATIO), reverse=True)
    return {size: min(rank, 4) for rank, size in enumerate(larger, 1)}


def _blocks(lines: list[Line], levels: dict[float, int]) -> Iterator[Block]:
    waiting: list[Line] = []
    for line in lines:
        if waiting and not _continues(waiting[-1], line, levels):
            yield _block(waiting, levels)
            waiting = []
        waiting.append(line)
    if waiting:
        yield _block(waiting, levels)


def _continues(before: Line, line: Line, levels: dict[float, int]) -> bool:
    if line.size != before.size and (line.size in levels or before.size in levels):
        return False
    if _LIST_ITEM.match(line.text):
        return False
    return abs(before.height - line.height) <= _PARAGRAPH_GAP * max(line.size, 1)


def _block(lines: list[Line], levels: dict[float, int]) -> Block:
    text = " ".join(line.text for line in lines)
    level = levels.get(lines[0].size, 0)
    if level and len(text) <= _LONGEST_HEADING and any(letter.isalpha() for letter in text):
        return Block(Role.HEADING, text, level, lines[0].page)
    return Block(Role.PARAGRAPH, text, 0, lines[0].page)
