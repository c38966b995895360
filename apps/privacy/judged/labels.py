"""Words that announce a value, such as `password`, and what the words around them say of it."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Final

from apps.privacy import words

LONGEST_LABEL: Final = 40


@cache
def _labels() -> tuple[dict[str, tuple[tuple[str, str], ...]], tuple[tuple[str, str, str], ...], tuple[str, ...]]:
    exact: dict[str, tuple[tuple[str, str], ...]] = {}
    endings: list[tuple[str, str, str]] = []
    for line in (words.FOLDER / "label_words.tsv").read_text(encoding="utf-8").splitlines():
        if line and line[0] != "#":
            kind, group, names = line.split("\t")
            for name in names.split():
                plain = name.lstrip("*")
                exact.setdefault(plain, ((kind, group),))
                if name[0] == "*":
                    endings.append((plain, kind, group))
    return exact, tuple(endings), tuple(ending for ending, _, _ in endings)


def kinds_of(word: str) -> tuple[tuple[str, str], ...]:
    """Say what a word in small letters announces: kinds and groups."""
    exact, endings, any_ending = _labels()
    plain = folded(word)
    if plain in exact:
        return exact[plain]
    if not plain.endswith(any_ending) or len(plain) >= LONGEST_LABEL:
        return ()
    return next(((kind, group),) for ending, kind, group in endings if plain.endswith(ending))


def folded(word: str) -> str:
    """Give a word in small letters without accents. Nothing of it is kept: it may be a password."""
    if word.isascii():
        return word.lower()
    return "".join(one for one in unicodedata.normalize("NFD", word.lower()) if not unicodedata.combining(one))


FILE: Final = "label_surroundings.tsv"
COPULAS: Final = words.group(FILE, "copula")
OF: Final = words.group(FILE, "of")
WITH: Final = words.group(FILE, "with")
MUST: Final = words.group(FILE, "must")
OFF: Final = words.group(FILE, "off")
ACCESS: Final = words.group(FILE, "access")
NO_ACCESS: Final = words.group(FILE, "no_access")
OF_PERSONS: Final = words.group(FILE, "of_persons")
NOTHING: Final = words.group(FILE, "nothing")
FILES: Final = words.group(FILE, "file")
SMALL: Final = COPULAS | OF | WITH | MUST
TOPICS: Final = OFF | ACCESS | NO_ACCESS
