"""A text with exact labels, and how it is put together piece by piece."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

UNSURE: Final = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """
    The label of ``text[start:end]``, and how sure it is (1 where we wrote the text ourselves).

    The label `UNSURE` says that nobody knows what it is; `certainty` is then its weight.
    """

    start: int
    end: int
    label: str
    certainty: float = 1.0


@dataclass(frozen=True, slots=True)
class Document:
    """
    A text, its marks, and the certainty with which everything unmarked is nobody's name.

    `odds` are what a teacher says of each token instead of marks, in 255ths: [tokens, labels], and `weight`
    how much each token counts. `is_whole` says that
    they are of all kinds, not of names and addresses alone.
    """

    text: str
    marks: tuple[Mark, ...]
    certainty: float = 1.0
    odds: Any = None
    weight: Any = None
    is_whole: bool = False


@dataclass(slots=True)
class Draft:
    """A document in the making: add plain and labelled pieces in order."""

    pieces: list[str] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    length: int = 0

    def add(self, piece: str, label: str = "") -> None:
        """Append a piece; with a label it is marked."""
        if label and piece:
            self.marks.append(Mark(self.length, self.length + len(piece), label))
        self.pieces.append(piece)
        self.length += len(piece)

    def add_marked(self, piece: str, mark: Mark) -> None:
        """Append a piece with the label and the certainty of a mark."""
        self.marks.append(replace(mark, start=self.length, end=self.length + len(piece)))
        self.add(piece)

    def add_document(self, document: Document) -> None:
        """Append a whole document."""
        self.marks += [
            Mark(mark.start + self.length, mark.end + self.length, mark.label, mark.certainty)
            for mark in document.marks
        ]
        self.pieces.append(document.text)
        self.length += len(document.text)

    def finish(self) -> Document:
        """Give what has been written."""
        return Document("".join(self.pieces), tuple(self.marks))


def with_values(document: Document, value_of: Callable[[str, Mark], str]) -> Document:
    """Give a document with other marked values, as `value_of` gives them; marks that overlap an earlier one go."""
    draft, position = Draft(), 0
    for mark in document.marks:
        if mark.start >= position:
            draft.add(document.text[position : mark.start])
            draft.add_marked(value_of(document.text[mark.start : mark.end], mark), mark)
            position = mark.end
    draft.add(document.text[position:])
    return replace(draft.finish(), certainty=document.certainty, is_whole=document.is_whole)
