"""
Gather text without labels: `python -m training.gather --source NAME --measured FOLDER --out FILE.jsonl FOLDER …`.

Reads the folders of a source (`training/sources.py` names them with their licences) and writes rows for `--text`. What
is said twice is written once; what meets a measured text (`training/apart.py`) is left out, and so is what has hardly
a word. `--unsure` says with each row which capitalised words are in no dictionary. The same input gives the same file.
"""

from __future__ import annotations

import argparse
import hashlib
import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from apps.privacy import words as product_words
from training.apart import Measured, write
from training.readers import Said
from training.sources import SOURCES, Source

LONGEST: Final = 6_000
FEWEST_WORDS: Final = 3
LETTER_SHARE: Final = 0.5
KNOWN_SHARE: Final = 0.55
"""Of the words of a text in English at least so many are in the dictionary; slang and names are not."""

WORD: Final = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
CAPITALISED: Final = re.compile(r"\b[A-ZÀ-ÖØ-Þ][^\W\d_]+")
ASIDE: Final = re.compile(r"https?://\S+|www\.\S+|@\w+|#\w+|\d+")
BLANKS: Final = re.compile(r"[ \t\u00a0]+")
CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\ufeff\ufffd]")


class Gathering:
    """Text of one source on its way: what was said already, and why what was left out."""

    def __init__(self, source: Source, measured: Measured) -> None:
        self.source = source
        self.measured = measured
        self.said: set[bytes] = set()
        self.left_out: Counter[str] = Counter()

    def kept(self, folders: list[Path]) -> Iterator[Said]:
        """Give each text that may be learned from, once."""
        for folder in folders:
            for said in self.source.read(folder):
                text = tidy(said.text)
                reason = self._reason(text)
                if reason:
                    self.left_out[reason] += 1
                else:
                    yield Said(text, said.language)

    def _reason(self, text: str) -> str:
        """Say why a text is left out, if it is."""
        words = WORD.findall(text)
        if len(words) < FEWEST_WORDS or sum(map(len, words)) < LETTER_SHARE * len(text.replace(" ", "")):
            return "hardly a word"
        if len(text) > LONGEST:
            return "too long"
        key = hashlib.blake2b(" ".join(WORD.findall(ASIDE.sub("", text).casefold())).encode(), digest_size=8).digest()
        if key in self.said:
            return "said before"
        self.said.add(key)
        if self.source.is_mixed and not is_english(words):
            return "another language"
        return "meets a measured text" if self.measured.meets(text) else ""


def tidy(text: str) -> str:
    """Give a text as a person would see it: without entities, control characters and rows of blanks."""
    plain = CONTROL.sub("", unicodedata.normalize("NFC", html.unescape(html.unescape(text))).replace("\r", "\n"))
    lines = (BLANKS.sub(" ", line).strip() for line in plain.split("\n"))
    return "\n".join(line for line in lines if line)


def is_english(words: list[str]) -> bool:
    """Say whether most words are in the dictionary."""
    known = product_words.dictionary()
    return sum(word.casefold() in known for word in words) >= KNOWN_SHARE * len(words)


def unsure(text: str, known: frozenset[str]) -> list[list[int]]:
    """Give the places of the capitalised words that no dictionary has: each may be a name."""
    return [[match.start(), match.end()] for match in CAPITALISED.finditer(text) if match[0].casefold() not in known]


def sample(texts: list[Said], characters: int) -> list[Said]:
    """Take as many texts as fit, by a hash of each, in the order they came in."""
    order = sorted(range(len(texts)), key=lambda place: hashlib.sha256(texts[place].text.encode()).digest())
    taken, length = set(), 0
    for place in order:
        length += len(texts[place].text)
        if length > characters:
            break
        taken.add(place)
    return [text for place, text in enumerate(texts) if place in taken]


def main() -> None:
    """Read, leave out, write, and say how much it was."""
    options = _options()
    known = product_words.dictionary() | _words(options.words)
    source = SOURCES[options.source]
    gathering = Gathering(source, Measured.of(options.measured))
    texts = list(gathering.kept(options.folders))
    if options.characters:
        texts = sample(texts, options.characters)
    write(options.out, (_row(said, known, is_unsure=options.unsure) for said in texts))
    count = sum(len(WORD.findall(said.text)) for said in texts)
    what = f"{len(texts)} texts, {count} words of {source.kind}, {source.licence}"
    print(f"{options.out}: {what}; left out: {dict(gathering.left_out)}")


def _row(said: Said, known: frozenset[str], *, is_unsure: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"text": said.text, "language": said.language}
    return {**row, "unsure": unsure(said.text, known)} if is_unsure else row


def _words(files: list[Path]) -> frozenset[str]:
    return frozenset(line.strip() for file in files for line in file.read_text(encoding="utf-8").splitlines())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", choices=sorted(SOURCES), required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--measured", type=Path, required=True, help="folder of the sets that are measured by")
    parser.add_argument("--characters", type=int, default=0, help="take no more than this many, by a hash of each text")
    parser.add_argument("--unsure", action="store_true")
    parser.add_argument("--words", type=Path, nargs="*", default=[], help="more words that are no names, one a line")
    parser.add_argument("folders", type=Path, nargs="+")
    return parser.parse_args()


if __name__ == "__main__":
    main()
