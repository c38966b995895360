"""
Read what people labelled out of the forms in which it is published: columns, CoNLL-U, places beside a text.

A reader takes the folder of one set and gives its passages in their order. `share` reads the first part of a set that
has no parts of its own.
"""

from __future__ import annotations

import json
import re
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from training.passages import (
    KINDS,
    LOCATION,
    ORG,
    PERSON,
    PROPER,
    WORD,
    Passage,
    Span,
    Word,
    disjoint,
    passage,
)

FEWEST_WORDS: Final = 3

BETWEEN: Final = re.compile(r"de|da|di|von|van|der|bin|al|[-\u2013'\u2019.]")
"""What stands between the names of a person."""

LISTS: Final = Path(__file__).parent / "lists"
OFFICES: Final = tuple((LISTS / "offices-afrikaans.txt").read_text(encoding="utf-8").split())
"""Endings of what Afrikaans calls offices: the set takes them for persons."""

CALLED: Final = frozenset((LISTS / "titles-afrikaans.txt").read_text(encoding="utf-8").split())
"""What Afrikaans writes before a name."""

WROCLAW: Final = {
    **dict.fromkeys(("nam_liv_person", "nam_liv_character"), "PER"),
    **dict.fromkeys(("nam_loc", "nam_fac"), "LOC"),
    "nam_org_nation": "nation",
    "nam_org": "ORG",
}
"""How the names of kinds begin in the Wroclaw corpus, and what they are."""

CLITIC: Final = re.compile(r"[^\W\d_]{2,} e?(?:m|ś|śmy|ście)|\w+(?:ł|ła|ło|li|ły) by")
"""What Polish writes as one word and some sets cut: zrobił by m."""

UNCLEAR: Final = "?"
"""The label of a word of which its set does not say what it should; its sentence is left out."""

NAME_TYPES: Final = {"Giv": "PER", "Sur": "PER", "Pat": "PER", "Prs": "PER", "Geo": "LOC", "Com": "ORG"}
"""What treebanks call kinds of names: given, family and father's names, persons, places, companies."""

GLUE: Final = re.compile(r"(?<=[^\W_])[#_](?=[^\W_])")
"""What some sets write between words that they take for one."""

ASIDE: Final = re.compile(r"[#|]+|\[.*\]")
"""What those who wrote down speech put between the words: a pause, a laugh, a name that is left out."""

QUOTED: Final = re.compile(r'^(["\u201c\u201e\u201d«»]) (?=\w)')
"""A quotation mark that begins a sentence and stands apart from it."""

Reader = Callable[[Path], Iterator[Passage]]
Labeller = Callable[[list[str]], str]


def _files(folder: Path, pattern: str) -> list[Path]:
    """
    Give the files of a pattern by their names.

    :raises FileNotFoundError: if there are none; a set that is not there would look like an empty one.
    """
    files = sorted(folder.glob(pattern))
    if not files:
        raise FileNotFoundError(f"{folder} has no {pattern}. Name the checked-out repository of the set.")
    return files


def _documents(folder: Path, pattern: str, share: float) -> Iterator[list[list[str]]]:
    """Give the sentences of each file, of the first share of the files or, where there is one, of its sentences."""
    files = _files(folder, pattern)
    if len(files) > 1:
        yield from (list(_blocks(file)) for file in files[: round(len(files) * share)])
    else:
        blocks = list(_blocks(files[0]))
        yield blocks[: round(len(blocks) * share)]


def _blocks(file: Path) -> Iterator[list[str]]:
    """Give the lines that stand together between empty lines."""
    content = _content(file)
    block: list[str] = []
    for line in [*content.split("\n"), ""]:
        if line.strip():
            block.append(line.rstrip("\r"))
        elif block:
            yield block
            block = []


def _content(file: Path) -> str:
    """Give the text of a file, of an archive what it has to learn from."""
    if file.suffix == ".zip":
        with zipfile.ZipFile(file) as archive:
            return archive.read(archive.namelist()[0]).decode()
    if file.suffix == ".gz":
        with tarfile.open(file) as archive:
            parts = (archive.extractfile(name) for name in archive.getnames() if name.endswith(".train"))
            return "\n\n".join(part.read().decode() for part in parts if part)
    return file.read_text(encoding="utf-8")


def columns(
    pattern: str,
    *,
    label: int,
    outside: str = "O",
    share: float = 1.0,
    kind: Callable[[str], str] = str,
    clitic: re.Pattern[str] | None = None,
) -> Reader:
    """
    Read a word and its label on each line, between tabs or blanks, with an empty line behind each sentence.

    `kind` says what the name of a label means; two words that match `clitic` are one that was cut.
    """

    def word(line: str) -> Word:
        parts = line.split("\t") if "\t" in line else line.split(" ")
        said = parts[label].strip() if len(parts) > label else outside
        # A soft hyphen is where a line was broken, and stands in the middle of words.
        form = GLUE.sub(" ", parts[0].strip().replace("\u00ad", ""))
        edge, _, name = said.rpartition("-")
        return Word(form, "O" if said in {outside, "O"} else f"{edge or 'I'}-{kind(name)}")

    def whole(words: list[Word]) -> list[Word]:
        pairs = zip(words, [*words[1:], Word("")], strict=True)
        return [
            replace(word, is_close=True) if clitic and clitic.fullmatch(f"{word.form} {after.form}") else word
            for word, after in pairs
        ]

    def read(folder: Path) -> Iterator[Passage]:
        for blocks in _documents(folder, pattern, share):
            for number, block in enumerate(blocks):
                lines = (line for line in block if not line.startswith(("# ", "-DOCSTART-")))
                words = [found for found in map(word, lines) if found.form]
                if words:
                    yield passage(whole(words), begins=number == 0)

    return read


def kind_of_wroclaw(name: str) -> str:
    """Say what one of the eighty kinds of the Wroclaw corpus is of the three: ``nam_loc_gpe_city`` is a place."""
    return next((kind for start, kind in WROCLAW.items() if name.startswith(start)), name)


def conllu(
    pattern: str, *, label: Labeller, share: float = 1.0, unless: Iterable[str] = (), is_written: bool = True
) -> Reader:
    """
    Read CoNLL-U and its kin.

    `label` says what the columns make of a word; sentences of the files `unless` are those of other parts and left out;
    without `is_written` the words are put together anew, where the text of a set has blanks in wrong places.
    """

    def read(folder: Path) -> Iterator[Passage]:
        others = {compact(text) for other in unless for file in _files(folder, other) for text in _texts(file)}
        for blocks in _documents(folder, pattern, share):
            begins = True
            for block in blocks:
                said = sentence(block, label, is_written=is_written)
                begins = begins or said.begins
                if said.text and "&#" not in said.text and compact(said.text) not in others:
                    yield replace(said, begins=begins)
                    begins = False

    return read


def sentence(block: list[str], label: Labeller, *, is_written: bool = True) -> Passage:
    """Read a sentence of CoNLL-U; words that are written as one have the label of the first that has one."""
    text = QUOTED.sub(r"\1", next((line[9:].strip() for line in block if line.startswith("# text = ")), ""))
    begins = any(line.startswith("# newdoc") for line in block)
    words, last = list[Word](), 0
    for parts in (line.split("\t") for line in block if line[0].isdigit()):
        first, _, until = parts[0].partition("-")
        if not first.isdigit() or ASIDE.fullmatch(parts[1]):
            continue
        if not until and int(first) <= last:
            if words[-1].label == "O":
                words[-1] = replace(words[-1], label=label(parts))
            continue
        last = int(until) if until else last
        is_close = True if "SpaceAfter=No" in parts[-1] or "SpaceAfter=No" in parts[-2] else None
        words.append(Word(GLUE.sub(" ", parts[1]), "O" if until else label(parts), is_close))
    if any(word.label == UNCLEAR for word in words):
        return Passage("", begins=begins)
    return passage(words, text if is_written else "", begins=begins)


def _texts(file: Path) -> Iterator[str]:
    """Give the sentences of a part that is not learned from, to know them by."""
    if file.suffix == ".json":
        yield from ("".join(row["tokens"]) for row in json.loads(file.read_text(encoding="utf-8")))
    else:
        yield from (sentence(block, lambda _: "O").text for block in _blocks(file))


def compact(text: str) -> str:
    """Give a text without blanks and signs, to compare it with another writing of it."""
    return "".join(WORD.findall(text)).casefold()


def by_kind_of_name(parts: list[str]) -> str:
    """Label by the kind of name that a treebank gives (``NameType=Sur``); a proper noun without one is unclear."""
    kind = next((part[9:] for part in parts[5].split("|") if part.startswith("NameType=")), "")
    first = kind.partition(",")[0]
    return f"I-{NAME_TYPES.get(first, first)}" if kind else UNCLEAR if parts[3] == "PROPN" else "O"


def in_column(number: int) -> Labeller:
    """Take a column for the label."""
    return lambda parts: parts[number]


def in_last(key: str) -> Labeller:
    """Take a value of the last column for the label: ``name=B-PER|SpaceAfter=No``."""
    return lambda parts: next((part[len(key) :] for part in parts[-1].split("|") if part.startswith(key)), "O")


def proper_noun(parts: list[str]) -> str:
    """Label the proper nouns of a treebank; neighbours are one name."""
    return f"I-{PROPER}" if parts[3] == "PROPN" else "O"


def of_proper_nouns(parts: list[str]) -> str:
    """Take the last column for the label, but of persons the proper nouns alone: the set labels "the minister" too."""
    said, form = parts[-1], parts[1]
    is_name = parts[3] in {"PROPN", "X"} or form.rstrip(".").isupper() or BETWEEN.fullmatch(form)
    return said if is_name or not said.endswith("-PERSON") else "O"


def persons(reader: Reader, cut: Callable[[list[re.Match[str]]], list[re.Match[str]]]) -> Reader:
    """Read with a reader, and of each person keep the words that `cut` leaves; none means that it was no name."""

    def kept(text: str, span: Span) -> Span | None:
        if span[2] != PERSON:
            return span
        words = cut(list(re.finditer(r"\S+", text[span[0] : span[1]])))
        return (span[0] + words[0].start(), span[0] + words[-1].end(), PERSON) if words else None

    def read(folder: Path) -> Iterator[Passage]:
        for said in reader(folder):
            spans = (kept(said.text, span) for span in said.spans)
            yield replace(said, spans=tuple(span for span in spans if span))

    return read


def between_capitals(words: list[re.Match[str]]) -> list[re.Match[str]]:
    """Cut off words in small letters before and behind: "de Ion" is Ion."""
    capitals = [place for place, word in enumerate(words) if not word[0].islower()]
    return words[capitals[0] : capitals[-1] + 1] if capitals else []


def without_offices(words: list[re.Match[str]]) -> list[re.Match[str]]:
    """Cut off titles and offices before a name; an office and its field, "minister van Finansies", is none."""
    plain = [word[0].casefold().strip(".,:/-") for word in words]
    first = next((place for place, word in enumerate(plain) if not word.endswith(OFFICES) and word not in CALLED), None)
    if first is None or any(word.endswith(OFFICES) or word == "vir" for word in plain[first:]):
        return []
    is_office = any(word.endswith(OFFICES) for word in plain[:first])
    return [] if is_office and plain[first] in {"van", "in", ""} else words[first:]


def standoff(pattern: str) -> Reader:
    """Read texts whose words stand apart, a sentence a line, with names in a file of places beside each (brat)."""

    def read(folder: Path) -> Iterator[Passage]:
        for file in _files(folder, pattern):
            text = file.with_suffix(".txt").read_bytes().decode()
            names = disjoint(_names_of(file))
            start = 0
            for number, line in enumerate(text.split("\n")):
                words = [_word(match, start, names) for match in re.finditer(r"\S+", line)]
                start += len(line) + 1
                if words:
                    yield passage(words, begins=number == 0)

    return read


def _names_of(file: Path) -> Iterator[Span]:
    """Give the names of a file of places: ``T1``, tab, kind, start, end, tab, name; a name in pieces is left out."""
    for line in file.read_text(encoding="utf-8").splitlines():
        parts = line.split("\t")
        place = parts[1].split(" ") if len(parts) > 1 and line.startswith("T") else []
        if len(place) == 3 and place[0] in KINDS:
            yield int(place[1]), int(place[2]), place[0]


def _word(match: re.Match[str], offset: int, names: list[Span]) -> Word:
    start, end = match.start() + offset, match.end() + offset
    name = next((name for name in names if name[0] < end and start < name[1]), None)
    if name is None:
        return Word(match[0])
    return Word(match[0], f"{'B' if start <= name[0] else 'I'}-{name[2]}")


GIVEN: Final = frozenset({"name", "surname", "patronymic", "nickname"})
"""Pieces of a person; what stands beside them is an office."""


def objects(pattern: str) -> Reader:
    """Read texts with a file of pieces of names and one of what pieces make a person, firm or place (factRuEval)."""

    def read(folder: Path) -> Iterator[Passage]:
        for file in _files(folder, pattern):
            text = file.with_suffix(".txt").read_bytes().decode().replace("\r\n", "\n")
            names = disjoint(_objects(file, text))
            for number, match in enumerate(re.finditer(r"\S[^\n]*", text)):
                inside = (name for name in names if match.start() <= name[0] and name[1] <= match.end())
                spans = tuple((start - match.start(), end - match.start(), kind) for start, end, kind in inside)
                yield Passage(match[0].rstrip(), spans, begins=number == 0)

    return read


def _objects(file: Path, text: str) -> Iterator[Span]:
    pieces = {
        parts[0]: (int(parts[2]), int(parts[2]) + int(parts[3]), parts[1])
        for parts in (line.split() for line in file.with_suffix(".spans").read_text(encoding="utf-8").splitlines())
        if len(parts) > 3
    }
    for line in file.read_text(encoding="utf-8").splitlines():
        kind, *numbers = line.partition("#")[0].split()[1:]
        found = [pieces[number] for number in numbers if number in pieces]
        if kind == "Person":
            yield from _runs([piece for piece in found if piece[2] in GIVEN], text, PERSON)
        elif kind == "Org":
            yield from _runs([piece for piece in found if piece[2] == "org_name"], text, ORG)
        if kind != "Person":
            yield from ((start, end, LOCATION) for start, end, what in found if what == "loc_name")


def _runs(pieces: list[Span], text: str, kind: str) -> Iterator[Span]:
    """Put pieces together that have nothing but blanks and quotation marks between them."""
    held: Span | None = None
    for start, end, _ in sorted(pieces):
        if held and not text[held[1] : start].strip(" -"):
            held = (held[0], max(end, held[1]), kind)
            continue
        if held:
            yield held
        held = (start, end, kind)
    if held:
        yield held


def lines(*patterns: str) -> Reader:
    """Read sentences, one a line; shorter lines are entries of a dictionary."""

    def read(folder: Path) -> Iterator[Passage]:
        for pattern in patterns:
            for file in _files(folder, pattern):
                for line in file.read_text(encoding="utf-8").splitlines():
                    if len(WORD.findall(line)) >= FEWEST_WORDS:
                        yield Passage(" ".join(line.split()))

    return read


def articles(pattern: str) -> Reader:
    """Read articles in translation, a sentence a line; DOCUMENT_IDS.tsv says which article each line is of."""

    def read(folder: Path) -> Iterator[Passage]:
        articles_of = (folder / "DOCUMENT_IDS.tsv").read_text(encoding="utf-8").splitlines()
        for file in _files(folder, pattern):
            last = ""
            lines_of = file.read_text(encoding="utf-8").splitlines()
            for article, line in zip(articles_of, lines_of, strict=True):
                yield Passage(" ".join(line.split()), begins=article != last)
                last = article

    return read


def every(*readers: Reader) -> Reader:
    """Read a set with several readers."""

    def read(folder: Path) -> Iterator[Passage]:
        for reader in readers:
            yield from reader(folder)

    return read
