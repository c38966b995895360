"""Rules: patterns with validators and context, and the Presidio recogniser that runs a family of them."""

# ruff: noqa: TID251 - this room is the one that uses Presidio

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Any, Final, Protocol

import regex
from presidio_analyzer import LocalRecognizer, RecognizerResult

from apps.privacy.openings import Opening
from apps.privacy.reading import Reading, Windows

LANGUAGE: Final = "en"
REASON: Final = "reason"
CONTEXT_BEFORE: Final = 60
CONTEXT_AFTER: Final = 24
SECONDS_FOR_A_RULE: Final = 10.0
SHORT: Final = 400
"""Characters of a window that is searched without a clock: reading it costs more than the search does there."""

RUN: Final = re.compile(r"[^\W_]+")
INITIAL: Final = re.compile(r"[^\W\d_](?![?*+{])")
HEAD: Final = 3
"""Characters of a needed string that are looked up before the string itself is searched for."""


class RuleTooSlow(Exception):
    """A pattern did not finish in time; the text counts as not analysed."""


class Where(Enum):
    """The parts of a text in which a rule can match at all."""

    ANYWHERE = "anywhere"
    AT_WORDS = "at words"
    AT_CODES = "at codes"
    AT_MIXED = "at mixed"
    AT_NUMBERS = "at numbers"


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """
    Where a rule looks: the whole text, or so many characters `before` and `after` what must be there.

    `AT_WORDS` means around the beginning of any of `words` (lower case) and of words that end with any of `endings`,
    `AT_CODES` around runs that hold a digit, `AT_MIXED` around those that hold a letter too, `AT_NUMBERS` around digits
    with little between them; at least `digits` of them must stand there. Of the runs only those of at least `longest`
    characters count.
    """

    where: Where = Where.ANYWHERE
    before: int = 0
    after: int = 0
    digits: int = 0
    words: frozenset[str] = frozenset()
    endings: tuple[str, ...] = ()
    longest: int = 0

    def windows(self, reading: Reading) -> Windows:
        """Give the stretches of the text in which the rule may match."""
        if self.where is Where.ANYWHERE:
            return ((0, len(reading.text)),)
        if self.where is Where.AT_WORDS:
            if reading.digits < self.digits:
                return ()
            windows = reading.around_words(self.words, endings=self.endings, before=self.before, after=self.after)
            return reading.with_digits(windows, self.digits) if self.digits else windows
        if reading.digits < max(self.digits, 1):
            return ()
        if self.where is Where.AT_MIXED:
            return reading.around_mixed(digits=self.digits, before=self.before, after=self.after)
        if self.where is Where.AT_CODES:
            return reading.around_codes(digits=self.digits, before=self.before, after=self.after, longest=self.longest)
        return reading.around_numbers(digits=self.digits, before=self.before, after=self.after)


ANYWHERE: Final = Place()
DIGITS: Final = frozenset([Where.AT_CODES, Where.AT_MIXED, Where.AT_NUMBERS])
"""Where nothing can match in a text without a digit."""


@cache
def at_words(words: str, *, endings: str = "", before: int = 2, after: int = 120, digits: int = 0) -> Place:
    """Look only around these words, and words that end so, given with blanks between; so many digits stand there."""
    return Place(Where.AT_WORDS, before, after, digits, frozenset(words.split()), tuple(endings.split()))


@cache
def at_codes(*, before: int = 8, after: int = 8, digits: int = 1, longest: int = 0) -> Place:
    """Look only around runs of so many characters that hold a digit, where at least so many digits stand together."""
    return Place(Where.AT_CODES, before, after, digits, longest=longest)


@cache
def at_mixed(*, before: int = 2, after: int = 8, digits: int = 1) -> Place:
    """Look only around runs that hold letters and digits, where at least so many digits stand together."""
    return Place(Where.AT_MIXED, before, after, digits)


@cache
def at_numbers(digits: int, *, before: int = 4, after: int = 8) -> Place:
    """Look only around numbers of at least so many digits."""
    return Place(Where.AT_NUMBERS, before, after, digits)


class Context(Protocol):
    """What can say whether the text before or after a value speaks for it: a compiled pattern, or something faster."""

    def search(self, text: str, /) -> object:
        """Give something true if it does."""


@dataclass(frozen=True, slots=True)
class Rule:
    """
    One pattern. The group called ``value`` is what is masked, the whole match if there is no such group.

    `needs` are lower-case strings of which one must be in the text before the pattern is tried at all. `context`, where
    given, must match near the value. `place` says where the pattern can match; it is tried nowhere else. `prefilter` is
    a small pattern of the standard library that is found wherever the whole one is, and fails at a tenth of its cost.
    `opens` says with what a match begins: trying the pattern there costs a tenth of searching for it.
    """

    type: str
    reason: str
    pattern: regex.Pattern[str]
    score: float
    validate: Callable[[str], bool] | None = None
    context: Context | None = None
    needs: tuple[str, ...] = ()
    place: Place = field(default=ANYWHERE)
    prefilter: re.Pattern[str] | None = None
    opens: Opening | None = None
    group: str | int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "group", "value" if "value" in self.pattern.groupindex else 0)

    def find(self, reading: Reading) -> list[tuple[int, int]]:
        """
        Give the spans of the text that this rule masks.

        :raises RuleTooSlow: if the pattern does not finish in time.
        """
        is_lacking = self.needs and not any(needle in reading.folded for needle in self.needs)
        if is_lacking or not self.may_match(reading.text):
            return []
        return self.search(reading, self.place.windows(reading))

    def may_match(self, text: str) -> bool:
        """Say whether a text, or a part of it, holds what every match does."""
        return self.prefilter is None or self.prefilter.search(text) is not None

    def search(self, reading: Reading, windows: Windows) -> list[tuple[int, int]]:
        """Do as `find`, in windows that are known already, of a text that holds what is needed."""
        places = self.opens.places(reading) if self.opens is not None else None
        try:
            if places is None:
                return self._searched(reading.text, windows)
            return self._opened(reading.text, windows, places) if places else []
        except TimeoutError as error:
            raise RuleTooSlow(f"The rule {self.reason!r} took too long.") from error

    def _searched(self, text: str, windows: Windows) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        for first, last in windows:
            if last - first > SHORT:
                matches = self.pattern.finditer(text, first, last, timeout=SECONDS_FOR_A_RULE)
            else:  # most windows hold nothing, and one search without a clock is the cheapest way to see that
                match = self.pattern.search(text, first, last)
                if match is None:
                    continue
                matches = self.pattern.finditer(text, match.start(), last)
            for match in matches:
                start, end = match.span(self.group)
                if start < end and self._holds(text, start, end):
                    found.append((start, end))
        return found

    def _opened(self, text: str, windows: Windows, places: Sequence[int]) -> list[tuple[int, int]]:
        """Try the pattern at places in windows, as a search does that could match nowhere else."""
        found: list[tuple[int, int]] = []
        number, count = 0, len(places)
        for first, last in windows:
            while number < count and places[number] < first:
                number += 1
            done = first
            while number < count and (place := places[number]) < last:
                number += 1
                if place >= done:
                    seconds = SECONDS_FOR_A_RULE if last - place > SHORT else None
                    match = self.pattern.match(text, place, last, timeout=seconds)
                    if match is not None:
                        done = match.end()
                        start, end = match.span(self.group)
                        if start < end and self._holds(text, start, end):
                            found.append((start, end))
        return found

    def _holds(self, text: str, start: int, end: int) -> bool:
        if self.validate is not None and not self.validate(text[start:end]):
            return False
        if self.context is None:
            return True
        before = text[max(0, start - CONTEXT_BEFORE) : start]
        return bool(self.context.search(before) or self.context.search(text[end : end + CONTEXT_AFTER]))


class Selection:
    """
    Says which of some rules can match a text at all, and where.

    Whatever rules need is looked up once for all of them: three characters first, then the string that begins so.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)
        self._fewest_digits = [max(rule.place.digits, rule.place.where in DIGITS) for rule in rules]
        self._by_head: dict[tuple[str, ...], dict[str, list[int]]] = {}
        self._by_character: dict[str, dict[str, list[int]]] = {}
        self._by_word: dict[str, list[int]] = {}
        self._with_words: set[int] = set()
        self._with_words_only: set[int] = set()
        self._always: dict[Place, list[Rule]] = {}
        for number, rule in enumerate(rules):
            self._register(number, rule)

    def of(self, reading: Reading) -> Iterator[tuple[Windows, Sequence[Rule]]]:
        """Give rules that may match, with the stretches of the text in which they may."""
        digits = reading.digits
        here: dict[Place, Windows] = {}
        for place, rules in self._always.items():
            if digits >= place.digits:
                windows = here[place] = place.windows(reading)
                if windows:
                    yield windows, [rule for rule in rules if rule.may_match(reading.text)]
        for number in self._likely(reading):
            if digits >= self._fewest_digits[number]:
                rule = self._rules[number]
                known = here.get(rule.place)
                windows = here[rule.place] = rule.place.windows(reading) if known is None else known
                if windows and rule.may_match(reading.text):
                    yield windows, (rule,)

    def _register(self, number: int, rule: Rule) -> None:
        for needle in rule.needs:
            if len(needle) >= HEAD:
                needles = self._by_head.setdefault(tuple(needle[:HEAD]), {})
            else:
                needles = self._by_character.setdefault(needle[0], {})
            needles.setdefault(needle, []).append(number)
        if rule.place.where is Where.AT_WORDS and not rule.place.endings:
            for word in rule.place.words:
                self._by_word.setdefault(word, []).append(number)
            (self._with_words if rule.needs else self._with_words_only).add(number)
        elif not rule.needs:
            self._always.setdefault(rule.place, []).append(rule)

    def _likely(self, reading: Reading) -> set[int]:
        """Give the rules of which a text holds one of the strings they need, or a word near which they look."""
        folded = reading.folded
        holds: set[int] = set()
        begun = [self._by_head[head] for head in self._by_head.keys() & reading.heads]
        begun += [self._by_character[one] for one in self._by_character.keys() & reading.characters]
        for needles in begun:
            for needle, numbers in needles.items():
                if needle in folded:
                    holds.update(numbers)
        worded: set[int] = set()
        for word in self._by_word.keys() & reading.words.keys():
            worded.update(self._by_word[word])
        return (holds - self._with_words) | (worded & (holds | self._with_words_only))


class RuleRecognizer(LocalRecognizer):
    """
    Runs rules inside Presidio's registry.

    One recogniser for all rules looks once for what each of them needs; one for each family would look ten times.
    """

    def __init__(self, name: str, rules: Sequence[Rule]) -> None:
        self._selection = Selection(rules)
        types = sorted({rule.type for rule in rules})
        super().__init__(supported_entities=types, name=name, supported_language=LANGUAGE)

    def load(self) -> None:
        """Nothing to load: the patterns are compiled with their module."""

    def analyze(self, text: str, entities: Iterable[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Run every rule whose type is asked for."""
        wanted = frozenset(entities)
        return [found for found in self.read(Reading(text)) if found.entity_type in wanted]

    def read(self, reading: Reading) -> list[RecognizerResult]:
        """Run every rule over a text that other recognisers read too. Rules that look in the same place look once."""
        return [
            result(rule.type, start, end, rule.score, rule.reason)
            for windows, rules in self._selection.of(reading)
            for rule in rules
            for start, end in rule.search(reading, windows)
        ]


def result(type_: str, start: int, end: int, score: float, reason: str) -> RecognizerResult:
    """Make a Presidio result that carries its reason."""
    return RecognizerResult(type_, start, end, score, recognition_metadata={REASON: reason})


def pattern(source: str, *, is_any_case: bool = False) -> regex.Pattern[str]:
    """Compile a pattern written with free spacing."""
    flags = regex.VERBOSE | regex.MULTILINE | regex.VERSION0
    return regex.compile(source, flags | regex.IGNORECASE if is_any_case else flags)


@dataclass(frozen=True, slots=True)
class Near:
    """Words of context: most are looked up, those that may be written in several ways are a pattern."""

    words: frozenset[str]
    others: regex.Pattern[str] | None

    def search(self, text: str) -> bool:
        """Say whether one of them stands in the text, in any case, as a word of its own."""
        if not self.words.isdisjoint(RUN.findall(text.lower())):
            return True
        return self.others is not None and self.others.search(text) is not None


def near(*terms: str) -> Near:
    """Take words of context: any of them, in any case, as a word of its own. Patterns with one initial share it."""
    plain = frozenset(term.lower() for term in terms if RUN.fullmatch(term))
    others = [term for term in terms if not RUN.fullmatch(term)]
    return Near(plain, _any_of(others) if others else None)


def _any_of(terms: Iterable[str]) -> regex.Pattern[str]:
    rest: dict[str, list[str]] = {}
    for term in terms:
        match = None if "|" in term else INITIAL.match(term)
        initial = match[0] if match else ""
        rest.setdefault(initial, []).append(term[len(initial) :])
    any_of = "|".join(f"{initial}(?:{'|'.join(terms)})" for initial, terms in rest.items())
    return regex.compile(rf"(?<![^\W_])(?:{any_of})(?![^\W_])", regex.IGNORECASE)
