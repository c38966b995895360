"""Cut what was read into passages: by headings, paragraphs and table rows, never by a fixed number of letters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from apps.rag.parsing import Block, Parsed, Role

FEWEST_WORDS = 60  # a section shorter than this shares a passage with its neighbours
MOST_WORDS = 180  # what fits into the embedding model's 256 tokens with its heading line
MOST_PASSAGES = 4_000
LONGEST_HEADING = 400
SEPARATOR = " > "
HEADING_MARK = "## "  # before a heading inside a passage, as Markdown has it
_SENTENCE_END = re.compile("(?<=[.!?])\\s+|(?<=[\u3002\uff01\uff1f])|\n")
_LETTERS_A_WORD = 7


class TooManyPassages(Exception):
    """The document is longer than one document may be."""

    sentence = "The file holds more text than one document may. Split it into parts and upload those."


@dataclass(frozen=True, slots=True)
class Piece:
    """One passage to be: the headings above it, where it stands, and its text with the context line first."""

    ordinal: int
    heading: str
    page: int | None
    text: str


@dataclass(slots=True)
class _Section:
    """Blocks that share a heading path and a page."""

    path: tuple[str, ...]
    page: int | None
    blocks: list[Block] = field(default_factory=list)

    @property
    def words(self) -> int:
        return sum(weight(block.text) for block in self.blocks)


def weight(text: str) -> int:
    """Count words; in scripts that put no spaces between them, seven letters count as one."""
    return max(len(text.split()), len(text) // _LETTERS_A_WORD)


def split(parsed: Parsed, *, title: str) -> list[Piece]:
    """
    Cut a document into pieces of about 60 to 180 words, each under its own headings and on one page.

    :raises TooManyPassages: if there are more than 4,000.
    """
    pieces: list[Piece] = []
    for section in _merged(_sections(parsed.blocks)):
        heading = SEPARATOR.join(section.path)[:LONGEST_HEADING]
        starts_with_title = bool(section.path) and section.path[0] == title
        context = heading if starts_with_title else SEPARATOR.join(filter(None, (title, heading)))
        for body in _bodies(section.blocks):
            if len(pieces) == MOST_PASSAGES:
                raise TooManyPassages
            pieces.append(Piece(len(pieces), heading, section.page, f"{context}\n{body}"))
    return pieces


def _sections(blocks: Iterable[Block]) -> Iterator[_Section]:
    """Group blocks under their heading path; a heading with nothing under it only lengthens the path."""
    path: list[tuple[int, str]] = []
    current: _Section | None = None
    for block in blocks:
        if block.role is Role.HEADING:
            path = [(level, text) for level, text in path if level < block.level] + [(block.level, block.text)]
            if current:
                yield current
            current = None
            continue
        if current is None or current.page != block.page:
            if current:
                yield current
            current = _Section(tuple(text for _, text in path), block.page)
        current.blocks.append(block)
    if current:
        yield current


def _merged(sections: Iterable[_Section]) -> Iterator[_Section]:
    """Join short neighbours that share a page and a parent heading; the joined ones keep their headings as lines."""
    waiting: _Section | None = None
    for section in sections:
        if waiting is None:
            waiting = section
        elif _may_join(waiting, section):
            waiting = _join(waiting, section)
        else:
            yield waiting
            waiting = section
    if waiting:
        yield waiting


def _may_join(one: _Section, other: _Section) -> bool:
    if one.page != other.page or one.words + other.words > MOST_WORDS:
        return False
    if one.path == other.path:
        return True
    shares_parent = bool(_shared(one.path, other.path)) or not (one.path and other.path)
    return shares_parent and (one.words < FEWEST_WORDS or other.words < FEWEST_WORDS)


def _join(one: _Section, other: _Section) -> _Section:
    path = _shared(one.path, other.path)
    blocks = [*_with_heading(one, path), *_with_heading(other, path)]
    return _Section(path, one.page, blocks)


def _with_heading(section: _Section, path: tuple[str, ...]) -> list[Block]:
    rest = SEPARATOR.join(section.path[len(path) :])
    return [Block(Role.PARAGRAPH, HEADING_MARK + rest, 0, section.page), *section.blocks] if rest else section.blocks


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    count = 0
    while count < min(len(one), len(other)) and one[count] == other[count]:
        count += 1
    return one[:count]


def _bodies(blocks: Iterable[Block]) -> Iterator[str]:
    """Fill passages block by block, as evenly as the blocks allow; only a block that is too long itself is cut."""
    parts = [part for block in blocks for part in _parts(block.text)]
    total = sum(weight(part) for part in parts)
    target = total / max(-(-total // MOST_WORDS), 1)
    taken: list[str] = []
    words = 0
    for part in parts:
        size = weight(part)
        if taken and (words + size > MOST_WORDS or words + size / 2 > target):
            yield "\n".join(taken)
            taken, words = [], 0
        taken.append(part)
        words += size
    if taken:
        yield "\n".join(taken)


def _parts(text: str) -> Iterator[str]:
    if weight(text) <= MOST_WORDS:
        yield text
        return
    taken: list[str] = []
    words = 0
    for sentence in _SENTENCE_END.split(text):
        for chunk in _chunks(sentence):
            size = weight(chunk)
            if taken and words + size > MOST_WORDS:
                yield " ".join(taken)
                taken, words = [], 0
            taken.append(chunk)
            words += size
    if taken:
        yield " ".join(taken)


def _chunks(sentence: str) -> Iterator[str]:
    """Cut a sentence without an end at spaces, and a word without an end anywhere."""
    while weight(sentence) > MOST_WORDS:
        cut = sentence.rfind(" ", 0, MOST_WORDS * _LETTERS_A_WORD)
        at = cut if cut > 0 else MOST_WORDS * _LETTERS_A_WORD
        yield sentence[:at].strip()
        sentence = sentence[at:].strip()
    if sentence:
        yield sentence
