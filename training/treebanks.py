"""
Read treebanks: `python -m training.treebanks --out FILE.jsonl --language en FOLDER …` writes a file for `--text`.

Treebanks are ``*.conllu`` files of Universal Dependencies. What becomes of each text is a row ``{"text", "language",
"proper"}``: the text, a line for each paragraph, and the places of its proper nouns. Where people said what each noun
phrase is (``Entity=`` in the last column, as GUM has it), the row has their names of persons, organisations and places
as ``"spans"`` besides, and no teacher is asked.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from apps.privacy.tagger.labels import LOCATION, ORGANIZATION, PERSON

KINDS: Final = {"person": PERSON, "organization": ORGANIZATION, "place": LOCATION}
BRACKET: Final = re.compile(r"\((\d+)-([a-z]+)[^()]*(\))?|(\d+)\)")
"""An entity begins, ends, or does both: ``(1-person-new``, ``1)``, ``(3-person-acc)``."""

TITLES: Final = frozenset((Path(__file__).parent / "lists" / "titles.txt").read_text(encoding="utf-8").split())
"""What stands before a name and is none."""

PLURAL: Final = "NNPS"
"""A proper noun in the plural: peoples, parties, followers; nobody's name."""

SENTENCES_A_TEXT: Final = 12


@dataclass(slots=True)
class Page:
    """A text in the making, with the entities that are open where it has come to."""

    text: str = ""
    proper: list[list[int]] = field(default_factory=list)
    spans: list[list[Any]] = field(default_factory=list)
    open: list[tuple[str, str]] = field(default_factory=list)
    is_annotated: bool = False

    def row(self, language: str) -> dict[str, Any]:
        """Give what is written down of it."""
        row: dict[str, Any] = {"text": self.text.strip("\n"), "language": language, "proper": self.proper}
        return {**row, "spans": self.spans} if self.is_annotated else row


def rows(lines: Iterable[str], language: str) -> Iterator[dict[str, Any]]:
    """Give the texts of one file, each of at most a dozen sentences."""
    page, sentences = Page(), 0
    for sentence in _sentences(lines):
        is_new = any(line.startswith("# newdoc") for line in sentence) or sentences == SENTENCES_A_TEXT
        if is_new and page.text:
            yield page.row(language)
            page, sentences = Page(), 0
        _add(page, sentence)
        sentences += 1
    if page.text:
        yield page.row(language)


def _sentences(lines: Iterable[str]) -> Iterator[list[str]]:
    sentence: list[str] = []
    for line in lines:
        if line.strip():
            sentence.append(line.rstrip("\n"))
        elif sentence:
            yield sentence
            sentence = []
    if sentence:
        yield sentence


def _add(page: Page, sentence: list[str]) -> None:
    """Add a sentence; words are looked for one after the other, because some are written together."""
    text = next((line[9:] for line in sentence if line.startswith("# text = ")), "")
    is_paragraph = any(line.startswith("# newpar") for line in sentence)
    page.text += ("\n" if is_paragraph else " ") if page.text else ""
    place = base = len(page.text)
    page.text += text
    for columns in (line.split("\t") for line in sentence if line[0].isdigit()):
        if not columns[0].isdigit():
            continue
        found = page.text.find(columns[1], place)
        start = found if found >= 0 else place
        place = start + len(columns[1]) if found >= 0 else place
        closing = _open_entities(page, columns[9])
        if columns[3] == "PROPN" and found >= base:
            page.proper.append([start, place])
            if columns[4] != PLURAL:
                _mark(page, start, place)
        _close_entities(page, closing)


def _open_entities(page: Page, column: str) -> list[str]:
    entity = re.search(r"Entity=([^|]+)", column)
    if entity is None:
        return []
    page.is_annotated = True
    closing = []
    for match in BRACKET.finditer(entity[1]):
        if match[2]:
            page.open.append((match[1], match[2]))
        if match[3] or match[4]:
            closing.append(match[1] or match[4])
    return closing


def _close_entities(page: Page, closing: list[str]) -> None:
    for number in closing:
        place = next((i for i in reversed(range(len(page.open))) if page.open[i][0] == number), None)
        if place is not None:
            del page.open[place]


def _mark(page: Page, start: int, end: int) -> None:
    """Label a proper noun by the innermost entity it belongs to; a title is no part of a name."""
    kind = KINDS.get(page.open[-1][1], "") if page.open else ""
    word = page.text[start:end]
    if not kind or (kind == PERSON and word.lower().rstrip(".") in TITLES):
        return
    last = page.spans[-1] if page.spans else None
    if last and last[2] == kind and page.text[last[1] : start] in {" ", "", "-"}:
        last[1] = end
    else:
        page.spans.append([start, end, kind, 1.0])


def main() -> None:
    """Write the texts of all files of the folders."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--language", required=True)
    parser.add_argument("--only", default="", help="a regular expression that the files' names match")
    parser.add_argument("folders", type=Path, nargs="+")
    options = parser.parse_args()
    files = [file for folder in options.folders for file in sorted(folder.rglob("*.conllu"))]
    with options.out.open("w", encoding="utf-8") as out:
        for file in files:
            if re.search(options.only, file.name):
                with file.open(encoding="utf-8") as lines:
                    for row in rows(lines, options.language):
                        out.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
