"""
Fill posts whose names were taken out: `python -m training.holes --out FILE.jsonl FOLDER …` gathers them.

GoEmotions (CC BY 4.0) has comments of a forum in which ``[NAME]`` stands for every name of a person. With names of ours
in these places they are texts as people write them of which it is known exactly what is a name, and no two fillings are
alike. Reads ``*.tsv`` files whose first column is the comment; `python -m training --holes FILE …` learns from it.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from apps.privacy.tagger.labels import PERSON
from training import nicknames, people, synthetic
from training.documents import Document, Draft

HOLE: Final = "[NAME]"
OTHER_HOLES: Final = {"[RELIGION]": "Buddhist"}
CERTAINTY: Final = 0.9
"""Weight of a filled post: what took the names out overlooked some."""

CARELESS: Final = 0.25
"""Share of posts that are misspelled or written in small letters besides."""


def posts(folder: Path) -> Iterator[str]:
    """Give the comments of a folder's files that have a hole, each once."""
    seen = set()
    for file in sorted(folder.rglob("*.tsv")):
        for line in file.read_text(encoding="utf-8").splitlines():
            post = line.split("\t")[0].strip().strip('"').replace('""', '"')
            for hole, word in OTHER_HOLES.items():
                post = post.replace(hole, word)
            if HOLE in post and post not in seen:
                seen.add(post)
                yield post


def filled(post: str, rng: random.Random, name: Callable[[random.Random], str]) -> Document:
    """Give a post with names in its holes; the whole of it is written as carelessly as posts are."""
    first, *rest = post.split(HOLE)
    draft = Draft()
    draft.add(first)
    for piece in rest:
        draft.add(name(rng), PERSON)
        draft.add(piece)
    document = draft.finish()
    if rng.random() < CARELESS:
        document = synthetic.disturb(synthetic.in_haste(document, rng), rng)
    return Document(document.text, document.marks, CERTAINTY)


def somebody(rng: random.Random) -> str:
    """Name somebody as forums do: by surname or first name, in full, somebody whom all know, a nickname."""
    who = people.person(rng, language="en")
    roll = rng.random()
    if roll < 0.32:
        return who.last
    if roll < 0.56:
        return who.first
    if roll < 0.7:
        return people.full_name(rng, who, language="en")
    return nicknames.famous(rng) if roll < 0.94 else nicknames.nickname(rng, who)


def documents(files: list[Path], *, seed: int, times: int) -> Iterator[Document]:
    """Give each post of the files so many times, each time with other names."""
    rng = random.Random(seed)
    rows = [
        json.loads(line)["text"] for file in files for line in file.read_text(encoding="utf-8").rstrip("\n").split("\n")
    ]
    for _ in range(times):
        for post in rows:
            yield filled(post, rng, somebody)


def main() -> None:
    """Write the posts of all folders to one file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("folders", type=Path, nargs="+")
    options = parser.parse_args()
    with options.out.open("w", encoding="utf-8") as out:
        for folder in options.folders:
            for post in posts(folder):
                out.write(json.dumps({"text": post, "language": "en"}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
