"""
Turn a file into blocks of text.

Nothing in this package knows Django: `child` runs it in a process that may open no file, no socket and no process.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MOST_PAGES = 2_000
MOST_BLOCKS = 100_000


class Kind(StrEnum):
    """The five formats that are read."""

    PDF = "PDF"
    DOCX = "DOCX"
    MARKDOWN = "MARKDOWN"
    TEXT = "TEXT"
    HTML = "HTML"


class Role(StrEnum):
    """What a block is in its document."""

    HEADING = "HEADING"
    PARAGRAPH = "PARAGRAPH"
    ROW = "ROW"


class Reason(StrEnum):
    """Why a file cannot be read; each has one sentence for the person who uploaded it."""

    EMPTY = "EMPTY"
    NO_TEXT = "NO_TEXT"
    PASSWORD = "PASSWORD"  # noqa: S105
    DAMAGED = "DAMAGED"
    WRONG_TYPE = "WRONG_TYPE"
    UNKNOWN_TYPE = "UNKNOWN_TYPE"
    OLD_WORD = "OLD_WORD"
    PACKED_TOO_TIGHT = "PACKED_TOO_TIGHT"
    TOO_MANY_PAGES = "TOO_MANY_PAGES"
    TOO_MUCH_TEXT = "TOO_MUCH_TEXT"
    TOO_SLOW = "TOO_SLOW"
    TOO_MUCH_MEMORY = "TOO_MUCH_MEMORY"
    NOT_ISOLATED = "NOT_ISOLATED"


SENTENCES = {
    Reason.EMPTY: "The file is empty. Check that it was saved, then upload it again.",
    Reason.NO_TEXT: "No text was found; the pages may be scanned pictures. Upload a version with text in it.",
    Reason.PASSWORD: "The file is protected by a password. Save a copy without a password and upload that.",
    Reason.DAMAGED: "The file is damaged and could not be opened. Open it in its own program, save it again and retry.",
    Reason.WRONG_TYPE: "The content does not fit the name's ending. Save it in the format its name says, or rename it.",
    Reason.UNKNOWN_TYPE: "This kind of file is not read. Upload PDF, Word (.docx), Markdown, text or HTML.",
    Reason.OLD_WORD: "This is the old Word format (.doc). Save it as .docx and upload that.",
    Reason.PACKED_TOO_TIGHT: "The file unpacks to far more than a document should, so it was not opened.",
    Reason.TOO_MANY_PAGES: f"The file has more than {MOST_PAGES:,} pages. Split it into parts and upload those.",
    Reason.TOO_MUCH_TEXT: "The file holds more text than one document may. Split it into parts and upload those.",
    Reason.TOO_SLOW: "Reading the file took too long and was stopped. Save it again in a simpler form, or split it.",
    Reason.TOO_MUCH_MEMORY: "Reading the file needed too much memory and was stopped. Split it into parts.",
    Reason.NOT_ISOLATED: "This server cannot isolate the program that reads files, so none was read. Tell an admin.",
}


class Unreadable(Exception):
    """The file cannot be read; `sentence` says why and what to do."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason

    @property
    def sentence(self) -> str:
        return SENTENCES[self.reason]


@dataclass(frozen=True, slots=True)
class Block:
    """One heading (`level` 1-6), paragraph or table row (0). `page` counts from 1 where the format has pages."""

    role: Role
    text: str
    level: int = 0
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Parsed:
    """All that was read, in reading order. `pages` is None where the format has none."""

    blocks: tuple[Block, ...]
    pages: int | None = None
