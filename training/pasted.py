"""
Texts as people paste them, written to learn from (`training/pasted/*.marked.txt`), and variations of them.

All kinds of identifiers are marked in them. Firms and places are not: there the network keeps what it sees already.
A variation has other values of the same build: names of other people, other words and letters in user names, passwords
and numbers, other streets.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from apps.privacy.tagger import tokens
from apps.privacy.tagger.labels import (
    ADDRESS,
    LABELS,
    LOCATION,
    ORGANIZATION,
    PERSON,
    PHONE,
    REFERENCE,
    SECRET,
    USERNAME,
)
from bench import marked
from bench.eval_privacy import OWN, halves_of
from training import arrays, corpus, novel, people, synthetic, values
from training.documents import UNSURE, Document, Mark, with_values

FOLDER: Final = Path(__file__).parent / "pasted"
LABEL_OF: Final = {
    "PERSON": PERSON,
    "ADDRESS": ADDRESS,
    "USERNAME": USERNAME,
    "SECRET": SECRET,
    "ID": REFERENCE,
    "FINANCIAL": REFERENCE,
    "PHONE": PHONE,
}
UNSAID: Final = {"PUBLIC": 0.1, "EMAIL": 0.0, "IP": 0.0, "DATE_TIME": 0.0, "MISC": 0.0}
"""
Weight of what is marked and no kind of the network's: e-mail addresses, addresses of machines and dates are found by
rules. What the public may know counts a little as nothing in particular.
"""

CERTAIN: Final = 1.0
IN_HASTE: Final = 0.1
RENEWED: Final = {ADDRESS: 0.5, USERNAME: 0.6, SECRET: 0.7, REFERENCE: 0.8}
"""Share of the values that a variation changes, names aside."""

Odds = Callable[[str], Any]


def read(files: Iterable[Path]) -> Iterator[Document]:
    """
    Read marked texts as documents whose every kind is labelled.

    :raises KeyError: if a mark is of no kind that is known; a slip of the pen would else teach nothing, unnoticed.
    """
    for file in files:
        for row in marked.read(file.read_text(encoding="utf-8")):
            marks = (
                Mark(span["start"], span["end"], LABEL_OF[span["type"]], CERTAIN)
                if span["type"] in LABEL_OF
                else Mark(span["start"], span["end"], UNSURE, UNSAID[span["type"]])
                for span in row["spans"]
            )
            yield Document(row["text"], tuple(marks), CERTAIN, is_whole=True)


def developed() -> Iterator[Document]:
    """Give the half of `bench/prompts` that rules are mended by."""
    return (one for one in read(sorted(OWN.glob("*.marked.txt"))) if "develop" in halves_of(one.text))


def documents(texts: Iterable[Document], odds: Odds, *, seed: int, times: int) -> Iterator[Document]:
    """Give every text as it stands, and so many variations of it."""
    rng = random.Random(seed)
    for document in texts:
        for piece in corpus.pieces(document):
            yield labelled(piece, odds(piece.text))
            for _ in range(times):
                changed = varied(piece, rng)
                changed = synthetic.in_haste(changed, rng) if rng.random() < IN_HASTE else changed
                yield labelled(changed, odds(changed.text))


def labelled(document: Document, own: Any) -> Document:
    """Give a document whose unmarked words are firms and places as likely as the network sees them."""
    places = np.array(tokens.cut(document.text)[1], np.int64).reshape(-1, 2)
    known, weight = arrays.odds_of(document, places)
    unmarked = known[:, 0] == arrays.SURE
    named = [row for row, label in enumerate(LABELS) if label[2:] in {ORGANIZATION, LOCATION}]
    share = np.floor(own[:, named] * arrays.SURE).astype(np.uint8) * unmarked[:, None]
    known[:, named] += share
    known[:, 0] -= share.sum(1, dtype=np.uint8)
    return replace(document, odds=known, weight=weight, is_whole=True)


def varied(document: Document, rng: random.Random) -> Document:
    """Give a document with other values, the same value the same one."""
    changed: dict[str, str] = {}

    def other(value: str, mark: Mark) -> str:
        if mark.label not in RENEWED:
            return value
        return changed.setdefault(value, renewed(value, mark.label, rng))

    return replace(with_values(corpus.with_other_names(document, rng), other), is_whole=True)


LETTERS: Final = re.compile(r"[^\W\d_]+")
LONG: Final = 4
"""From so many letters on a run of them is a word, in a number or a user name."""

STREET: Final = re.compile(r"[^,\n]*\d[^,\n]*")


def renewed(value: str, label: str, rng: random.Random) -> str:
    """Give another value of the same build."""
    if rng.random() >= RENEWED[label]:
        return value
    if label == ADDRESS:
        street = STREET.match(value)
        other = values.street(rng, people.person(rng, language="en").last, language=rng.choice(synthetic.LANGUAGES))
        is_street = street is not None and len(LETTERS.findall(street[0])) > 0
        return other + value[street.end() :] if street is not None and is_street else value
    return LETTERS.sub(lambda run: _other_letters(run[0], label, rng), value)


def _other_letters(run: str, label: str, rng: random.Random) -> str:
    if label == REFERENCE or not _is_word(run):
        return "".join(_other_letter(letter, rng) for letter in run)
    if label == USERNAME:
        who = people.person(rng, language="en")
        word = rng.choice((who.first, who.last, who.first[0] + who.last, who.last + who.first[0], _word(rng)))
    else:
        word = rng.choice((_word(rng), _word(rng), people.person(rng, language="en").first))
    word = re.sub(r"\W", "", word).lower() or run
    return word.upper() if run.isupper() else word.title() if run[0].isupper() else word


def _is_word(run: str) -> bool:
    return len(run) >= LONG and (run.islower() or run.isupper() or run.istitle())


def _word(rng: random.Random) -> str:
    return rng.choice(novel.plain_words())


def _other_letter(letter: str, rng: random.Random) -> str:
    if not letter.isascii():
        return letter
    return chr(ord("A" if letter.isupper() else "a") + rng.randrange(26))
