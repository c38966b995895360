"""
Try every pattern of the privacy engine on pumped near-misses: what it looks for, over and over, then something else.

    python -m bench.pumped [LENGTH] [SECONDS]

A pattern that can be read in many ways takes ages only on a text that almost matches. So each is given repetitions of
its own letters, words and signs, whole ones and such as end otherwise. Prints every pattern that takes longer than so
many seconds (1) of CPU for a text of so many characters (200,000), and exits 1 if there is one. Needs no database.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Final, TypeAlias

import regex

from apps.privacy import restore_json  # noqa: F401 - its patterns, and those of what it imports, are tried too
from apps.privacy.analyzer import RULES
from apps.privacy.reading import Reading
from apps.privacy.rules import SHORT, Rule, RuleTooSlow

Pattern: TypeAlias = "re.Pattern[str] | regex.Pattern[str]"

LETTERS: Final = ("a", "A", "7", "Aa", "a7", "A7", "aA7", "éß")
SIGNS: Final = " -._/@:=\"'`(<[{\\\n,+*&%$#|;~^!?"
LEADS: Final = ("", "Aaaa ", "Aaaa", "7777")
ENDS: Final = ("!", "\x00")
MOST_TRIGGERS: Final = 3
WAYS: Final = ("fullmatch", "search")


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that is tried on a text, with the strings that set it off and the signs it knows."""

    name: str
    tried: Callable[[str], object]
    triggers: tuple[str, ...]
    signs: str


def subjects() -> Iterator[Subject]:
    """Give every rule, with all it asks of a text, and every pattern that a module of the engine keeps."""
    for number, rule in enumerate(RULES):
        words = sorted(rule.place.words) + (sorted(rule.opens.words) if rule.opens else [])
        openings = rule.opens.strings if rule.opens else ()
        triggers = [*rule.needs[:MOST_TRIGGERS], *words[:MOST_TRIGGERS], *openings[:MOST_TRIGGERS]]
        yield Subject(
            f"rule {number}: {rule.reason}",
            _trial_of(rule),
            tuple(dict.fromkeys(triggers)),
            _signs_of(rule.pattern),
        )
    yield from patterns_of(_modules())


def patterns_of(modules: Iterable[ModuleType]) -> Iterator[Subject]:
    """Give every pattern that these modules keep, as it is tried on a whole text and searched for."""
    found: dict[int, tuple[str, Pattern]] = {}
    for module in modules:
        for name, value in vars(module).items():
            for one in value.values() if isinstance(value, dict) else [value]:
                if isinstance(one, re.Pattern | regex.Pattern) and isinstance(one.pattern, str):
                    found.setdefault(id(one), (f"{module.__name__}.{name}", one))
    for name, kept in found.values():
        for way in WAYS:
            yield Subject(f"{name} ({way})", getattr(kept, way), _literals_of(kept), _signs_of(kept))


def texts(subject: Subject, length: int) -> Iterator[str]:
    """Give the pumped texts for a subject, of about so many characters."""
    for trigger in (*LEADS, *subject.triggers):
        for unit in _units(subject, trigger):
            for end in ENDS:
                yield trigger + unit * ((length - len(trigger)) // len(unit)) + end


def slow(subject: Subject, length: int, seconds: float) -> str:
    """
    Give the beginning of a text for which the subject takes longer than so many seconds of CPU, or nothing.

    One that does not end cannot be stopped from here: whoever calls this needs a limit of CPU for the process.
    """
    for text in texts(subject, length):
        began = time.process_time()
        try:
            subject.tried(text)
        except RuleTooSlow:
            return text[:60]
        if time.process_time() - began > seconds:
            return text[:60]
    return ""


def _units(subject: Subject, trigger: str) -> Sequence[str]:
    units = [*LETTERS, *subject.signs]
    units += [letter + sign for sign in subject.signs for letter in ("a", "A", "7", "aA7")]
    units += [f"a{sign}7{sign}" for sign in subject.signs[:8]]
    return [*units, f"{trigger} ", f"{trigger} a7 "] if trigger.strip() else units


def _trial_of(rule: Rule) -> Callable[[str], object]:
    """Try a rule where it looks, and in the whole of a text that is short: no clock stops it there."""

    def tried(text: str) -> object:
        reading = Reading(text)
        return rule.search(reading, ((0, len(text)),)) if len(text) <= SHORT else rule.find(reading)

    return tried


def _modules() -> Iterator[ModuleType]:
    """Give what the engine's process loads, and what restores placeholders in answers."""
    for name in sorted(sys.modules):
        if name.startswith("apps.privacy."):
            yield sys.modules[name]


def _signs_of(pattern: Pattern) -> str:
    return "".join(sign for sign in SIGNS if sign in pattern.pattern) or " "


def _literals_of(pattern: Pattern) -> tuple[str, ...]:
    return tuple(dict.fromkeys(re.findall(r"(?<![\\\w])[A-Za-z]{3,}", pattern.pattern)))[:MOST_TRIGGERS]


def main() -> None:
    """Print what is tried and what is slow, so that the last line names a pattern that does not end."""
    length = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 1.0
    sys.exit(1 if report(subjects(), length, seconds) else 0)


def report(tried: Iterable[Subject], length: int, seconds: float) -> int:
    """Print each subject's name before it is tried, and whether it is slow. Gives how many are."""
    found = 0
    for subject in tried:
        print(subject.name, flush=True)
        text = slow(subject, length, seconds)
        if text:
            found += 1
            print(f"  slow: {text!r}", flush=True)
    print(f"{found} slow")
    return found


if __name__ == "__main__":
    main()
