"""
Put the posts that were read for names together with their labels: `python -m bench.posts --out FOLDER TEXTS …`.

TEXTS are folders of ``NAME.jsonl``, lines of ``{"text"}``, as `python -m training.gather` writes them. Labels and texts
are kept apart: `labels.jsonl` has of each post only which row of which source it is, by a hash, where in the row it
stands, and where names stand in it. Writes a file for each source and one for all, for `bench/eval_privacy.py`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

LABELS: Final = Path(__file__).parent / "labels.jsonl"
HASHED: Final = 16
"""Digits of a row's hash that are kept: enough for a million rows."""

ALL: Final = "posts"
SPOKEN: Final = "ubuntu-irc"
"""The source in which people are called by user names alone: it has a file of its own only."""


class TextsMissing(Exception):
    """Some posts are in none of the folders; gather their sources first (docs/privacy-model.md)."""


def key_of(text: str) -> str:
    """Give the hash by which the row of a source is known."""
    return hashlib.sha256(text.encode()).hexdigest()[:HASHED]


def joined(labels: Iterable[dict[str, Any]], rows: dict[tuple[str, str], str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """
    Give each post with its source.

    :raises TextsMissing: if the row of one is not there.
    """
    for label in labels:
        row = rows.get((label["source"], label["row"]))
        if row is None:
            raise TextsMissing(f"{label['source']} lacks the row {label['row']}.")
        spans = [{"start": start, "end": end, "type": type_} for start, end, type_ in label["spans"]]
        yield label["source"], {"text": row[label["start"] : label["end"]], "spans": spans}


def rows_of(folders: Iterable[Path], sources: Iterable[str]) -> dict[tuple[str, str], str]:
    """Read the rows of some sources, by source and hash. In a text, U+2028 ends no row."""
    texts = {
        (source, json.loads(line)["text"])
        for folder in folders
        for source in sources
        if (file := folder / f"{source}.jsonl").exists()
        for line in file.read_text(encoding="utf-8").split("\n")
        if line
    }
    return {(source, key_of(text)): text for source, text in texts}


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("texts", type=Path, nargs="+")
    options = parser.parse_args()
    labels = [json.loads(line) for line in LABELS.read_text(encoding="utf-8").splitlines()]
    sets: dict[str, list[dict[str, Any]]] = {ALL: []}
    try:
        for source, post in joined(labels, rows_of(options.texts, {label["source"] for label in labels})):
            sets.setdefault(source, []).append(post)
            if source != SPOKEN:
                sets[ALL].append(post)
    except TextsMissing as missing:
        sys.exit(f"{missing} {TextsMissing.__doc__}")
    options.out.mkdir(parents=True, exist_ok=True)
    for name, posts in sets.items():
        lines = "".join(json.dumps(post, ensure_ascii=False) + "\n" for post in posts)
        (options.out / f"{name}.jsonl").write_text(lines, encoding="utf-8")


if __name__ == "__main__":
    main()
