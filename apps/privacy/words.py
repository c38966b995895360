"""Word lists: common words that are no names, and technical terms, products and models that nobody need hide."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "data"


@cache
def common() -> frozenset[str]:
    """Give everyday words in lower case: alone they are never taken for part of a known name."""
    return _read("common_words.txt")


@cache
def allowed() -> frozenset[str]:
    """Give terms in lower case that are never masked as a name, an organisation or a place."""
    return _read("allowed_terms.txt")


def _read(name: str) -> frozenset[str]:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip().lower() for line in lines if line.strip() and not line.startswith("#"))
