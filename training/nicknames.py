"""Invent what people are called online and in stories, and name those whom everybody knows."""

from __future__ import annotations

import random
from typing import Final

from training import novel
from training.people import Person
from training.values import lines, listed

FAMOUS: Final = lines("famous")
RELATIVES: Final = listed("relatives")
CHANNEL_ENDS: Final = listed("channel_ends")
NICK_STARTS: Final = listed("nick_starts")
NICK_PARTS: Final = listed("nick_parts")


def famous(rng: random.Random) -> str:
    """Name somebody whom everybody knows, or a character in a story: often by one word, sometimes in small letters."""
    name = rng.choice(FAMOUS)
    if rng.random() < 0.15:
        name = name.split()[-1]
    return rng.choice((name, name, name, name, name.lower(), name.lower(), name.upper()))


def nickname(rng: random.Random, who: Person) -> str:
    """Invent a nickname, a stage name or a channel's name, more often than not written small."""
    roll = rng.random()
    if roll < 0.1:
        return _character(rng, who)
    if roll < 0.2:
        return _channel(rng, who)
    if roll < 0.35:
        name = f"{rng.choice(NICK_STARTS)} {who.first}"
    elif roll < 0.55:
        name = who.first[: rng.randint(2, 4)] + rng.choice(("y", "ie", "o", "zy", "inho", "i"))
    elif roll < 0.7:
        name = f"{rng.choice(NICK_STARTS)} {rng.choice(novel.plain_words())}"
    else:
        name = "".join(rng.choice(NICK_PARTS) for _ in range(rng.randint(2, 4)))
    return rng.choice((name.lower(), name.title(), name.title(), name[:1].upper() + name[1:]))


def _character(rng: random.Random, who: Person) -> str:
    """Invent a character of everyday words: `Hobby Frog`, `Papa Lantern`, `Esther the Baker`, `PJ Brandvold`."""
    first, second = (rng.choice(novel.plain_words()).title() for _ in range(2))
    letters = "".join(rng.choice("ABCDEFGHJKLMPRSTVZ") for _ in range(2))
    return rng.choice(
        (
            f"{first} {second}",
            f"{first} {second}",
            first,
            f"{rng.choice(RELATIVES)} {first}",
            f"{rng.choice(RELATIVES)} {who.first}",
            f"{first} {who.first}",
            f"{who.first} the {first}",
            f"{letters} {who.last}",
            letters,
        )
    )


def _channel(rng: random.Random, who: Person) -> str:
    """Invent the name of a channel: `harrietplays`, `LanternTube`, `iRhonda`, `xdunkelx`."""
    stem = rng.choice((who.first, who.last, rng.choice(novel.plain_words()))).replace(" ", "")
    name = rng.choice((stem + rng.choice(CHANNEL_ENDS), f"i{stem.title()}", f"x{stem.lower()}x", f"The{stem.title()}"))
    return rng.choice((name, name.lower(), name.title()))
