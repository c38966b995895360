"""
The dictionary as lines: a list of terms, or a table with a heading, in; a table that spreadsheets cannot run, out.

A list has one term a line, commas and all. A table begins with a line that has a column called "term"; "kind", "exact"
and "note" may stand beside it, separated by commas, semicolons or tabs.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from apps.privacy.dictionary_models import DictionaryEntry
from apps.privacy.dictionary_terms import NewTerm, TermRefused, checked

COLUMNS: Final = ("term", "kind", "exact", "note")
MOST_LINES: Final = 200_000
LONGEST_NOTE: Final = 200
YES: Final = frozenset({"yes", "y", "true", "1", "x", "exact"})
NO: Final = frozenset({"", "no", "n", "false", "0"})
RUNS_IN_SPREADSHEETS: Final = ("=", "+", "-", "@", "\t", "\r", "'")
_KINDS: Final = {
    name.casefold(): value for value, label in DictionaryEntry.Kind.choices for name in (value, str(label))
}


class TooManyLines(Exception):
    """More lines than one import takes."""

    sentence = f"One import takes at most {MOST_LINES:,} lines. Divide it."

    def __init__(self) -> None:
        super().__init__(self.sentence)


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that was not understood: its number, counted from 1, the line itself, and a sentence for its writer."""

    number: int
    line: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Lines:
    """What lines say: the terms that may be in the dictionary, and the lines that need a second look."""

    heading: str
    sound: tuple[str, ...]
    terms: tuple[NewTerm, ...]
    problems: tuple[Problem, ...]

    @property
    def repeated(self) -> int:
        """How many lines name a term that another line names too."""
        return len(self.sound) - len(self.terms)

    @property
    def rest(self) -> str:
        """The lines with problems, without the heading."""
        return "\n".join(problem.line for problem in self.problems)

    def corrected(self, rest: str) -> str:
        """Give the whole text again with `rest` in place of the lines with problems."""
        return "\n".join(filter(None, [self.heading, *self.sound, rest]))

    def remainder(self) -> str:
        """Give the lines with problems alone, under the heading."""
        return "\n".join(filter(None, [self.heading, self.rest]))


class _LineRefused(Exception):
    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def read(text: str, *, kind: str) -> Lines:
    """
    Read lines; `kind` is for those that name none. Empty lines count for nothing.

    :raises TooManyLines: if there are more than one import takes.
    """
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(lines) > MOST_LINES:
        raise TooManyLines
    first = next((line for line in lines if line.strip()), "")
    separator = _separator_of(first)
    columns = [] if separator is None else _names(first, separator)
    terms: dict[str, NewTerm] = {}
    sound: list[str] = []
    problems: list[Problem] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or (columns and line is first):
            continue
        try:
            cells = _cells(line, columns, separator)
            new = _term(cells, kind=kind)
        except (_LineRefused, TermRefused) as refusal:
            problems.append(Problem(number, line, refusal.sentence))
        else:
            terms[new.key] = new
            sound.append(line)
    return Lines(first if columns else "", tuple(sound), tuple(terms.values()), tuple(problems))


def write(entries: Iterable[tuple[str, str, bool, str]]) -> Iterator[str]:
    """Give the table of (term, kind, is_exact, note) line by line. A cell that a spreadsheet would run gets a quote."""
    yield _row(COLUMNS)
    for term, kind, is_exact, note in entries:
        yield _row((_quoted(term), kind, "yes" if is_exact else "no", _quoted(note)))


def _term(cells: dict[str, str], *, kind: str) -> NewTerm:
    note = _unquoted(cells.get("note", ""))
    if len(note) > LONGEST_NOTE:
        raise _LineRefused(f"The note has more than {LONGEST_NOTE} characters.")
    return checked(
        _unquoted(cells["term"]),
        kind=_kind(cells["kind"]) if cells.get("kind") else kind,
        is_exact=_is_exact(cells.get("exact", "")),
        note=note,
    )


def _cells(line: str, columns: Sequence[str], separator: str | None) -> dict[str, str]:
    if not columns or separator is None:
        return {"term": line.strip()}
    try:
        cells = next(csv.reader([line], delimiter=separator, strict=True))
    except csv.Error:
        raise _LineRefused("A quotation mark in this line has no counterpart.") from None
    if len(cells) > len(columns):
        raise _LineRefused(
            f"This line has {len(cells)} columns, the heading {len(columns)}. Put quotes round the term."
        )
    named = {name: cell.strip() for name, cell in zip(columns, cells, strict=False)}
    if not named.get("term"):
        raise _LineRefused("The column of the term is empty.")
    return named


def _separator_of(first: str) -> str | None:
    """Find what separates the columns of a heading; None where the first line is no heading."""
    for separator in (",", ";", "\t"):
        names = _names(first, separator)
        if "term" in names and set(names) <= set(COLUMNS) and len(set(names)) == len(names):
            return separator
    return None


def _names(first: str, separator: str) -> list[str]:
    return [name.strip().strip('"').casefold() for name in first.split(separator)]


def _kind(name: str) -> str:
    known = _KINDS.get(name.casefold())
    if known is None:
        raise _LineRefused(f"There is no kind “{name[:40]}”. Kinds are: {', '.join(DictionaryEntry.Kind.labels)}.")
    return known


def _is_exact(cell: str) -> bool:
    if cell.casefold() not in YES | NO:
        raise _LineRefused("The column “exact” says yes or no.")
    return cell.casefold() in YES


def _row(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def _quoted(cell: str) -> str:
    return f"'{cell}" if cell.startswith(RUNS_IN_SPREADSHEETS) else cell


def _unquoted(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(RUNS_IN_SPREADSHEETS) else cell
