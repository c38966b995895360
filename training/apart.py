"""
Keep what is learned from apart from what is measured by: `python -m training.apart --measured FOLDER FILE …`.

Two texts meet where eight words follow each other in both, however they are written: capitals, accents, signs and
blanks do not count. A measured text of fewer words meets a text that says nothing else. Prints for each file how many
of its rows meet a measured text and fails if any does; with `--drop` it writes the file again without them.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, TextIO

WORDS_A_SHINGLE: Final = 8
FEWEST_WORDS: Final = 4
"""Shorter texts say what anybody says: they meet nothing."""

WORD: Final = re.compile(r"\w+")


def shingles(text: str) -> set[int]:
    """Give the hashes of all eight words that follow each other, or of the whole text where it has fewer."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    words = WORD.findall("".join(letter for letter in plain if not unicodedata.combining(letter)))
    if len(words) < FEWEST_WORDS:
        return set()
    count = max(1, len(words) - WORDS_A_SHINGLE + 1)
    return {_hash(" ".join(words[start : start + WORDS_A_SHINGLE])) for start in range(count)}


def _hash(words: str) -> int:
    return int.from_bytes(hashlib.blake2b(words.encode(), digest_size=8).digest(), "big")


class Measured:
    """The texts that are measured by, as hashes."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self.known: set[int] = set()
        for text in texts:
            self.known |= shingles(text)

    @classmethod
    def of(cls, folder: Path) -> Measured:
        """
        Read all ``*.jsonl`` and ``*.jsonl.gz`` of a folder and its folders.

        :raises FileNotFoundError: if there are none; nothing would be kept apart.
        """
        files = [file for file in sorted(folder.rglob("*.jsonl*")) if file.suffix in {".jsonl", ".gz"}]
        if not files:
            raise FileNotFoundError(f"{folder} has no *.jsonl or *.jsonl.gz. Name the folder of the labelled sets.")
        return cls(row["text"] for file in files for row in rows(file))

    def meets(self, text: str) -> bool:
        """Say whether a text shares eight words in a row with one of them."""
        return not self.known.isdisjoint(shingles(text))


def opened(file: Path) -> TextIO:
    """Open a file of text, packed or not; bytes that are no text become signs that say so."""
    if file.suffix == ".gz":
        return gzip.open(file, "rt", encoding="utf-8", errors="replace")
    return file.open(encoding="utf-8", errors="replace")


def rows(file: Path) -> Iterator[dict[str, Any]]:
    """Read the rows of a file, packed or not."""
    with opened(file) as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def write(file: Path, content: Iterable[dict[str, Any]]) -> None:
    """Write rows; the file has its name only when it is whole."""
    part = file.with_name(file.name + ".part")
    with part.open("w", encoding="utf-8") as out:
        for row in content:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    part.replace(file)


def main() -> None:
    """Check files, or clean them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measured", type=Path, required=True, help="folder of the sets that are measured by")
    parser.add_argument("--drop", action="store_true", help="write the files again without the rows that meet one")
    parser.add_argument("files", type=Path, nargs="+")
    options = parser.parse_args()
    measured = Measured.of(options.measured)
    met = sum(_check(file, measured, options) for file in options.files)
    sys.exit(1 if met and not options.drop else 0)


def _check(file: Path, measured: Measured, options: argparse.Namespace) -> int:
    kept = [row for row in rows(file) if not measured.meets(row["text"])]
    met = sum(1 for _ in rows(file)) - len(kept)
    print(f"{file}: {len(kept)} rows apart, {met} meet a measured text{', dropped' if met and options.drop else ''}")
    if met and options.drop:
        write(file, kept)
    return met


if __name__ == "__main__":
    main()
