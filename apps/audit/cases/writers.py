"""The three files of an export: JSON lines for programs, CSV for spreadsheets, one HTML page for people."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
from collections.abc import Sequence
from typing import Any, Final, Protocol

from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from apps.audit.cases.lines import Line, columns
from apps.batch.results import harmless

STYLE: Final = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#14211f}"
    "article{border-top:1px solid #9aa;padding:1rem 0}dl{display:grid;grid-template-columns:max-content 1fr;gap:0 1rem}"
    "dd{margin:0;overflow-wrap:anywhere}dt{color:#566}pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#eef2f1;"
    "padding:.75rem;unicode-bidi:isolate}.unseen{border:1px solid;font-size:.75em;color:#a1260d}"
    ".masked{background:#f6e7bf}"
)
MARK: Final = "<!-- exchanges -->"
LONGEST_CELL: Final = 32_767  # what Excel and LibreOffice keep of a cell
CUT: Final = " … (cut here; exchanges.jsonl has all of it)"
POLICY: Final = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    + "'"
)


class Sink(Protocol):
    """Takes the bytes of one file."""

    def write(self, data: bytes, /) -> int:
        """Write bytes."""


class Writer(Protocol):
    """Writes exchanges, one after the other, and what a file of its kind ends with."""

    def write(self, line: Line) -> None:
        """Write one exchange."""

    def end(self) -> None:
        """Write what stands at the end."""


class JsonLines:
    """One object a line, in ASCII: what is unusual in a text is escaped, line breaks and marks of direction too."""

    name = "exchanges.jsonl"

    def __init__(self, file: Sink, *, variant: str, title: str) -> None:
        self._file = file

    def write(self, line: Line) -> None:
        """Write one exchange."""
        self._file.write(json.dumps(line.facts).encode() + b"\n")

    def end(self) -> None:
        """There is nothing to end."""


class Csv:
    """
    A table with a mark that says UTF-8. No cell is run as a formula, and none is longer than spreadsheets take.

    Where a text was cut, its cell says so: the lines and the page have it whole.
    """

    name = "exchanges.csv"

    def __init__(self, file: Sink, *, variant: str, title: str) -> None:
        self._file, self._columns = file, columns(variant)
        self._file.write("\ufeff".encode())
        self._row(list(self._columns))

    def write(self, line: Line) -> None:
        """Write one exchange."""
        self._row([_fitting(harmless(_cell(name, line.facts[name]))) for name in self._columns])

    def end(self) -> None:
        """There is nothing to end."""

    def _row(self, cells: list[str]) -> None:
        text = io.StringIO(newline="")
        csv.writer(text).writerow(cells)
        self._file.write(text.getvalue().encode(errors="backslashreplace"))


class Html:
    """One page without scripts, pictures or links; what people wrote is text, and what cannot be seen is named."""

    name = "exchanges.html"

    def __init__(self, file: Sink, *, variant: str, title: str) -> None:
        self._file = file
        page = {"title": title, "policy": POLICY, "style": mark_safe(f"<style>{STYLE}</style>")}  # noqa: S308  our own words alone
        top, _, self._bottom = render_to_string("audit/cases/bundle/page.html", page).lstrip().partition(MARK)
        self._put(top)

    def write(self, line: Line) -> None:
        """Write one exchange."""
        self._put(render_to_string("audit/cases/bundle/exchange.html", {"facts": line.facts}))

    def end(self) -> None:
        """Close the page."""
        self._put(self._bottom)

    def _put(self, text: str) -> None:
        self._file.write(text.encode(errors="backslashreplace"))


NAMES: Final = (JsonLines.name, Csv.name, Html.name)


def begun(files: Sequence[Sink], *, variant: str, title: str) -> list[Writer]:
    """Begin the three files, in the order of `NAMES`."""
    lines, table, page = files
    return [
        JsonLines(lines, variant=variant, title=title),
        Csv(table, variant=variant, title=title),
        Html(page, variant=variant, title=title),
    ]


def _fitting(cell: str) -> str:
    cell = cell.replace("\x00", "\u2400")
    return cell if len(cell) <= LONGEST_CELL else cell[: LONGEST_CELL - len(CUT)] + CUT


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name == "left":
        return "\n\n".join(f"{said['role']}: {said['text']}" for said in value)
    if name == "masked":
        return " ".join(span["placeholder"] for span in value)
    return " ".join(value) if isinstance(value, list) else str(value)
