"""
Texts in some sixty more languages to learn from, and variations of them with other people's names.

Three kinds: texts written to learn from, in which all kinds of values are marked (`training/tongues/*.marked.txt`);
texts whose names people labelled; and treebanks, of which only the proper nouns are known: what is none of them is
surely nobody's name. The last two are gathered (`training/languages_east.py`, `training/languages_europe.py`) into
two folders, `labelled` and `text`.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import random
import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from apps.privacy.characters import parted, plain
from apps.privacy.layers import applied
from apps.privacy.tagger.labels import ADDRESS, LOCATION, ORGANIZATION, PERSON
from apps.privacy.tagger.tokens import DENSE_CHARACTER, cut
from bench import marked
from training import corpus, pasted, people, synthetic
from training.documents import UNSURE, Document, Mark, with_values

FOLDER: Final = Path(__file__).parent / "tongues"
LABEL_OF: Final = {"PERSON": PERSON, "ORG": ORGANIZATION, "LOCATION": LOCATION}
LABELLED: Final = 0.9
KNOWN_BY_ITS_FIRST_NAME: Final = 0.9
"""How sure a run of proper nouns is that begins or ends with a first name on a list."""

MOST_WORDS_OF_A_NAME: Final = 3
KEPT: Final = 0.15
SWAPPED: Final = 0.35
"""Shares of names that a variation keeps, and exchanges for one of another text of the language; others are made."""

ALSO: Final = {"no": "nb", "nn": "nb", "tl": "fil", "yue": "zh"}
"""Languages whose names are those of another."""

FAMILY_FIRST: Final = frozenset(["zh", "ja", "ko", "hu", "vi"])
GLUED: Final = frozenset(["zh", "ja", "ko"])
"""Languages that write a full name in one word."""

WORD: Final = re.compile(r"(?<!\w)[^\W\d_][\w'-]*")
LATIN: Final = re.compile(r"[A-Za-z]")
LISTED: Final = re.compile(r"^(GIVEN|FAMILY):(.*)$", re.MULTILINE)
OFTEN: Final = 3
"""A word that stands so often in small letters is an ordinary word of its language."""

MOST_WORDS: Final = 6_000
OWN_TIMES: Final = 2
RENAMED: Final = 0.5
LABELLED_CHARACTERS: Final = 220_000
PLAIN_CHARACTERS: Final = 100_000
"""How often our own texts are learned, which share of labelled texts once more with other names, how much of a set."""


@dataclass(slots=True)
class Names:
    """A language's names: given, family, and as they stand in texts, by their build; and its addresses."""

    given: list[str] = field(default_factory=list)
    family: list[str] = field(default_factory=list)
    whole: dict[tuple[int, bool], list[str]] = field(default_factory=lambda: defaultdict(list))
    addresses: list[str] = field(default_factory=list)

    def add(self, name: str) -> None:
        """Add a name as it stands in a text."""
        self.whole[build_of(name)].append(name)

    def like(self, name: str, language: str, rng: random.Random) -> str:
        """Give another name of the same build, or the same."""
        roll = rng.random()
        if roll < KEPT or not self.given or not self.family:
            return name
        count, is_latin = build_of(name)
        others = self.whole.get((count, is_latin), ())
        if is_latin and not LATIN.search(self.given[0]):
            return rng.choice(others) if others and roll < 0.5 else _foreigner(count, rng)
        if roll < KEPT + SWAPPED and others:
            return rng.choice(others)
        made = self._made(language, count, rng)
        if made is None:
            return rng.choice(others) if others else name
        return made.lower() if name.islower() else made.upper() if name.isupper() else made

    def _made(self, language: str, count: int, rng: random.Random) -> str | None:
        given, family = rng.choice(self.given), rng.choice(self.family)
        if language in GLUED:
            if count == 1:
                short = [name for name in self.family if len(name) == 1]
                return rng.choice(short) if short else family
            whole = family + given
            return rng.choice((whole, given, family)) if count == 2 and language == "ja" else whole
        if count == 1:
            return rng.choice((given, family))
        if count == 2:
            return f"{family} {given}" if (language in FAMILY_FIRST or rng.random() < 0.15) else f"{given} {family}"
        return None


def build_of(name: str) -> tuple[int, bool]:
    """Give the number of a name's words, of its characters where they are written without blanks; is it in Latin?"""
    is_latin = LATIN.search(name) is not None
    return (min(len(name), 4) if DENSE_CHARACTER.match(name) and " " not in name else len(name.split())), is_latin


def _foreigner(count: int, rng: random.Random) -> str:
    who = people.person(rng, language="en")
    return rng.choice((who.first, who.last)) if count == 1 else f"{who.first} {who.last}"


def read(files: Iterable[Path]) -> Iterator[tuple[str, Document]]:
    """Give the texts of marked files with their languages, written as the product sees them."""
    for file in files:
        languages = marked.languages(file.read_text(encoding="utf-8"))
        for language, document in zip(languages, pasted.read([file]), strict=True):
            yield language, as_read(document)


def read_labelled(file: Path) -> Iterator[tuple[str, Document]]:
    """Give texts whose names people labelled."""
    for row in _rows(file):
        marks = tuple(
            Mark(span["start"], span["end"], LABEL_OF[span["type"]])
            for span in sorted(row["spans"], key=lambda span: span["start"])
        )
        for piece in corpus.pieces(as_read(Document(row["text"], marks, LABELLED, is_whole=True))):
            yield ALSO.get(row["language"], row["language"]), piece


def read_treebank(file: Path, names: Mapping[str, Names]) -> Iterator[tuple[str, Document]]:
    """
    Give texts of which the proper nouns are known: persons where a first name says so, else nobody knows what.

    Of plain sentences words with a capital count as proper nouns; without capitals they say nothing and are left out.
    """
    firsts = {language: frozenset(own.given) for language, own in names.items()}
    for row in _rows(file):
        text = row["text"]
        if "proper" not in row:
            if text.upper() == text.lower():
                continue
            row["proper"] = [match.span() for match in WORD.finditer(text) if match[0][0].isupper()]
        marks = [
            _proper(text, start, end, firsts.get(ALSO.get(row["language"], row["language"]), frozenset()))
            for start, end in _runs(row)
        ]
        for piece in corpus.pieces(as_read(Document(text, tuple(marks), LABELLED, is_whole=True))):
            yield ALSO.get(row["language"], row["language"]), piece


def as_read(document: Document) -> Document:
    """Give a document as the product reads it: plain signs, and blanks where scripts meet."""
    text = plain(document.text)
    places = [place for place, _, _ in parted(text)]
    marks = tuple(
        replace(mark, start=mark.start + bisect_right(places, mark.start), end=mark.end + bisect_left(places, mark.end))
        for mark in document.marks
    )
    return replace(document, text=applied(text, parted(text))[0], marks=marks)


def _rows(file: Path) -> Iterator[Any]:
    for line in file.read_text(encoding="utf-8").split("\n"):
        if line:
            yield json.loads(line)


def _runs(row: Any) -> Iterator[tuple[int, int]]:
    """Join proper nouns that only a blank parts."""
    run: tuple[int, int] | None = None
    for first, last in sorted(map(tuple, row["proper"])):
        if run is not None and first - run[1] <= 1:
            run = run[0], last
            continue
        if run is not None:
            yield run
        run = first, last
    if run is not None:
        yield run


def _proper(text: str, start: int, end: int, firsts: frozenset[str]) -> Mark:
    words = text[start:end].split()
    is_person = 1 < len(words) <= MOST_WORDS_OF_A_NAME and (words[0] in firsts or words[-1] in firsts)
    return Mark(start, end, PERSON, KNOWN_BY_ITS_FIRST_NAME) if is_person else Mark(start, end, UNSURE, 0.0)


@cache
def listed(language: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the given and family names of a language: of our lists, and of Faker's, in the language's own letters."""
    given: set[str] = set()
    family: set[str] = set()
    for file in sorted(FOLDER.glob(f"{language}.*.txt")):
        for kind, names in LISTED.findall(file.read_text(encoding="utf-8")):
            (given if kind == "GIVEN" else family).update(name.strip() for name in names.split(",") if name.strip())
    is_latin = sum(LATIN.search(name) is not None for name in given) * 2 > len(given)
    package = importlib.import_module("faker.providers.person")
    for module in pkgutil.iter_modules(package.__path__):
        if module.name.split("_")[0] == language or (language == "nb" and module.name == "no_NO"):
            provider = importlib.import_module(f"{package.__name__}.{module.name}").Provider
            for part, found in (("first", given), ("last", family)):
                found.update(name for name in _of_faker(provider, part) if bool(LATIN.search(name)) == is_latin)
    return tuple(sorted(given)), tuple(sorted(family))


def _of_faker(provider: object, part: str) -> Iterator[str]:
    for name in dir(provider):
        values = getattr(provider, name)
        is_list = isinstance(values, (tuple, list, dict)) and not {"pair", "romanized"} & set(name.split("_"))
        if is_list and part in name and not name.startswith("_"):
            yield from (value for value in values if isinstance(value, str) and value.isprintable())


def names_of(texts: Iterable[tuple[str, Document]]) -> dict[str, Names]:
    """Collect the names of each language: those on lists and those that stand in texts."""
    names: dict[str, Names] = {}
    for language, document in texts:
        if language not in names:
            given, family = listed(language)
            names[language] = Names(list(given), list(family))
        for mark in document.marks:
            if mark.label == PERSON:
                names[language].add(document.text[mark.start : mark.end])
            elif mark.label == ADDRESS:
                names[language].addresses.append(document.text[mark.start : mark.end])
    return names


def varied(language: str, document: Document, names: Names, rng: random.Random) -> Document:
    """Give a document with other people's names and other values, the same value the same one."""
    changed: dict[str, str] = {}

    def other(value: str, mark: Mark) -> str:
        if mark.label == PERSON:
            return changed.setdefault(value, names.like(value, language, rng))
        if mark.label == ADDRESS and rng.random() < pasted.RENEWED[ADDRESS]:
            return changed.setdefault(value, rng.choice(names.addresses or [value]))
        if mark.label in pasted.RENEWED and mark.label != ADDRESS and value.isascii():
            return changed.setdefault(value, pasted.renewed(value, mark.label, rng))
        return value

    return with_values(document, other)


def documents(
    texts: Sequence[tuple[str, Document]], names: Mapping[str, Names], *, seed: int, times: float
) -> Iterator[Document]:
    """Give every text as it stands, and so many variations of it; a fraction is a share."""
    rng = random.Random(seed)
    for language, document in texts:
        for piece in corpus.pieces(document):
            yield piece
            for _ in range(int(times) + (rng.random() < times % 1)):
                changed = varied(language, piece, names[language], rng)
                yield synthetic.in_haste(changed, rng) if rng.random() < pasted.IN_HASTE else changed


@dataclass(frozen=True, slots=True)
class Lessons:
    """Everything to learn other languages from: texts with their languages, and the names of each language."""

    own: Sequence[tuple[str, Document]]
    labelled: Sequence[tuple[str, Document]]
    treebanks: Sequence[tuple[str, Document]]
    names: Mapping[str, Names]

    def documents(self, *, seed: int, times: int) -> Iterator[Document]:
        """Give what was written with so many variations, twice; what people labelled; treebanks."""
        for turn in range(OWN_TIMES):
            yield from documents(self.own, self.names, seed=seed + turn, times=times)
        yield from documents(self.labelled, self.names, seed=seed, times=RENAMED)
        yield from (document for _, document in self.treebanks)

    def words(self) -> set[str]:
        """Give the ordinary words of these languages."""
        return ordinary([*self.own, *self.labelled, *self.treebanks])


def lessons(folder: Path, *, seed: int) -> Lessons:
    """Read our own texts and those that were gathered, of each set of the latter a share."""
    rng = random.Random(seed)
    own = list(read(sorted(FOLDER.glob("*.marked.txt"))))
    names = names_of(own)
    labelled = [
        one
        for file in sorted((folder / "labelled").glob("*.jsonl"))
        for one in _some(read_labelled(file), LABELLED_CHARACTERS, rng)
    ]
    treebanks = [
        one
        for file in sorted((folder / "text").glob("*.jsonl"))
        for one in _some(read_treebank(file, names), PLAIN_CHARACTERS, rng)
    ]
    for language, more in names_of(labelled).items():
        known = names.setdefault(language, more)
        if known is not more:
            for build, found in more.whole.items():
                known.whole[build] += found
    return Lessons(own, labelled, treebanks, names)


def _some(texts: Iterable[tuple[str, Document]], characters: int, rng: random.Random) -> Iterator[tuple[str, Document]]:
    """Draw texts until there are so many characters."""
    drawn = list(texts)
    rng.shuffle(drawn)
    for language, document in drawn:
        if characters <= 0:
            return
        yield language, document
        characters -= len(document.text)


def ordinary(texts: Iterable[tuple[str, Document]]) -> set[str]:
    """Give the words that stand often enough in small letters in the texts of their language, the commonest of each."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for language, document in texts:
        named = [(mark.start, mark.end) for mark in document.marks]
        words, edges = cut(document.text)
        places = zip(words, edges[::2], strict=True)
        counts[language].update(
            word
            for word, start in places
            if len(word) > 1 and word.islower() and not any(first <= start < last for first, last in named)
        )
    return {word for counted in counts.values() for word, count in counted.most_common(MOST_WORDS) if count >= OFTEN}
