"""
Build the lexicon: flags that say of a word whether it is a first name, a surname, a place, a product, a plain word.

It is stored by hash; a word that is only ever written with a capital has none of the flags of plain words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from apps.privacy import words as product_words
from apps.privacy.tagger.tokens import TOKEN, crc
from training import people, values
from training.synthetic import LANGUAGES, templates

FIRST, LAST, PLACE, PLAIN, FREQUENT, PRODUCT, ABROAD = 1, 2, 4, 8, 16, 32, 64
NAMES: Final = FIRST | LAST | PLACE
SEEN_LOWER: Final = 2
OFTEN_LOWER: Final = 15
HELD_OUT: Final = 10
SLOT: Final = re.compile(r"\{[a-z]+\}")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Sorted hashes of words and the flags of each."""

    keys: Any
    flags: Any

    def training_flags(self, keys: Any) -> Any:
        """
        Look up flags for training: three names in ten are treated as unheard.

        So the model learns to recognise a name that it has not got on its lists.
        """
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        flags = np.where(self.keys[places] == keys, self.flags[places].astype(np.int64), 0)
        return np.where(keys % HELD_OUT < 3, flags & ~NAMES, flags)


def build(texts: Iterable[str], plain: Iterable[str] = ()) -> Lexicon:
    """Build the lexicon of the name lists, the word lists and what is written in lower case in `texts`."""
    flags: Counter[str] = Counter()
    for culture in people.cultures():
        if culture is not people.census():
            _add(flags, culture.firsts, FIRST)
            _add(flags, culture.lasts, LAST)
    for language in LANGUAGES:
        _add(flags, values.cities(language), PLACE)
    _add(flags, values.PRODUCTS, PRODUCT)
    lower = _lower_case_words(texts)
    _add(flags, product_words.dictionary(), PLAIN)
    _add(flags, plain, PLAIN)
    _add(flags, (word for word, count in lower.items() if count >= SEEN_LOWER), PLAIN)
    _add(flags, (word for word, count in lower.items() if count >= OFTEN_LOWER), FREQUENT)
    _add_census(flags)
    table = {crc(word): flag for word, flag in flags.items()}
    keys = np.array(sorted(table), np.uint32)
    return Lexicon(keys, np.array([table[int(key)] for key in keys], np.uint8))


def with_words_of(lexicon: Lexicon, words: Iterable[str]) -> Lexicon:
    """Give a lexicon that knows ordinary words of other languages as well, where it does not know them as plain yet."""
    table = dict(zip(lexicon.keys.tolist(), lexicon.flags.tolist(), strict=True))
    for word in words:
        flags = table.get(crc(word), 0)
        table[crc(word)] = flags if flags & PLAIN else flags | ABROAD
    keys = np.array(sorted(table), np.uint32)
    return Lexicon(keys, np.array([table[int(key)] for key in keys], np.uint8))


def _add_census(flags: Counter[str]) -> None:
    """Add what a census knows and everyday language does not: half of its surnames are words too."""
    census = people.census()
    for names, flag in ((census.firsts, FIRST), (product_words.first_names(), FIRST), (census.lasts, LAST)):
        _add(flags, [name for name in names if not flags[name.lower()] & PLAIN], flag)


def _lower_case_words(texts: Iterable[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for text in [*texts, *(SLOT.sub("", line) for language in LANGUAGES for line in _lines(language))]:
        counts.update(match[0] for match in TOKEN.finditer(text) if match[0].islower() and len(match[0]) > 1)
    return counts


def _lines(language: str) -> list[str]:
    return [line for part in ("", ".clean", ".chat") for line in templates(language + part)]


def _add(flags: Counter[str], phrases: Iterable[str], flag: int) -> None:
    for phrase in phrases:
        for match in TOKEN.finditer(phrase):
            word = match[0].lower()
            if len(word) > 1 and word[0].isalpha():
                flags[word] |= flag
