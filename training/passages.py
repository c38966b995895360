"""
Put words that people labelled together into running text with names, as one would have written it.

Sets of labelled words come as lists of words. A text to learn from has blanks where they belong, and no names but those
that would be names to a reader: no title before, no ending behind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from training.treebanks import SENTENCES_A_TEXT, TITLES

PERSON: Final = "PERSON"
ORG: Final = "ORG"
LOCATION: Final = "LOCATION"
PROPER: Final = "PROPER"
"""A proper noun, of which nobody says whose name it is."""

KINDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("PER", "PERS", "PERSON", "person"), PERSON),
    **dict.fromkeys(("ORG", "ORGANIZATION", "organization"), ORG),
    **dict.fromkeys(("LOC", "GPE", "GPE_LOC", "GPE_ORG", "FAC", "FACILITY", "location"), LOCATION),
    PROPER: PROPER,
}
"""What the sets call the kinds that are kept; what they call otherwise stays unmarked."""

LONGEST: Final = 1_200
NEAR: Final = 12
"""So many characters a text may have between two of its words, where a set leaves out signs."""

CLOSING: Final = frozenset(",.;:!?…)]}%")
OPENING: Final = frozenset("([{¿¡")
QUOTES: Final = frozenset("\"'\u201d\u201c\u201e\u201a\u2019\u2018»«")
LOW: Final = frozenset("\u201e\u201a«")
"""Quotation marks that only open; the others open and close by turns, since languages do not agree on them."""

LETTER: Final = re.compile(r"[^\W\d_]")
WORD: Final = re.compile(r"\w+")
TITLE: Final = re.compile(r"(\w+\.?)\s+")
SUFFIX: Final = re.compile(r"(?:-|['\u2019](?!n$))[^\W\d_]")
"""What is cut off a word before its hyphen or apostrophe: igényelt -e, Harry 'ego; not 'n, a word of Afrikaans."""

ENDING: Final = re.compile(r"['\u2019][^\W\d_]+$")
"""What Turkish writes behind a name: İstanbul'da."""

Span = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is written, its label, and whether it is written close to the next (None: nobody says)."""

    form: str
    label: str = "O"
    is_close: bool | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence or a paragraph, its names, and whether a document begins with it."""

    text: str
    spans: tuple[Span, ...] = ()
    begins: bool = False


def passage(words: list[Word], text: str = "", *, begins: bool = False) -> Passage:
    """Find words in their text, or write them as one does where there is no text or another; give it with its names."""
    places = _places(text, words) if text else None
    if places is None:
        text, places = joined(words)
    return Passage(text, tuple(_names(words, places)), begins)


def _places(text: str, words: list[Word]) -> list[tuple[int, int]] | None:
    places, end = [], 0
    for word in words:
        start = text.find(word.form, end, end + len(word.form) + NEAR)
        if start < 0:
            return None
        end = start + len(word.form)
        places.append((start, end))
    return places


def joined(words: list[Word]) -> tuple[str, list[tuple[int, int]]]:
    """Write words one after the other with blanks where they belong, and say where each stands."""
    text, places, edges = "", list[tuple[int, int]](), _edges(words)
    for number, word in enumerate(words):
        if number:
            said = words[number - 1].is_close
            is_close = said if said is not None else edges[number - 1][1] or edges[number][0]
            text += "" if is_close else " "
        places.append((len(text), len(text) + len(word.form)))
        text += word.form
    return text, places


def _edges(words: list[Word]) -> list[tuple[bool, bool]]:
    """Say of each word whether it is written close to what stands before it, and to what stands behind it."""
    edges, quoting, before = list[tuple[bool, bool]](), 0, ""
    for word in words:
        form = word.form
        if form in QUOTES:
            # A closing sign may end what an earlier sentence began.
            closes = form not in LOW and (quoting > 0 or (form == "»" and bool(edges)))
            quoting = max(quoting - 1, 0) if closes else quoting + 1
            edges.append((closes, not closes))
        else:
            # Turkish writes the per cent sign before the number: %6.
            is_end = form[0] in CLOSING and not LETTER.search(form) and (form != "%" or before[-1:].isdigit())
            edges.append((is_end or bool(SUFFIX.match(form)), form in OPENING or (form == "%" and not is_end)))
        before = form
    return edges


def _names(words: list[Word], places: list[tuple[int, int]]) -> list[Span]:
    """Give the places of the names; a name goes on as long as its label does."""
    names: list[Span] = []
    is_open = False
    for word, (start, end) in zip(words, places, strict=True):
        edge, _, name = word.label.partition("-")
        kind = KINDS.get(name, "")
        if kind and is_open and edge != "B" and names[-1][2] == kind:
            names[-1] = (names[-1][0], end, kind)
        elif kind:
            names.append((start, end, kind))
        is_open = bool(kind)
    return names


def disjoint(spans: Iterable[Span]) -> list[Span]:
    """Leave out spans that meet a longer one: of names within names the whole counts."""
    taken: list[Span] = []
    for span in sorted(spans, key=lambda span: (span[0] - span[1], span)):
        if all(span[1] <= other[0] or other[1] <= span[0] for other in taken):
            taken.append(span)
    return sorted(taken)


def tidied(text: str, span: Span, language: str) -> Span | None:
    """Take from a name what is none: titles before it, signs around it, Turkish endings; give none if none is left."""
    start, end, kind = span
    if kind == PERSON:
        start = _behind_titles(text, start, end)
    if language == "tr" and (match := ENDING.search(text[start:end])):
        end = start + match.start()
    while start < end and not text[start].isalnum():
        start += 1
    while start < end and not text[end - 1].isalnum() and text[end - 1] not in ".)":
        end -= 1
    name = text[start:end]
    if sum(letter in QUOTES for letter in name) % 2 and text[end : end + 1] in QUOTES:
        end += 1
    # A person may be named in small letters, as in chats; an office or a place without a capital is a common noun.
    return (start, end, kind) if LETTER.search(name) and (kind in {PERSON, PROPER} or name != name.lower()) else None


def _behind_titles(text: str, start: int, end: int) -> int:
    while (match := TITLE.match(text, start, end)) and match[1].casefold().rstrip(".") in TITLES:
        start = match.end()
    return start


def texts(passages: Iterable[Passage], language: str, *, is_shuffled: bool) -> Iterator[Passage]:
    """
    Put passages of one document together, a dozen at most, with their names tidied.

    Where passages that stand together have nothing to do with each other, each is a text.
    """
    held: list[Passage] = []
    for said in passages:
        length = sum(len(part.text) for part in held) + len(said.text)
        if held and (is_shuffled or said.begins or len(held) == SENTENCES_A_TEXT or length > LONGEST):
            yield _together(held, language)
            held = []
        held.append(said)
    if held:
        yield _together(held, language)


def _together(parts: list[Passage], language: str) -> Passage:
    text, spans = "", list[Span]()
    for part in parts:
        text += " " if text else ""
        found = (tidied(part.text, span, language) for span in part.spans)
        spans += [(span[0] + len(text), span[1] + len(text), span[2]) for span in found if span]
        text += part.text
    return Passage(text, tuple(spans))
