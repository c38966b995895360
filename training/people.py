"""
Invent people: names of some sixty cultures in the ways they are written.

The lists are those of the Faker package (MIT) and of a census (package names, MIT). A name's parts are drawn from one
culture, four times in five, because people move and marry.
"""

from __future__ import annotations

import importlib
import pkgutil
import random
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from training import novel

PARTICLES: Final = (
    "van",
    "van der",
    "van den",
    "von",
    "de",
    "de la",
    "del",
    "di",
    "da",
    "dos",
    "bin",
    "al",
    "el",
    "le",
)
NEAR: Final = {
    "en": ("en_US", "en_GB", "en_IE", "en_NZ", "en_IN", "en_KE", "en", "en_PK", "en_NG", "census"),
    "de": ("de_DE", "de_AT", "de_CH", "tr_TR", "pl_PL", "hr_HR"),
    "fr": ("fr_FR", "fr_BE", "fr_CA", "fr_CH", "fr_DZ"),
    "es": ("es_ES", "es_MX", "es_AR", "es_CL", "es_CO"),
    "it": ("it_IT", "ro_RO", "de_CH"),
    "nl": ("nl_NL", "nl_BE", "tr_TR", "id_ID"),
    "pt": ("pt_BR", "pt_PT", "it_IT"),
}
"""Cultures whose names are most frequent in texts of a language; half of all names are drawn from all cultures."""

UNHEARD_LASTS: Final = 0.22
UNHEARD_FIRSTS: Final = 0.07
WORD_LASTS: Final = 0.05
"""Shares of invented surnames and first names, and of surnames that are everyday words."""

LATIN_ONLY: Final = re.compile(r"[A-Za-zÀ-ɏ\u1e00-\u1eff'\u2019. -]+")


@dataclass(frozen=True, slots=True)
class Culture:
    """First names and surnames that go together."""

    name: str
    firsts: tuple[str, ...]
    lasts: tuple[str, ...]


@cache
def cultures() -> tuple[Culture, ...]:
    """Read the lists of all cultures, romanised where there is a romanised list."""
    package = importlib.import_module("faker.providers.person")
    found = []
    for module in pkgutil.iter_modules(package.__path__):
        provider = importlib.import_module(f"{package.__name__}.{module.name}").Provider
        firsts, lasts = _names(provider, "first"), _names(provider, "last")
        if len(firsts) > 15 and len(lasts) > 6:
            found.append(Culture(module.name, firsts, lasts))
    return (*found, census())


@cache
def census() -> Culture:
    """Read the names of the census of the United States of 1990: 88,000 surnames, 5,000 first names."""
    import names

    read = {part: _first_column(Path(file)) for part, file in names.FILES.items()}
    return Culture("census", tuple(sorted(read["first:male"] | read["first:female"])), tuple(sorted(read["last"])))


def _first_column(file: Path) -> set[str]:
    return {line.split()[0].title() for line in file.read_text(encoding="ascii").splitlines()}


@cache
def latin_cultures() -> tuple[Culture, ...]:
    """Give the cultures whose names are written in Latin letters."""
    return tuple(culture for culture in cultures() if LATIN_ONLY.fullmatch(culture.firsts[0] + culture.lasts[0]))


@cache
def other_cultures() -> tuple[Culture, ...]:
    """Give the cultures whose names are written in other letters."""
    return tuple(culture for culture in cultures() if culture not in latin_cultures())


@dataclass(frozen=True, slots=True)
class Person:
    """A first name and a surname."""

    first: str
    last: str


def person(rng: random.Random, *, language: str) -> Person:
    """Invent somebody who is written about in a language."""
    near = NEAR.get(language, ())
    pool = [culture for culture in cultures() if culture.name in near] if rng.random() < 0.5 else []
    culture = rng.choice(pool or latin_cultures())
    surnames = culture if rng.random() < 0.8 else rng.choice(latin_cultures())
    last = novel.sample(rng, surnames.lasts, UNHEARD_LASTS, surnames.lasts)
    if rng.random() < WORD_LASTS:
        last = novel.word_surname(rng)
    return Person(novel.sample(rng, culture.firsts, UNHEARD_FIRSTS, culture.firsts), last)


def foreigner(rng: random.Random) -> Person:
    """Invent somebody whose name is not written in Latin letters."""
    culture = rng.choice(other_cultures())
    return Person(rng.choice(culture.firsts), rng.choice(culture.lasts))


def full_name(rng: random.Random, who: Person, *, language: str) -> str:
    """Write a full name in one of the ways people write it."""
    roll = rng.random()
    if roll < 0.6:
        return f"{who.first} {who.last}"
    other = person(rng, language=language)
    if roll < 0.68:
        return f"{who.first} {other.first[0]}. {who.last}"
    if roll < 0.74:
        return f"{who.first} {other.first} {who.last}"
    if roll < 0.79:
        return f"{who.first} {who.last}-{other.last}"
    if roll < 0.84:
        return f"{who.first} {rng.choice(PARTICLES)} {who.last}"
    if roll < 0.88:
        return f"{who.first[0]}. {who.last}"
    if roll < 0.92:
        return f"{who.last}, {who.first}"
    if roll < 0.95:
        return f"{who.first} {who.last} {other.last}"
    if roll < 0.97:
        return f"{who.last} {who.first}"
    return f"{who.first[0]}.{other.first[0]}. {who.last}"


def initials(rng: random.Random) -> str:
    """Write the initials of one or two first names."""
    first, second = (rng.choice("ABCDEFGHIJKLMNOPRSTVW") for _ in range(2))
    return rng.choice((f"{first}.", f"{first}.", f"{first}. {second}.", f"{first}.{second}.", f"{first}{second}"))


def _names(provider: Any, part: str) -> tuple[str, ...]:
    lists = [name for name in dir(provider) if part in name and "pair" not in name and not name.startswith("_")]
    romanised = [name for name in lists if "romanized" in name]
    names: set[str] = set()
    for name in romanised or lists:
        values = getattr(provider, name)
        if isinstance(values, (tuple, list, dict)):
            names.update(value.strip() for value in values if isinstance(value, str))
    return tuple(sorted(name for name in names if 1 < len(name) < 24 and not any(char.isdigit() for char in name)))
