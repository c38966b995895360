"""Marks: four everyday nouns that name one exchange in every text it passes through, scrubbed or not."""

from __future__ import annotations

import re
from typing import Final

DIGITS: Final = ("stone", "river", "cloud", "chair", "table", "paper", "glass", "field", "spoon", "candle")
_MARK: Final = re.compile(rf"shelf ((?:(?:{'|'.join(DIGITS)}) ?){{4}})")


def mark_of(number: int) -> str:
    """Give the mark of an exchange's number, from 0 to 9999."""
    return " ".join(DIGITS[int(digit)] for digit in f"{number:04}")


def question_with(mark: str) -> str:
    """Write a question that carries the mark."""
    return f"please tell me what lies on the shelf {mark} of the store"


def found_in(text: str) -> str:
    """Read the mark out of a text; empty where there is none."""
    found = _MARK.search(text)
    return found[1].strip() if found else ""
