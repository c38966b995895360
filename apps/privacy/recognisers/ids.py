"""How rules for identity numbers are made: shapes that are sure by themselves, digits that need words beside them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeAlias

from apps.privacy import vocabulary as v
from apps.privacy.rules import Place, Rule, at_codes, at_mixed, at_numbers, near, pattern

Check: TypeAlias = Callable[[str], bool]
HOLDS_LETTERS: Final = re.compile(r"(?<!\\)[A-Za-z]")
MAY_BE_SPACED: Final = re.compile(r"\[ |\[-\+|\\d\{3\}\[0-9A-F")
MAY_BE_A_DIGIT: Final = re.compile(r"\[\\d[A-Za-z]+\]$")
LITERAL: Final = re.compile(r"(?:[^\W_](?!\?)| )+")
SURE: Final = 0.97
FEWEST_DIGITS: Final = 9
FEWEST_DIGITS_WITH_LETTERS: Final = 4


def sure(reason: str, source: str, check: Check | None, *, score: float = SURE, digits: int | None = None) -> Rule:
    """Make a rule whose shape and check digits together leave little doubt. It holds at least so many digits."""
    whole = pattern(rf"(?<![\w.-])(?:{source})(?![\w-])")
    return Rule(v.ID, reason, whole, score, check, place=_place(source, digits))


def beside(reason: str, source: str, check: Check | None, *terms: str, digits: int | None = None) -> Rule:
    """Make a rule for plain digits, which count only beside the words that name them."""
    needs = tuple(_longest_literal(term) for term in terms)
    whole = pattern(rf"(?<![\w.-])(?:{source})(?![\w-])", is_any_case=True)
    return Rule(v.ID, reason, whole, SURE, check, near(*terms), needs, _place(source, digits))


def _longest_literal(term: str) -> str:
    literals: list[str] = LITERAL.findall(term.lower())
    return max(literals, key=len)


def _place(source: str, digits: int | None) -> Place:
    source = MAY_BE_A_DIGIT.sub("", source)
    if HOLDS_LETTERS.search(source) and not MAY_BE_SPACED.search(source):
        return at_mixed(digits=digits or FEWEST_DIGITS_WITH_LETTERS)
    if HOLDS_LETTERS.search(source):
        return at_codes(before=12, after=8, digits=digits or FEWEST_DIGITS_WITH_LETTERS)
    return at_numbers(digits or FEWEST_DIGITS)
