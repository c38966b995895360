"""
Posts that a reader judged, and texts with the odds that the network gives them itself, as documents to learn from.

`read.jsonl` and `read_again.jsonl` say of places that the network took for a person, surely or hardly, which are one;
the half for developing of `bench/posts` says where persons are. None holds a text: the sources of
`docs/privacy-model.md` bring them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from apps.privacy.tagger.labels import LABELS, PERSON
from apps.privacy.tagger.tokens import cut
from bench.eval_privacy import halves_of
from bench.posts.__main__ import LABELS as DEVELOPED
from bench.posts.__main__ import joined, rows_of
from training import arrays, corpus
from training.documents import Document, Mark

Odds = Callable[[str], Any]

READ: Final = Path(__file__).parent / "read.jsonl"
READ_AGAIN: Final = Path(__file__).parent / "read_again.jsonl"
"""What was read for a sixth round, which did not ship: no weights have learned from it."""

SOMEBODY: Final = frozenset(["PERSON", "USERNAME"])
NOBODY: Final = "NONE"
SURELY: Final = 0.96
HARDLY: Final = 0.05
"""What is left of the odds of a person where a reader sees none."""
SELF_TAUGHT: Final = 0.6
LONGEST: Final = 900
OWN: Final = {
    **dict.fromkeys(("newsgroups", "goemotions", "tweets-questions", "gsd-de", "gsd-fr", "gsd-es"), 3),
    **dict.fromkeys(("stack-exchange", "topical-chat", "blogs-gsa", "common-voice"), 2),
    **dict.fromkeys(("tatoeba-de", "tatoeba-fr", "tatoeba-es", "tatoeba-nl"), 2),
    **dict.fromkeys(("open-assistant", "ewt"), 4),
    **dict.fromkeys(("tweets-vader", "tweets-fivethirtyeight", "tweets-toldbr", "stack-exchange-french"), 1),
    **dict.fromkeys(("stack-exchange-italian", "ubuntu-irc", "sms", "changelog", "dolly", "trivia"), 1),
    **dict.fromkeys(("ud-alpino", "ud-porttinari", "ud-parlamint", "handbooks", "sequoia-fr", "pud-it"), 1),
    "lassysmall-nl": 1,
}
"""Sources that are learned as the network sees them, and in which shares."""


def judged(text: str, odds: Any, spans: Iterable[dict[str, Any]]) -> Document:
    """Give a post with its own odds, but that persons are where the reader says; elsewhere they are hardly any."""
    rows = odds.astype(np.float64)
    places = np.array(cut(text)[1], np.int64).reshape(-1, 2)
    begins, inside = LABELS.index(f"B-{PERSON}"), LABELS.index(f"I-{PERSON}")
    is_left = np.zeros(len(places), bool)
    for span in spans:
        here = [row for row, (start, end) in enumerate(places) if start < span["end"] and end > span["start"]]
        if span["type"] in SOMEBODY:
            rows[here] = 0
            rows[here, 0] = 1 - SURELY
            rows[here[:1], begins] = rows[here[1:], inside] = SURELY
        is_left[here] = span["type"] != NOBODY
    rows[np.ix_(~is_left, (begins, inside))] *= HARDLY
    rows /= rows.sum(1, keepdims=True)
    return Document(text, (), 1.0, np.rint(rows * arrays.SURE).astype(np.uint8))


def posts(folders: list[Path], judged_too: tuple[Path, ...] = ()) -> Iterator[dict[str, Any]]:
    """
    Give the posts that were read: all that were judged, and of those that measure the half for developing.

    `judged_too` are more files like `READ`.

    :raises TextsMissing: if a source was not gathered.
    """
    for file in (READ, *judged_too, DEVELOPED):
        labels = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        for _, post in joined(labels, rows_of(folders, {label["source"] for label in labels})):
            if file != DEVELOPED or "develop" in halves_of(post["text"]):
                yield post


def own(folders: list[Path], odds: Odds, *, tokens: int, rng: random.Random) -> Iterator[Document]:
    """Give texts of every kind, as many tokens in all, with the odds that the network gives them."""
    for source, share in OWN.items():
        wanted = tokens * share / sum(OWN.values())
        texts = sorted({text for (name, _), text in rows_of(folders, {source}).items() if name == source})
        rng.shuffle(texts)
        for text in texts:
            piece = text[:LONGEST]
            known = odds(piece)
            if len(known):
                yield Document(piece, (), SELF_TAUGHT, np.rint(known * arrays.SURE).astype(np.uint8))
            wanted -= len(known)
            if wanted <= 0:
                break


def is_certain(post: dict[str, Any]) -> bool:
    """Say whether a post has persons and the reader was sure of everything."""
    types = {span["type"] for span in post["spans"]}
    return bool(types & SOMEBODY) and types <= SOMEBODY | {NOBODY}


def marked(post: dict[str, Any]) -> Document:
    """Give a post with its persons, whose names can be changed."""
    marks = (Mark(span["start"], span["end"], PERSON) for span in post["spans"] if span["type"] in SOMEBODY)
    return Document(post["text"], tuple(sorted(marks, key=lambda mark: mark.start)), corpus.ANNOTATED)
