"""
Invent names that are on no list: letters that follow each other as in the names of one culture, or everyday words.

A model that meets only names of lists learns the lists; most surnames of the world are on none.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Final

from apps.privacy import words as product_words

ORDER: Final = 3
LONGEST: Final = 13
SHORTEST: Final = 3
ENDS: Final = "\n"
TRIES: Final = 8


@cache
def _followers(names: tuple[str, ...]) -> dict[str, str]:
    """Give for each three letters what follows them in the names, as often as it does."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        if " " not in name:
            padded = "^" * ORDER + name + ENDS
            for place in range(ORDER, len(padded)):
                found[padded[place - ORDER : place]].append(padded[place])
    return {before: "".join(after) for before, after in found.items()}


def like(rng: random.Random, names: tuple[str, ...]) -> str:
    """Invent a name that sounds like `names`, or take one of them if none comes out that is new and of a fit length."""
    followers = _followers(names)
    for _ in range(TRIES):
        word = _walk(rng, followers)
        if SHORTEST <= len(word) <= LONGEST and word not in names:
            return word
    return rng.choice(names)


def _walk(rng: random.Random, followers: dict[str, str]) -> str:
    state, letters = "^" * ORDER, ""
    while len(letters) <= LONGEST and state in followers:
        letter = rng.choice(followers[state])
        if letter == ENDS:
            break
        letters, state = letters + letter, (state + letter)[-ORDER:]
    return letters


@cache
def plain_words() -> tuple[str, ...]:
    """Give the everyday words, in lower case, of four to nine letters."""
    return tuple(sorted(word for word in product_words.dictionary() if 3 < len(word) < 10 and word.isalpha()))


@cache
def _nameless() -> tuple[str, ...]:
    taken = product_words.first_names() | product_words.first_names_also_words()
    return tuple(word for word in plain_words() if word not in taken)


def plain(rng: random.Random) -> str:
    """Draw an everyday word that is no first name."""
    return rng.choice(_nameless())


def word_surname(rng: random.Random) -> str:
    """Make an everyday word a surname: `Player`, `Savage`."""
    return plain(rng).title()


def sample(rng: random.Random, pool: Sequence[str], share: float, names: tuple[str, ...]) -> str:
    """Draw from `pool`, but in so many cases invent a name that sounds like `names`."""
    return like(rng, names) if rng.random() < share else rng.choice(pool)
