"""
Read what people wrote out of the forms in which it is published: tables, JSON, logs, dumps, transcripts, archives.

A reader takes the folder of one source and gives what was said in it, text by text, as it stands there.
"""

from __future__ import annotations

import csv
import html
import json
import re
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import ParseError, iterparse

from training.apart import opened

csv.field_size_limit(10_000_000)


class Unquoted(csv.excel_tab):
    """Tables of words between tabs, in which a quotation mark is a quotation mark."""

    quoting = csv.QUOTE_NONE


LINES_A_CHAT: Final = 8
LINES_A_LETTER: Final = 30
LONGEST: Final = 900
"""Characters of a text that is put together of shorter ones."""

IRC_LINE: Final = re.compile(r"^\[?\d\d:\d\d(?::\d\d)?\]?\s*<\S+>\s*(.*)")
QUOTED: Final = re.compile(r"^\s{0,3}[\w.]{0,8}[>|:}]")
CODE: Final = re.compile(r"<pre.*?</pre>|<code>.*?</code>", re.DOTALL)
BLOCK: Final = re.compile(r"</(?:p|li|blockquote|h\d)>|<br\s*/?>")
WORD_LINE: Final = re.compile(r"</w:p>|<w:br[^>]*>")
TAG: Final = re.compile(r"<[^<>]{1,400}>")
LINK: Final = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")
FRONT: Final = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
EMPHASIS: Final = re.compile(r"(\*\*|__|`|\\(?=[\[\]*_]))")


@dataclass(frozen=True, slots=True)
class Said:
    """A text as somebody wrote it."""

    text: str
    language: str = "en"


Reader = Callable[[Path], Iterator[Said]]


def column(
    pattern: str, name: str | int, *, is_quoted: bool = True, language: str = "en", unless: str = "\0"
) -> Reader:
    """
    Read a column of tables, by its name or, where they have no first line of names, by its place.

    What has `unless` in it is no text that anybody wrote.
    """

    def read(folder: Path) -> Iterator[Said]:
        for file in sorted(folder.glob(pattern)):
            with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
                clean = (line.replace("\0", "") for line in lines)
                table = csv.reader(clean) if is_quoted else csv.reader(clean, Unquoted)
                place = next(table, []).index(name) if isinstance(name, str) else name
                cells = (row[place] for row in table if len(row) > place)
                yield from (Said(cell, language) for cell in cells if unless not in cell)

    return read


def values(pattern: str, key: str, *, language: str = "en") -> Reader:
    """Read all strings under a key, however deep, of files of JSON or of lines of JSON."""

    def read(folder: Path) -> Iterator[Said]:
        for file in sorted(folder.glob(pattern)):
            yield from (Said(text, language) for document in _documents(file) for text in _values(document, key))

    return read


def word_documents(pattern: str, heading: re.Pattern[str]) -> Reader:
    """Read documents of Word in which texts stand one after the other, each below a heading."""

    def read(folder: Path) -> Iterator[Said]:
        for file in sorted(folder.glob(pattern)):
            with zipfile.ZipFile(file) as archive:
                content = archive.read("word/document.xml").decode("utf-8")
            yield from (Said(text) for text in heading.split(html.unescape(TAG.sub("", WORD_LINE.sub("\n", content)))))

    return read


def asked(pattern: str, key: str) -> Reader:
    """Read what people asked in conversations that are written as one text (``Human: … Assistant: …``)."""

    def read(folder: Path) -> Iterator[Said]:
        for said in values(pattern, key)(folder):
            yield from (Said(turn.split("\n\nAssistant:")[0]) for turn in said.text.split("\n\nHuman:"))

    return read


def dialogues(pattern: str, key: str) -> Reader:
    """Read conversations: lists of turns, each of which has its words under a key."""

    def read(folder: Path) -> Iterator[Said]:
        for file in sorted(folder.glob(pattern)):
            for document in _documents(file):
                for turns in _lists(document, key):
                    yield from _together((turn[key] for turn in turns if isinstance(turn, dict)), LINES_A_CHAT)

    return read


def channels(pattern: str) -> Reader:
    """Read logs of channels, without times and without who spoke; what joined or left is no text."""

    def read(folder: Path) -> Iterator[Said]:
        for file in sorted(folder.glob(pattern)):
            matches = (IRC_LINE.match(line) for line in file.read_text("utf-8", errors="replace").splitlines())
            yield from _together((match[1] for match in matches if match), LINES_A_CHAT)

    return read


def letters(pattern: str) -> Reader:
    """Read letters and posts of newsgroups with who wrote them and of what; what they quote was said before."""

    def read(folder: Path) -> Iterator[Said]:
        for file in sorted(file for file in folder.glob(pattern) if file.is_file()):
            head, _, body = file.read_bytes().decode("latin-1").partition("\n\n")
            kept = [line for line in head.splitlines() if line.startswith(("From:", "Subject:"))]
            lines = (line for line in body.splitlines() if not QUOTED.match(line))
            yield from _together([*kept, *lines], LINES_A_LETTER)

    return read


def transcripts(pattern: str) -> Reader:
    """Read conversations written in Markdown, a paragraph a turn, with who speaks."""

    def read(folder: Path) -> Iterator[Said]:
        for file in sorted(folder.glob(pattern)):
            text = FRONT.sub("", file.read_text("utf-8", errors="replace"))
            plain = EMPHASIS.sub("", TAG.sub("", LINK.sub(r"\1", text)))
            paragraphs = (" ".join(part.split()) for part in plain.split("\n\n"))
            yield from _together((part.lstrip("#>*- ") for part in paragraphs), LINES_A_CHAT)

    return read


def sentences(folders: dict[str, str], *, lines: int = 4) -> Reader:
    """Read lists of sentences, one a line, of folders that each have one language."""

    def read(folder: Path) -> Iterator[Said]:
        for pattern, language in folders.items():
            for file in sorted(folder.glob(pattern)):
                yield from _together(file.read_text("utf-8", errors="replace").splitlines(), lines, language)

    return read


def packed_lines(pattern: str, *, strip: re.Pattern[str], only: str = "") -> Reader:
    """Read the lines of text files in archives; what `strip` matches is no text."""

    def read(folder: Path) -> Iterator[Said]:
        for file in sorted(folder.glob(pattern)):
            for content in _members(file, only):
                yield from (Said(strip.sub("", line)) for line in content.splitlines())

    return read


def marked_lines(pattern: str, mark: str) -> Reader:
    """Read the lines of text files that begin with a mark, without it."""

    def read(folder: Path) -> Iterator[Said]:
        for file in sorted(file for file in folder.glob(pattern) if file.is_file()):
            lines = file.read_text("utf-8", errors="replace").splitlines()
            yield from (Said(line.removeprefix(mark)) for line in lines if line.startswith(mark))

    return read


def whole(pattern: str) -> Reader:
    """Read text files, each a text."""

    def read(folder: Path) -> Iterator[Said]:
        yield from (Said(file.read_text("utf-8", errors="replace")) for file in sorted(folder.glob(pattern)))

    return read


def in_pieces(pattern: str, holder: str, key: str) -> Reader:
    """Read texts that files of JSON have in pieces: lists under `holder`, each piece with its words under a key."""

    def read(folder: Path) -> Iterator[Said]:
        for file in sorted(folder.glob(pattern)):
            for document in _documents(file):
                yield from (Said("".join(str(piece[key]) for piece in pieces)) for pieces in _under(document, holder))

    return read


def pairs_of_lists(pattern: str) -> Reader:
    """Read the first of each two strings that stand together in lists of JSON."""

    def read(folder: Path) -> Iterator[Said]:
        for file in sorted(folder.glob(pattern)):
            for document in _documents(file):
                yield from (Said(pair[0]) for part in document.values() for pair in part)

    return read


def pairs(pattern: str, language: str) -> Reader:
    """Read the translations of sentences (English, other language, on a line), packed or not, each once."""
    seen: set[str] = set()

    def fresh(content: str) -> Iterator[str]:
        for columns in (line.split("\t") for line in content.splitlines() if "\t" in line):
            if columns[1] not in seen:
                seen.add(columns[1])
                yield columns[1]

    def read(folder: Path) -> Iterator[Said]:
        for file in sorted(folder.glob(pattern)):
            if file.suffix not in {".zip", ".txt"}:
                continue
            contents = _members(file) if file.suffix == ".zip" else [file.read_text("utf-8", errors="replace")]
            for content in contents:
                yield from _together(fresh(content), 4, language)

    return read


def stack_exchange(pattern: str = "**/*.xml", *, language: str = "en") -> Reader:
    """Read questions, answers and comments of a dump of Stack Exchange, without code."""

    def read(folder: Path) -> Iterator[Said]:
        for file in sorted(folder.glob(pattern)):
            if file.stem in {"Posts", "Comments"}:
                yield from (Said(text, language) for text in _rows_of_dump(file))

    return read


def _rows_of_dump(file: Path) -> Iterator[str]:
    """Give the rows of a file of a dump; many copies are cut off in the middle, what stands before is whole."""
    try:
        for _, element in iterparse(file):  # noqa: S314 - files that whoever trains has chosen
            if element.tag == "row":
                words = [element.get(name, "") for name in ("Title", "Body", "Text")]
                yield _without_tags("\n".join(word for word in words if word))
            element.clear()
    except ParseError as error:
        print(f"{file}: read up to {error.position}, then {error}")


def every(*readers: Reader) -> Reader:
    """Read a source with several readers."""

    def read(folder: Path) -> Iterator[Said]:
        for reader in readers:
            yield from reader(folder)

    return read


def _without_tags(text: str) -> str:
    return html.unescape(TAG.sub("", BLOCK.sub("\n", CODE.sub("", text))))


def _documents(file: Path) -> Iterator[Any]:
    """Give what a file of JSON has, or each line of one that has one on each line."""
    with opened(file) as content:
        if ".jsonl" in file.name:
            yield from (json.loads(line) for line in content if line.strip())
        else:
            yield json.load(content)


def _values(value: Any, key: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == key and isinstance(inner, str):
                yield inner
            else:
                yield from _values(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _values(inner, key)


def _lists(value: Any, key: str) -> Iterator[list[Any]]:
    if isinstance(value, list) and value and all(isinstance(turn, dict) and key in turn for turn in value):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _lists(inner, key)


def _under(value: Any, holder: str) -> Iterator[list[Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == holder and isinstance(inner, list):
                yield inner
            else:
                yield from _under(inner, holder)
    elif isinstance(value, list):
        for inner in value:
            yield from _under(inner, holder)


def _members(file: Path, only: str = "") -> Iterator[str]:
    """Give the text files of an archive, or those of a name."""
    if file.suffix == ".zip":
        with zipfile.ZipFile(file) as archive:
            names = [name for name in archive.namelist() if _is_text(name, only)]
            yield from (archive.read(name).decode("utf-8", errors="replace") for name in names)
        return
    with tarfile.open(file) as archive:
        for member in archive.getmembers():
            opened = archive.extractfile(member) if _is_text(member.name, only) else None
            if opened is not None:
                yield opened.read().decode("utf-8", errors="replace")


def _is_text(name: str, only: str) -> bool:
    return name.endswith(".txt") and only in name and not name.endswith(("README.txt", "_about.txt", "keywords.txt"))


def _together(parts: Iterable[str], most: int, language: str = "en") -> Iterator[Said]:
    """Put short pieces together, each on its line, up to a number of them and a length."""
    held: list[str] = []
    for part in parts:
        line = " ".join(str(part).split())
        if held and (len(held) == most or sum(map(len, held)) + len(line) > LONGEST):
            yield Said("\n".join(held), language)
            held = []
        if line:
            held.append(line)
    if held:
        yield Said("\n".join(held), language)
