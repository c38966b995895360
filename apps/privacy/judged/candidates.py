"""
What may be the value that a label announces, with what can be said of it (`signs`).

A label is a word such as `password`, `Benutzer` or `dossier`, alone in a sentence or part of a name (`smtp_pass`); what
may be meant by it are the words and numbers that follow it closely.
"""

# ruff: noqa: RUF001 - people write curly quotes and long dashes

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from apps.privacy.judged.labels import folded, kinds_of
from apps.privacy.judged.signs import HARD, genre_of, is_announced, of_gap, of_label, of_value
from apps.privacy.judged.values import cannot_be, may_be
from apps.privacy.reading import Reading
from apps.privacy.recognisers.logins import is_initial_and_name

REACH: Final = 110
"""So many characters after a label a value is looked for."""

MOST: Final = 8
"""So many words after a label may be its value."""

TOKEN: Final = re.compile(
    r"""(?P<open>["'`“„«‘]|\*\*)(?P<quoted>[^"'`”“»’*\n]{2,60})(?P<shut>["'`”“»’]|\*\*)
    |(?P<plain>\d{1,5}(?:[ ]\d{2,5}){1,5}(?![\w.])|\d{6,12}[ ][A-Z](?!\w)|[^\s"'`“”„«»‘’<>,;|(){}\[\]=]+)""",
    re.VERBOSE,
)
LINE: Final = re.compile(
    r"[ \t]{0,4}[:=][ \t]{0,4}(?P<plain>[^\s\"'`#;<>{}\[\](),=:]+(?:[ ][^\s\"'`#;<>{}\[\](),=:]+){1,5})[ \t]*(?=\n|\Z)"
)
"""The rest of a setting's line, where it is some words."""

REST_OF_NAME: Final = re.compile(r"[\w.-]*")
HEAD_OF_NAME: Final = re.compile(r"[\w.$-]*\Z")
STOP: Final = re.compile(r"[.!?…][)\"'”»]?\s+(?=[A-ZÀ-Þ\"“„«¿¡])|\n[ \t]*\n|;[ ]")
REST_OF_LINE: Final = "rest of line"
CROSSED: Final = frozenset(["shape", "copul", "gap:n", "befor", "named"])
ASSIGNS: Final = re.compile(r"[\"'`\])]{0,3}\s{0,8}(?:=>|:=|[:=])\s{0,8}[\[\"'`]{0,3}")
GOES_ON: Final = re.compile(r"[\"'`]?(?:,[ ]?|[ ](?:and|or|und|et|y|e|en|/)[ ])")
"""Between a name and what it is set to, and before another value of the same name."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A word or a number that may be the value of a label of some kind, with what speaks for and against it."""

    kind: str
    label: int
    start: int
    end: int
    signs: tuple[str, ...]


def candidates(reading: Reading) -> Iterator[Candidate]:
    """Give every candidate of a text, label by label, in order. Linear: a label looks no farther than `REACH`."""
    text = reading.text
    labels = sorted(
        (place, word, kinds) for word, places in reading.words.items() if (kinds := kinds_of(word)) for place in places
    )
    genre = None
    for place, word, kinds in labels:
        genre = genre or genre_of(text)
        yield from _after(text, place, place + len(word), kinds, genre)


def _after(
    text: str, start: int, end: int, kinds: tuple[tuple[str, str], ...], genre: tuple[str, ...]
) -> Iterator[Candidate]:
    """Give the candidates behind one label."""
    if text[start - 1 : start] in {"/", "\\"} or text[end : end + 1] in {"/", "("}:
        return  # a folder, a function
    rest = REST_OF_NAME.match(text, end)
    name_end = end + len(rest[0].rstrip(".-")) if rest is not None else end
    head = HEAD_OF_NAME.search(text, max(0, start - LONGEST_HEAD), start)
    about = of_label(text, start, end, head[0] if head else "", text[end:name_end])
    if not _announces(text[start:end], kinds[0], about):
        return
    seen: list[str] = []
    for first, last, is_quoted, is_rest in _tokens(text, name_end, is_setting=not NAMED.isdisjoint(about)):
        value = text[first:last]
        if "\n" in text[name_end:first] and (seen or text.count("\n", name_end, first) > 1):
            return
        here = kinds_of(folded(value))
        if here and here[0][0] != kinds[0][0] and (here[0][0] == "SECRET" or any(HARD.search(one) for one in seen)):
            return
        is_possible = not cannot_be(text, first, last) and may_be(*kinds[0], value)
        gap = of_gap(text, name_end, first, len(seen), seen) if is_possible else []
        if is_possible and not _is_passed_over(kinds[0][0], value, gap, is_quoted=is_quoted):
            signs = (*about, *gap, *of_value(text, first, last, is_quoted=is_quoted), *genre)
            signs = (*signs, REST_OF_LINE) if is_rest else signs
            for kind, group in kinds:
                crossed = (f"{group}&{one}" for one in signs if one[:5] in CROSSED)
                yield Candidate(kind, start, first, last, (f"label:{group}", *signs, *crossed))
            if is_rest:
                continue  # its words are looked at one by one as well
            if ASSIGNS.fullmatch(text, name_end, first) and not GOES_ON.match(text, last):
                return
        seen.append(folded(value))
        if len(seen) == MOST:
            return


LONGEST_HEAD: Final = 40
NAMED: Final = frozenset(["named:part", "named:first"])


def _announces(label: str, kind: tuple[str, str], about: list[str]) -> bool:
    """Say whether a label may announce somebody's value: nothing public, and no number that a machine counts by."""
    if "public" in label.lower() or "about:public" in about:
        return False
    is_counted = kind[1] == "id" or (kind[0] == "ID" and "about:other" in about)
    return not is_counted or "about:person" in about


def _is_passed_over(kind: str, value: str, gap: list[str], *, is_quoted: bool) -> bool:
    """Say whether a word is only on the way: letters that nothing announces, a number in brackets."""
    is_word = not is_quoted and value.isalpha() and not is_announced(gap) and not is_initial_and_name(value)
    return is_word or (kind == "ID" and "gap:bracket" in gap)


def _tokens(text: str, start: int, *, is_setting: bool) -> Iterator[tuple[int, int, bool, bool]]:
    """
    Give the words behind a label within its sentence: where each begins and ends, whether it is quoted, and whether it
    is all the words to the line's end, which come first where the label is part of a setting's name.
    """
    limit = min(len(text), start + REACH)
    stop = STOP.search(text, start, limit)
    if stop is not None:
        limit = stop.start() + 1
    rest = LINE.match(text, start) if is_setting else None
    if rest is not None:
        yield from _trimmed(text, *rest.span("plain"), is_quoted=False, is_rest=True)
    for token in TOKEN.finditer(text, start, limit):
        is_quoted = token["plain"] is None
        yield from _trimmed(text, *token.span("quoted" if is_quoted else "plain"), is_quoted=is_quoted, is_rest=False)


def _trimmed(
    text: str, first: int, last: int, *, is_quoted: bool, is_rest: bool
) -> Iterator[tuple[int, int, bool, bool]]:
    """Give a token without the signs around it, if anything is left."""
    while last > first and text[last - 1] in ".,:!?…*":
        last -= 1
    while first < last and text[first] in "@*>:→–—":
        first += 1
    if any(one.isalnum() for one in text[first:last]):
        yield first, last, is_quoted, is_rest
