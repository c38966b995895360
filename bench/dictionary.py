"""
What the company's dictionary costs: seconds to load, memory, and CPU for 1,000 characters, by the number of terms.

    python -m bench.dictionary

Terms and texts are made up by the same rules for every size, so the rows compare. CPU times, in one process.
"""

from __future__ import annotations

import random
import tempfile
import time
import tracemalloc
from pathlib import Path

import psutil

from apps.privacy import dictionary_file, normalise, words
from apps.privacy.dictionary import Dictionary, Term

SIZES = (0, 1_000, 10_000, 100_000)
KINDS = ("CUSTOMER", "PROJECT", "PERSON", "PRODUCT", "ALLOWED")
ENDINGS = ("Clinics", "Systems", "Water Works", "GmbH", "& Sons", "Group", "Industries", "")
CHARACTERS = 200_000
MEBIBYTE = 2**20


def main() -> None:
    """Measure and print, a row for each size."""
    chance = random.Random(11)  # noqa: S311 - it makes up words, it protects nothing
    vocabulary = sorted(words.dictionary())
    words.first_names(), words.places(), words.allowed()
    print(f"{'terms':>8} {'load s':>8} {'MiB rss':>8} {'MiB heap':>9} {'ms/1,000 characters':>20} {'found':>8}")
    for size in SIZES:
        terms = _terms(size, vocabulary, chance)
        text = _text(terms, vocabulary, chance)
        _measure(terms, text)


def _measure(terms: list[Term], text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        handover = dictionary_file.write(terms, folder=Path(folder), now=time.time())
        dictionary_file.loaded.cache_clear()
        resident, began = psutil.Process().memory_info().rss, time.process_time()
        dictionary = dictionary_file.loaded(handover)
        seconds = time.process_time() - began
        resident = psutil.Process().memory_info().rss - resident
    view, best, found = normalise.view(text).text, float("inf"), 0
    for _ in range(5):
        began = time.process_time()
        found = len(dictionary.look(view).findings)
        best = min(best, time.process_time() - began)
    heap = _heap(terms)
    per_thousand = best * 1_000 / (len(view) / 1_000)
    print(
        f"{len(terms):>8} {seconds:>8.2f} {resident / MEBIBYTE:>8.1f} {heap / MEBIBYTE:>9.1f} "
        f"{per_thousand:>20.3f} {found:>8}"
    )


def _heap(terms: list[Term]) -> int:
    """Give the bytes that the index itself holds."""
    tracemalloc.start()
    kept = Dictionary(Term(term.kind, str(term.text.encode(), "utf-8"), term.is_exact) for term in terms)
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del kept
    return size


def _terms(size: int, vocabulary: list[str], chance: random.Random) -> list[Term]:
    """Make names of one to four words, many of which begin with an everyday word; one in ten has an accent."""
    made: dict[str, Term] = {}
    while len(made) < size:
        first = chance.choice(vocabulary).title() if chance.random() < 0.5 else _invented(chance)
        term = f"{first} {_invented(chance)} {chance.choice(ENDINGS)}".strip()
        if chance.random() < 0.1:
            term = term.replace("e", "é")
        made[term] = Term(chance.choice(KINDS), term, is_exact=chance.random() < 0.05)
    return list(made.values())


def _text(terms: list[Term], vocabulary: list[str], chance: random.Random) -> str:
    """Write everyday words with a term about every 300 characters."""
    pieces: list[str] = []
    length = 0
    while length < CHARACTERS:
        piece = chance.choice(terms).text if terms and chance.random() < 0.02 else chance.choice(vocabulary)
        pieces.append(piece)
        length += len(piece) + 1
    return " ".join(pieces)


def _invented(chance: random.Random) -> str:
    syllables = ("bri", "wa", "ter", "lon", "kor", "mi", "sa", "ven", "do", "ra", "tex", "ul", "ni", "gra", "hol")
    return "".join(chance.choice(syllables) for _ in range(chance.randint(2, 4))).title()


if __name__ == "__main__":
    main()
