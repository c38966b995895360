"""Invent what science names after nobody: substances, genes, species. They look like names and are none."""

from __future__ import annotations

import random
import string
from typing import Final

from training.values import listed

SUBSTANCE_STEMS: Final = listed("substance_stems")
SUBSTANCE_ENDINGS: Final = listed("substance_endings")
LATIN_STEMS: Final = listed("latin_stems")
LATIN_ENDINGS: Final = listed("latin_endings")


def substance(rng: random.Random) -> str:
    """Invent an element, a drug or an enzyme."""
    return "".join(rng.sample(SUBSTANCE_STEMS, rng.randint(1, 2))) + rng.choice(SUBSTANCE_ENDINGS)


def gene(rng: random.Random) -> str:
    """Invent the symbol of a gene, a virus or an unknown measure: letters, often with digits or a dash."""
    letters = "".join(rng.choice(string.ascii_uppercase) for _ in range(rng.randint(2, 4)))
    return letters + rng.choice(("", "-", "")) + rng.choice(("", str(rng.randint(1, 29)), f"{rng.randint(1, 9)}R"))


def taxon(rng: random.Random) -> str:
    """Invent a species in Latin."""
    genus = (rng.choice(LATIN_STEMS) + rng.choice(LATIN_STEMS)[:3] + rng.choice(LATIN_ENDINGS[:4])).title()
    return f"{genus} {rng.choice(LATIN_STEMS)}{rng.choice(LATIN_ENDINGS)}"
