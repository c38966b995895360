"""Word lists: common words that are no names, and technical terms, products and models that nobody need hide."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

MADE_OF_A_WORD: Final = re.compile(
    r"(?:(?:un|re|non|pre|sub|multi|auto|micro|meta|hyper|inter|de|over|under|post|anti|co|cross|super)(?=\w{4}))?(?P<stem>\w{3,}?)"
    r"(?:i?fier|i[sz]er|[ae]tor|er|or|ing|ment|ness|less|ware|able|ible|ified|i[sz]ed|ism|ation|ology|ity|ly|al|ed|s)?"
)
"""How words of the trade are made, which no dictionary has: `classifier`, `reranker`, `preprocessing`."""

FOLDER: Final = Path(__file__).parent / "data"


@cache
def common() -> frozenset[str]:
    """Give everyday words in lower case: alone they are never taken for part of a known name."""
    return _read("common_words.txt")


@cache
def dictionary() -> frozenset[str]:
    """Give tens of thousands of words in lower case that are no proper names when written so."""
    return _read("dictionary.txt") | common()


@cache
def allowed() -> frozenset[str]:
    """Give terms in lower case that are never masked as a name, an organisation or a place."""
    return _read("allowed_terms.txt")


@cache
def allowed_phrases() -> frozenset[str]:
    """Give phrases in lower case that hold a name and are nobody's: firms, brands, methods; with both apostrophes."""
    phrases = _read("allowed_phrases.txt")
    return phrases | {phrase.replace("'", "\u2019") for phrase in phrases}


@cache
def allowed_phrases_by_word() -> dict[str, tuple[str, ...]]:
    """Give those phrases by the longest run of letters in each."""
    by_word: dict[str, tuple[str, ...]] = {}
    for phrase in sorted(allowed_phrases()):
        word = max(re.findall(r"[^\W\d_]+", phrase), key=len)
        by_word[word] = (*by_word.get(word, ()), phrase)
    return by_word


@cache
def first_names() -> frozenset[str]:
    """Give first names in lower case that are hardly anything else."""
    return _read("first_names.txt")


@cache
def first_names_also_words() -> frozenset[str]:
    """Give first names in lower case that are words or places too."""
    return _read("first_names_also_words.txt")


def is_first_name(word: str) -> bool:
    """Say whether a word in lower case is a first name, be it an everyday word as well."""
    return word in first_names() or word in first_names_also_words()


def is_part_of_names(word: str) -> bool:
    """Say whether a word in lower case is a first name, or an everyday word that is a surname too."""
    return is_first_name(word) or word in surnames_also_words()


@cache
def well_known_names() -> frozenset[str]:
    """Give names of one word, in lower case, of people whom everybody knows."""
    return _read("well_known_names.txt")


@cache
def places() -> frozenset[str]:
    """Give countries, large cities and regions in lower case, and what is made of their names."""
    return _read("places.txt")


@cache
def surnames_also_words() -> frozenset[str]:
    """Give surnames in lower case that are words too."""
    return _read("surnames_also_words.txt")


@cache
def of_offices() -> frozenset[str]:
    """Give words of offices in six languages, without accents: what mails, forms and tickets are about, and no name."""
    return frozenset(word for line in _lines("of_offices.txt") for word in line.split())


@cache
def beside_users() -> frozenset[str]:
    """Give words in lower case that follow "the user" or "signed in as" in six languages and are no user name."""
    return frozenset(word for line in _lines("beside_users.txt") for word in line.lower().split())


@cache
def labels() -> frozenset[str]:
    """Give words in lower case that stand before a value in forms, in seven languages."""
    return _read("labels.txt")


def group(file: str, name: str) -> frozenset[str]:
    """
    Give the words of a group in a file of lines ``group, tab, words``, as they are written.

    :raises LookupError: if there is no such group.
    """
    for line in _lines(file):
        found, _, listed = line.partition("\t")
        if found == name:
            return frozenset(listed.split())
    raise LookupError(f"{file} has no group {name}.")


def is_made_of_words(word: str) -> bool:
    """Say whether letters in lower case are a word of the dictionary, one with another ending, or two run together."""
    known = dictionary()
    made = MADE_OF_A_WORD.fullmatch(word)
    stems = (made["stem"], made["stem"] + "e", made["stem"] + "y") if made else ()
    if word in known or any(stem in known for stem in stems):
        return True
    return any(word[:at] in known and word[at:] in known for at in range(3, len(word) - 2))


def _read(name: str) -> frozenset[str]:
    return frozenset(line.strip().lower() for line in _lines(name))


def _lines(name: str) -> list[str]:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]
