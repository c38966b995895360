"""
What the rules ask about a text, found out once: its words and where they stand, its numbers, its codes.

Most rules can only match near a certain word or near digits. They ask here where those are and look nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Final, TypeAlias

from apps.privacy import language

Windows: TypeAlias = Sequence[tuple[int, int]]

WORD: Final = re.compile(r"[^\W\d_]+")
CODE: Final = re.compile(r"(?<!\S)[^\d\s]*+\d\S*+")
NUMBER: Final = re.compile(r"\d++(?:[\W_]{1,3}\d++)*+")
FEWEST_DIGITS: Final = 4
MOST_STRETCH: Final = 40
DIGIT: Final = re.compile(r"\d")
DIGITS: Final = re.compile(r"\d+")
LETTER: Final = re.compile(r"[^\W\d_]")
SPACE: Final = re.compile(r"\s")


class Reading:
    """A text as rules read it. Everything is found on first use and in time linear in the text."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def folded(self) -> str:
        """The text in lower case. Its length may differ from the text's."""
        return self.text.lower()

    @cached_property
    def characters(self) -> set[str]:
        """Every character of the text in lower case."""
        return set(self.folded)

    @cached_property
    def heads(self) -> set[tuple[str, str, str]]:
        """Every three characters that stand together in the text in lower case."""
        folded = self.folded
        return set(zip(folded, folded[1:], folded[2:], strict=False))

    @cached_property
    def words(self) -> dict[str, list[int]]:
        """Every run of letters, in lower case, with the places where it begins."""
        places: dict[str, list[int]] = {}
        if len(self.folded) == len(self.text):
            for match in WORD.finditer(self.folded):
                places.setdefault(match[0], []).append(match.start())
        else:
            for match in WORD.finditer(self.text):
                places.setdefault(match[0].lower(), []).append(match.start())
        return places

    @cached_property
    def language(self) -> str:
        """The language of the text, as far as its commonest words tell."""
        return language.guess(self.words)

    @cached_property
    def codes(self) -> Sequence[tuple[int, int, int]]:
        """Runs without blanks that hold a digit: start, end, how many digits."""
        return [(match.start(), match.end(), len(DIGIT.findall(match[0]))) for match in CODE.finditer(self.text)]

    @cached_property
    def digits(self) -> int:
        """How many digits the text holds."""
        return sum(code[2] for code in self.codes)

    @cached_property
    def digit_runs(self) -> Sequence[int]:
        """The places where one digit or several begin."""
        return [match.start() for match in DIGITS.finditer(self.text)]

    @cached_property
    def mixed(self) -> Sequence[tuple[int, int, int]]:
        """Those of `codes` that hold a letter too."""
        return [code for code in self.codes if LETTER.search(self.text, code[0], code[1])]

    @cached_property
    def numbers(self) -> Sequence[tuple[int, int, int]]:
        """Digits with at most three other signs between them, from four digits on: start, end, how many digits."""
        found = []
        for match in NUMBER.finditer(self.text):
            if match.end() - match.start() >= FEWEST_DIGITS:
                digits = len(DIGIT.findall(match[0]))
                if digits >= FEWEST_DIGITS:
                    found.append((match.start(), match.end(), digits))
        return found

    def around_words(self, words: frozenset[str], *, endings: tuple[str, ...] = (), before: int, after: int) -> Windows:
        """Give the stretches around any of `words`, or of words that end so, in order, never overlapping."""
        known = self.words
        places = [place for word in words.intersection(known) for place in known[word]]
        if endings:
            places += [place for word in known if word.endswith(endings) for place in known[word]]
        places.sort()
        return self._merged([(place, place, 0) for place in places], 0, before, after)

    def with_digits(self, windows: Windows, digits: int) -> Windows:
        """Give those of the stretches, which are in order, that touch runs with so many digits together."""
        codes, number, kept = self.codes, 0, []
        for first, last in windows:
            while number < len(codes) and codes[number][1] <= first:
                number += 1
            here, index = 0, number
            while here < digits and index < len(codes) and codes[index][0] < last:
                here += codes[index][2]
                index += 1
            if here >= digits:
                kept.append((first, last))
        return kept

    def around_codes(self, *, digits: int, before: int, after: int, longest: int = 0) -> Windows:
        """Give the stretches around runs of so many characters that hold a digit, if they hold enough digits."""
        codes = [code for code in self.codes if code[1] - code[0] >= longest] if longest else self.codes
        return self._merged(codes, digits, before, after)

    def around_mixed(self, *, digits: int, before: int, after: int) -> Windows:
        """Give the stretches around runs that hold digits and letters, if they hold so many digits together."""
        return self._merged(self.mixed, digits, before, after)

    def around_numbers(self, *, digits: int, before: int, after: int) -> Windows:
        """Give the stretches around numbers of at least so many digits."""
        numbers = [number for number in self.numbers if number[2] >= digits]
        return self._merged(numbers, digits, before, after)

    def _merged(self, spans: Sequence[tuple[int, int, int]], digits: int, before: int, after: int) -> Windows:
        """
        Widen spans, join those that touch, keep those with enough digits.

        A window ends at a blank where one is near, never inside a word.
        """
        if not spans:
            return ()
        size = len(self.text)
        start, end, count = spans[0]
        first, last = max(0, start - before), end + after
        if last >= size:  # a short text: everything lies in the first window
            return ((first, size),) if sum([span[2] for span in spans]) >= digits else ()
        windows: list[tuple[int, int]] = []
        for start, end, here in spans[1:]:
            if start - before <= last:
                last, count = max(last, end + after), count + here
                continue
            if count >= digits:
                windows.append((first, self._blank_after(last)))
            first, last, count = max(0, start - before), end + after, here
        if count >= digits:
            windows.append((first, self._blank_after(last)))
        return windows

    def _blank_after(self, place: int) -> int:
        if place >= len(self.text):
            return len(self.text)
        blank = SPACE.search(self.text, place, place + MOST_STRETCH)
        return blank.start() + 1 if blank else min(len(self.text), place + MOST_STRETCH)
