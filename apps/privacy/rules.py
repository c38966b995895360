"""Rules: patterns with validators and context, and the Presidio recogniser that runs a family of them."""

# ruff: noqa: TID251 - this room is the one that uses Presidio

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Any, Final, Protocol

import regex
from presidio_analyzer import LocalRecognizer, RecognizerResult

from apps.privacy.reading import Reading, Windows

LANGUAGE: Final = "en"
REASON: Final = "reason"
CONTEXT_BEFORE: Final = 60
CONTEXT_AFTER: Final = 24
SECONDS_FOR_A_RULE: Final = 10.0
SHORT: Final = 400
"""Characters of a window that is searched without a clock: reading it costs more than the search does there."""

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
    with little between them; at least `digits` of them must stand there.
    """

    where: Where = Where.ANYWHERE
    before: int = 0
    after: int = 0
    digits: int = 0
    words: frozenset[str] = frozenset()
    endings: tuple[str, ...] = ()

    def windows(self, reading: Reading) -> Windows:
        """Give the stretches of the text in which the rule may match."""
        if self.where is Where.ANYWHERE:
            return ((0, len(reading.text)),)
        if self.where is Where.AT_WORDS:
            return reading.around_words(self.words, endings=self.endings, before=self.before, after=self.after)
        if reading.digits < max(self.digits, 1):
            return ()
        if self.where is Where.AT_MIXED:
            return reading.around_mixed(digits=self.digits, before=self.before, after=self.after)
        if self.where is Where.AT_CODES:
            return reading.around_codes(digits=self.digits, before=self.before, after=self.after)
        return reading.around_numbers(digits=self.digits, before=self.before, after=self.after)


ANYWHERE: Final = Place()
DIGITS: Final = frozenset([Where.AT_CODES, Where.AT_MIXED, Where.AT_NUMBERS])
"""Where nothing can match in a text without a digit."""


@cache
def at_words(words: str, *, endings: str = "", before: int = 2, after: int = 120) -> Place:
    """Look only around these words, and words that end so, given with blanks between them."""
    return Place(Where.AT_WORDS, before, after, words=frozenset(words.split()), endings=tuple(endings.split()))


@cache
def at_codes(*, before: int = 8, after: int = 8, digits: int = 1) -> Place:
    """Look only around runs that hold a digit, where at least so many digits stand together."""
    return Place(Where.AT_CODES, before, after, digits)


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
    given, must match near the value. `place` says where the pattern can match; it is tried nowhere else.
    """

    type: str
    reason: str
    pattern: regex.Pattern[str]
    score: float
    validate: Callable[[str], bool] | None = None
    context: Context | None = None
    needs: tuple[str, ...] = ()
    place: Place = field(default=ANYWHERE)
    group: str | int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "group", "value" if "value" in self.pattern.groupindex else 0)

    def find(self, reading: Reading) -> Iterator[tuple[int, int]]:
        """
        Give the spans of the text that this rule masks.

        :raises RuleTooSlow: if the pattern does not finish in time.
        """
        if self.may_match(reading.folded):
            yield from self.search(reading, self.place.windows(reading))

    def may_match(self, folded: str) -> bool:
        """Say whether the text in lower case holds what the rule needs."""
        if not self.needs:
            return True
        for needle in self.needs:  # noqa: SIM110 - `any` with a generator costs three times as much; this runs most often
            if needle in folded:
                return True
        return False

    def search(self, reading: Reading, windows: Windows) -> Iterator[tuple[int, int]]:
        """Do as `find`, in windows that are known already and a text that holds what is needed."""
        try:
            for first, last in windows:
                seconds = SECONDS_FOR_A_RULE if last - first > SHORT else None
                for match in self.pattern.finditer(reading.text, first, last, timeout=seconds):
                    start, end = match.span(self.group)
                    if start < end and self._holds(reading.text, start, end):
                        yield start, end
        except TimeoutError as error:
            raise RuleTooSlow(f"The rule {self.reason!r} took too long.") from error

    def _holds(self, text: str, start: int, end: int) -> bool:
        if self.validate is not None and not self.validate(text[start:end]):
            return False
        if self.context is None:
            return True
        before = text[max(0, start - CONTEXT_BEFORE) : start]
        return bool(self.context.search(before) or self.context.search(text[end : end + CONTEXT_AFTER]))


class RuleRecognizer(LocalRecognizer):
    """
    Runs rules inside Presidio's registry.

    One recogniser for all rules looks once for what each of them needs; one for each family would look ten times.
    """

    def __init__(self, name: str, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self._by_trigger: dict[str, set[int]] = {}
        self._by_word: dict[str, set[int]] = {}
        self._always: set[int] = set()
        self._fewest_digits = [max(rule.place.digits, 1) if rule.place.where in DIGITS else 0 for rule in rules]
        for number, rule in enumerate(rules):
            self._register(number, rule)
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
        found = []
        windows: dict[int, Windows] = {}
        folded, digits = reading.folded, reading.digits
        for number in self._likely(reading):
            rule = self.rules[number]
            if digits < self._fewest_digits[number] or not rule.may_match(folded):
                continue
            place = id(rule.place)
            here = windows.get(place)
            if here is None:
                here = windows[place] = rule.place.windows(reading)
            if here:
                for start, end in rule.search(reading, here):
                    found.append(result(rule.type, start, end, rule.score, rule.reason))
        return found

    def _register(self, number: int, rule: Rule) -> None:
        """Note what must be in a text for the rule to be tried: one of its words, or the beginning of what it needs."""
        if rule.place.where is Where.AT_WORDS and not rule.place.endings:
            for word in rule.place.words:
                self._by_word.setdefault(word, set()).add(number)
        elif rule.needs:
            for needle in rule.needs:
                self._by_trigger.setdefault(needle[:HEAD] if len(needle) >= HEAD else needle[0], set()).add(number)
        else:
            self._always.add(number)

    def _likely(self, reading: Reading) -> set[int]:
        """Give the rules for which a text holds what is looked up at no cost; most texts hold it for a few."""
        likely = set(self._always)
        for head in self._by_trigger.keys() & reading.heads:
            likely |= self._by_trigger[head]
        for word in self._by_word.keys() & reading.words.keys():
            likely |= self._by_word[word]
        return likely


def result(type_: str, start: int, end: int, score: float, reason: str) -> RecognizerResult:
    """Make a Presidio result that carries its reason."""
    return RecognizerResult(type_, start, end, score, recognition_metadata={REASON: reason})


def pattern(source: str, *, is_any_case: bool = False) -> regex.Pattern[str]:
    """Compile a pattern written with free spacing."""
    flags = regex.VERBOSE | regex.MULTILINE | regex.VERSION0
    return regex.compile(source, flags | regex.IGNORECASE if is_any_case else flags)


def near(*terms: str) -> regex.Pattern[str]:
    """Compile words of context: any of them, in any case, as a word of its own."""
    return regex.compile(r"(?<![^\W_])(?:" + "|".join(terms) + r")(?![^\W_])", regex.IGNORECASE)
