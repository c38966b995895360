"""
Gather documents to learn from: labelled files, texts that teachers labelled, and variations of both.

Labelled files are ``*.iob2`` (number, word, label on a line; a blank line ends a sentence). Texts are ``*.jsonl``,
lines of ``{"text": …, "spans": [[start, end, label, certainty], …]}`` as `label_texts` writes them.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from apps.privacy.tagger.labels import ADDRESS, LOCATION, ORGANIZATION, PERSON
from training import people, synthetic
from training.documents import UNSURE, Document, Draft, Mark, with_values
from training.teachers import Opinion, Teacher

FOREIGN_LABELS: Final = {"PER": PERSON, "ORG": ORGANIZATION, "LOC": LOCATION}
SENTENCES_A_DOCUMENT: Final = 3
LONGEST: Final = 900
"""Characters of one training document; longer texts are cut at line ends or blanks."""

NO_BLANK_BEFORE: Final = re.compile(r"[.,;:!?)\]}%\u2019”»]|'s$|n't$|''$")
NO_BLANK_AFTER: Final = re.compile(r"[(\[{“„«$#@]|``$")
AGREED: Final = 0.97
"""How sure a name is that two teachers give."""

IN_HASTE: Final = 0.2
"""Share of variations that are misspelled besides."""

TAUGHT: Final = 0.6
ANNOTATED: Final = 0.9
"""Weights of texts that teachers and that people labelled."""

OVERLOOKED: Final = 0.3
"""Weight of a proper noun that no teacher names."""

ALONE: Final = 0.75
"""How sure a name is that one of two teachers gives."""


def read_labelled(file: Path) -> Iterator[Document]:
    """Read a file of words and labels as documents of a few sentences."""
    sentences = [lines.splitlines() for lines in file.read_text(encoding="utf-8").split("\n\n")]
    for first in range(0, len(sentences), SENTENCES_A_DOCUMENT):
        draft = Draft()
        for sentence in sentences[first : first + SENTENCES_A_DOCUMENT]:
            _add_sentence(draft, [line.split("\t") for line in sentence if line and not line.startswith("#")])
        yield draft.finish()


def _add_sentence(draft: Draft, words: list[list[str]]) -> None:
    starts, glued = draft.length, True
    for _, word, label, *_rest in words:
        if not glued and not NO_BLANK_BEFORE.match(word):
            draft.add(" ")
        kind = FOREIGN_LABELS.get(label[2:], "")
        if kind and label[0] == "I" and draft.marks and draft.marks[-1].end >= starts and draft.marks[-1].label == kind:
            last = draft.marks.pop()
            draft.add(word)
            draft.marks.append(replace(last, end=draft.length))
        else:
            draft.add(word, kind)
        glued = bool(NO_BLANK_AFTER.match(word))
    draft.add("\n")


def label_texts(rows: Iterable[dict[str, Any]], teach: Teacher) -> Iterator[dict[str, Any]]:
    """
    Let a teacher label texts; everything else in a row is kept.

    Where a row says which words are proper nouns (``"proper": [[start, end], …]``, as treebanks do), a person or an
    organisation that has none of them is not believed.
    """
    for row in rows:
        proper = row.get("proper")
        spans = [
            [mark.start, mark.end, mark.label, round(mark.certainty, 3)]
            for mark in teach(row["text"])
            if proper is None or mark.label == ADDRESS or any(s < mark.end and e > mark.start for s, e in proper)
        ]
        yield {**row, "spans": spans}


def read_taught(files: Iterable[Path]) -> Iterator[Document]:
    """Read what teachers labelled; a text that several labelled becomes one document."""
    texts: dict[str, list[list[Opinion]]] = {}
    proper: dict[str, list[list[int]]] = {}
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            texts.setdefault(row["text"], []).append([Opinion(*span) for span in row["spans"]])
            proper.setdefault(row["text"], row.get("proper", row.get("unsure", [])))
    for text, opinions in texts.items():
        yield from pieces(Document(text, tuple(_with_unsure(agree(opinions), proper[text])), TAUGHT))


def read_annotated(file: Path) -> Iterator[Document]:
    """Read texts whose names people labelled, as `treebanks` writes them."""
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        marks = tuple(Mark(*span) for span in row.get("spans", []))
        yield from pieces(Document(row["text"], marks, ANNOTATED))


def _with_unsure(marks: list[Mark], proper: list[list[int]]) -> list[Mark]:
    """Mark the proper nouns of which no teacher said anything: they may be names that all have overlooked."""
    unsaid = [
        Mark(start, end, UNSURE, OVERLOOKED)
        for start, end in proper
        if not any(mark.start < end and mark.end > start for mark in marks)
    ]
    return sorted([*marks, *unsaid], key=lambda mark: mark.start)


def agree(opinions: list[list[Opinion]]) -> list[Mark]:
    """Put the opinions of one or two teachers together: what both say is nearly sure, what one says is likely."""
    first = opinions[0]
    others = opinions[1] if len(opinions) > 1 else []
    marks = []
    for opinion in _joined(first):
        is_shared = any(o.start < opinion.end and o.end > opinion.start and o.label == opinion.label for o in others)
        certainty = opinion.certainty if len(opinions) == 1 else AGREED if is_shared else ALONE * opinion.certainty
        marks.append(Mark(opinion.start, opinion.end, opinion.label, certainty))
    for opinion in _joined(others):
        if not any(mark.start < opinion.end and mark.end > opinion.start for mark in marks):
            marks.append(Mark(opinion.start, opinion.end, opinion.label, ALONE * opinion.certainty))
    return sorted(marks, key=lambda mark: mark.start)


def _joined(opinions: Iterable[Opinion]) -> list[Opinion]:
    """Join neighbouring pieces of words and of names, and drop what overlapping windows said twice."""
    joined: list[Opinion] = []
    for opinion in sorted(opinions, key=lambda opinion: (opinion.start, -opinion.end)):
        last = joined[-1] if joined else None
        if last and opinion.label == last.label and opinion.start <= last.end + 1:
            sure = max(last.certainty, opinion.certainty)
            joined[-1] = replace(last, end=max(last.end, opinion.end), certainty=sure)
        elif not last or opinion.start >= last.end:
            joined.append(opinion)
    return joined


def pieces(document: Document) -> Iterator[Document]:
    """Cut a long document into pieces, at line ends or blanks."""
    start, text = 0, document.text
    while start < len(text):
        end = min(len(text), start + LONGEST)
        if end < len(text):
            breaks = (text.rfind("\n", start + LONGEST // 2, end), text.rfind(" ", start + LONGEST // 2, end))
            end = next((place + 1 for place in breaks if place > 0), end)
        yield synthetic.cut(document, start, end)
        start = end


def with_other_names(document: Document, rng: random.Random) -> Document:
    """Give the people of a document other names, the same person the same name, of any culture."""
    renamed: dict[str, people.Person] = {}

    def other(value: str, mark: Mark) -> str:
        words = value.split()
        is_name = mark.label == PERSON and mark.certainty > 0.7 and words and words[0][:1].isupper()
        return _renamed(words, renamed, rng) if is_name else value

    return with_values(document, other)


def _renamed(words: list[str], renamed: dict[str, people.Person], rng: random.Random) -> str:
    who = renamed.setdefault(words[-1], people.person(rng, language="en"))
    if len(words) == 1:
        return who.last if rng.random() < 0.5 else who.first
    return f"{who.first} {who.last}" if len(words) == 2 else people.full_name(rng, who, language="en")


def variations(documents: Iterable[Document], *, seed: int, share: float) -> Iterator[Document]:
    """Give a share of the documents once more: with other names, and perhaps written carelessly."""
    rng = random.Random(seed)
    for document in documents:
        if rng.random() < share:
            changed = with_other_names(document, rng) if document.marks and rng.random() < 0.75 else document
            yield synthetic.disturb(synthetic.in_haste(changed, rng) if rng.random() < IN_HASTE else changed, rng)
