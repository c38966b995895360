"""Rules: patterns with validators and context, and the Presidio recogniser that runs a family of them."""

# ruff: noqa: TID251 - this room is the one that uses Presidio

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import regex
from presidio_analyzer import LocalRecognizer, RecognizerResult

LANGUAGE: Final = "en"
REASON: Final = "reason"
CONTEXT_BEFORE: Final = 60
CONTEXT_AFTER: Final = 24
SECONDS_FOR_A_RULE: Final = 10.0


class RuleTooSlow(Exception):
    """A pattern did not finish in time; the text counts as not analysed."""


@dataclass(frozen=True, slots=True)
class Rule:
    """
    One pattern. The group called ``value`` is what is masked, the whole match if there is no such group.

    `needs` are lower-case strings of which one must be in the text before the pattern is tried at all. `context`, where
    given, must match near the value unless `validate` alone makes the rule sure (`is_sure_alone`).
    """

    type: str
    reason: str
    pattern: regex.Pattern[str]
    score: float
    validate: Callable[[str], bool] | None = None
    context: regex.Pattern[str] | None = None
    needs: tuple[str, ...] = ()

    def find(self, text: str, folded: str) -> Iterator[tuple[int, int]]:
        """Give the spans of `text` that this rule masks. `folded` is the text in lower case."""
        if self.needs and not any(needle in folded for needle in self.needs):
            return
        group: str | int = "value" if "value" in self.pattern.groupindex else 0
        try:
            for match in self.pattern.finditer(text, timeout=SECONDS_FOR_A_RULE):
                start, end = match.span(group)
                if start < end and self._holds(text, start, end):
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
    """Runs a family of rules inside Presidio's registry."""

    def __init__(self, name: str, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        types = sorted({rule.type for rule in rules})
        super().__init__(supported_entities=types, name=name, supported_language=LANGUAGE)

    def load(self) -> None:
        """Nothing to load: the patterns are compiled with their module."""

    def analyze(self, text: str, entities: Iterable[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Run every rule whose type is asked for."""
        wanted = frozenset(entities)
        folded = text.lower()
        return [
            result(rule.type, start, end, rule.score, rule.reason)
            for rule in self.rules
            if rule.type in wanted
            for start, end in rule.find(text, folded)
        ]


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
