"""Write addresses as each country writes them, and phrases in languages that the model does not know, by Faker."""

from __future__ import annotations

import importlib
import random
import re
from functools import cache
from typing import Any, Final

from training.values import listed

COUNTRIES: Final = listed("countries")
"""Those whose addresses Faker writes as they do; for others it fills American patterns."""

AT_HOME: Final = {
    "en": ("en_US", "en_GB", "en_AU", "en_CA", "en_IE", "en_IN", "en_NZ", "en_PH", "en_MS"),
    "de": ("de_DE", "de_AT", "de_CH"),
    "fr": ("fr_FR", "fr_CH", "fr_CA", "fr_DZ"),
    "es": ("es_ES", "es_MX", "es_AR", "es_CL", "es_CO"),
    "it": ("it_IT",),
    "nl": ("nl_NL", "nl_BE"),
    "pt": ("pt_PT", "pt_BR"),
}
BABBLE: Final = (
    "cs_CZ",
    "da_DK",
    "en_PH",
    "fil_PH",
    "la",
    "pl_PL",
    "vi_VN",
    "az_AZ",
    "it_IT",
    "nl_NL",
    "es_ES",
    "fr_FR",
)


@cache
def _faker(locale: str) -> Any:
    return importlib.import_module("faker").Faker(locale)


def address(rng: random.Random, *, language: str) -> str:
    """Write an address in one line or in several, half of them of a country of the language."""
    locale = rng.choice(AT_HOME[language] if rng.random() < 0.5 else COUNTRIES)
    writer = _faker(locale)
    writer.seed_instance(rng.getrandbits(32))
    text = str(writer.street_address() if rng.random() < 0.25 else writer.address())
    text = re.sub(r"[ \t]+", " ", text).strip()
    return re.sub(r",? ?\n ?", rng.choice((", ", ", ", "\n", " ")), text)


@cache
def _words(locale: str) -> tuple[str, ...]:
    return tuple(importlib.import_module(f"faker.providers.lorem.{locale}").Provider.word_list)


def babble(rng: random.Random) -> str:
    """Write a few words of some language, in lower case or as a sentence begins."""
    pool = _words(rng.choice(BABBLE))
    words = " ".join(rng.choice(pool) for _ in range(rng.randint(2, 8))).lower()
    return words[:1].upper() + words[1:] if rng.random() < 0.5 else words
