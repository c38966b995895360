"""With what the matches of a rule begin: a known word, a known string, digits. The pattern is tried nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from apps.privacy.reading import Reading


@dataclass(frozen=True, slots=True, eq=False)
class Opening:
    """
    With what every match of a rule begins, in lower case, whatever its case in the text.

    `words` are whole runs of letters, `strings` stand anywhere, `has_digits` means the first of several digits. If the
    text holds one of `unless`, a match may begin with something else as well.
    """

    words: frozenset[str] = frozenset()
    strings: tuple[str, ...] = ()
    has_digits: bool = False
    unless: tuple[str, ...] = ()

    def places(self, reading: Reading) -> Sequence[int] | None:
        """Give the places where a match may begin, in order; nothing if it may begin anywhere."""
        folded = reading.folded
        if any(one in folded for one in self.unless):
            return None
        if self.has_digits:
            return reading.digit_runs
        known = reading.words
        found = [place for word in self.words.intersection(known) for place in known[word]]
        if self.strings:
            if len(folded) != len(reading.text):
                return None
            for string in self.strings:
                place = folded.find(string)
                while place >= 0:
                    found.append(place)
                    place = folded.find(string, place + 1)
            return sorted(set(found))
        if len(found) > 1:
            found.sort()
        return found


@cache
def opens_with_words(words: str, *, unless: tuple[str, ...] = ()) -> Opening:
    """Say that every match begins with one of these words, given with blanks between them."""
    return Opening(frozenset(words.split()), unless=unless)


@cache
def opens_with(*strings: str, words: str = "", unless: tuple[str, ...] = ()) -> Opening:
    """Say that every match begins with one of these strings, or with one of these words."""
    return Opening(frozenset(words.split()), strings, unless=unless)


AT_DIGITS: Final = Opening(has_digits=True)
"""Every match begins with the first of one digit or several."""
